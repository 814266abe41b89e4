// Everything derived from a lead-field problem before any system is solved: checked input, nodes, conductivities, what
// the rows are, and the identity of the result.
#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "solvers/conductor/conductivity.h"
#include "solvers/conductor/element_nodes.h"
#include "solvers/lead_field/engine.h"
#include "solvers/lead_field/lead_field_rows.h"
#include "solvers/lead_field/writer.h"

namespace bmiss {

inline constexpr std::size_t n_check_sources = 3;  // of the reciprocity check

// Nodes, tensors, areas and identity on rank 0, the rest on every rank.
struct Preparation {
  ElementNodes nodes;
  CornerTensors tensors;
  CornerTensors susceptivities;  // without columns in a real conductor
  LeadFieldIdentity identity;
  std::vector<double> areas;  // of the electrodes and the reference [m^2]
  std::vector<LeadFieldRow> rows;
  std::vector<NodalFunctional> functionals;  // of the rows
  NodalFunctional reference;
  std::vector<NodalFunctional> sources;  // for the reciprocity check

  NodalFunctional load(std::size_t row) const { return balanced_load(rows[row], functionals[row], reference); }
};

// What the solution of a problem depends on. Where the mesh is.
LeadFieldIdentity identity_of(const LeadFieldProblem& problem, const SolverOptions& options);

// Collective. Throws InputError as compute_lead_field() does.
Preparation prepare(const LeadFieldProblem& problem, const SolverOptions& options, MPI_Comm communicator,
                    Report& report);

}  // namespace bmiss
