// Identities of the discrete system that a right lead field fulfils to the tolerance of the solver.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "anatomy/tet_mesh.h"
#include "anatomy/tissue_table.h"
#include "solvers/conductor/element_nodes.h"

namespace bmiss {

class FieldSolver;
class Report;

// What the checks after a run found; each is relative.
struct LeadFieldChecks {
  double reciprocity = 0;        // |w_e . f - e . u_f| for random balanced sources f, against the largest |w_e . f|
  double delivered_current = 0;  // |discrete reaction - 1 A|, worst electrode
  double symmetry = 0;  // of the electrode matrix V_ab = (average of w_a over patch b), against its largest entry
  Eigen::MatrixXd resistances;  // [n_rows x n_rows] V/A, what row a reads of the field of row b
};

// Balanced pairs of 1 A at random places inside the muscles (anywhere when there are none); the same for every run.
// Rank 0.
std::vector<NodalFunctional> random_sources(const TetMesh& mesh, const ElementNodes& nodes, const TissueTable& tissues,
                                            std::size_t n_sources);

// The current that leaves the conductor's nodes around the electrode: 1 A for a right field, by the discrete reaction A
// w. The worse of electrode and reference is returned. `currents` is A w at the nodes of both
// (FieldSolution::currents).
double delivered_current(const NodalFunctional& currents, const NodalFunctional& electrode,
                         const NodalFunctional& reference);

// Reciprocity and symmetry over all rows. `loads` are electrode minus reference; `read_row(e)` gives this rank's slice
// of w_e. Collective; leaves delivered_current alone.
LeadFieldChecks check_rows(FieldSolver& solver, const std::vector<NodalFunctional>& loads,
                           const std::vector<NodalFunctional>& sources,
                           const std::function<Eigen::VectorXd(std::size_t)>& read_row);

void print_checks(const LeadFieldChecks& checks, Report& report);

}  // namespace bmiss
