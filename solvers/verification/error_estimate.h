// How accurate a lead field is in the muscles, and where finer elements would make it more so, from the field itself.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "anatomy/tet_mesh.h"
#include "anatomy/tissue_table.h"
#include "solvers/conductor/conductivity.h"
#include "solvers/conductor/element_nodes.h"

namespace bmiss {

class FieldSolver;
class Report;

inline constexpr int n_error_duals = 2;  // systems that an estimate solves

struct ErrorEstimate {
  // Of each row: the energy norm of the error inside the muscles (everywhere when there are none), relative to that of
  // the row there, by recovered gradients. Measured on the layered cylinder: 0.75 to 1.1 of the true error.
  std::vector<double> rows;
  // Of each tetrahedron: how much it adds to the error of potentials in the muscles, all rows together, up to a factor:
  // (its error of the rows) x (its error of the fields of random sources in the muscles, which is the dual weight).
  std::vector<float> elements;
};

// Names are those of the rows; `read_row(row, first, last)` gives the nodes [first, last) of a row and is called by all
// ranks together, by other ranks than 0 with an empty range. Two more systems are solved. Collective; mesh, nodes and
// tensors count on rank 0, which alone gets `elements`.
ErrorEstimate estimate_errors(const TetMesh& mesh, const ElementNodes& nodes, const CornerTensors& tensors,
                              const TissueTable& tissues, std::size_t n_rows, FieldSolver& solver,
                              const std::function<Eigen::VectorXd(std::size_t, std::size_t, std::size_t)>& read_row);

// Worst and median row, with a warning when the worst exceeds what action potentials bear.
void print_estimate(const ErrorEstimate& estimate, const std::vector<std::string>& names, Report& report);

}  // namespace bmiss
