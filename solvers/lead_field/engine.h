// Computes the lead field of every electrode on a finite-element mesh by reciprocity, under MPI.
#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "anatomy/electrodes.h"
#include "anatomy/fibres.h"
#include "anatomy/tet_mesh.h"
#include "anatomy/tissue_table.h"
#include "solvers/conductor/law/conductivity_laws.h"
#include "solvers/linear/solver_options.h"
#include "solvers/verification/lead_field_checks.h"

namespace bmiss {

class Report;
struct CostEstimate;

struct LeadFieldProblem {
  TetMesh mesh;                // on rank 0; other ranks may leave it empty
  FibreDirections directions;  // as the mesh
  TissueTable tissues;         // as the mesh
  ElectrodeArray electrodes;   // on every rank
  ConductivityLaws laws;       // on every rank, prepared on rank 0
};

// Solves and writes `path` row by row while running (under <path>.part, renamed at the end), in groups of ranks that
// each solve rows of their own. A .part file with the same content hash is continued, with any number of ranks; with
// another it is refused, naming what differs. A finished `path` of the same hash is kept, another one is replaced.
// Collective over `communicator`. Throws InputError (options, mesh, tissues, an electrode off the skin, a foreign .part
// file), NumericalError naming the electrode that did not converge, Interrupted after SIGTERM, SIGUSR1 or when the disk
// is full (rows finished so far are kept).
LeadFieldChecks compute_lead_field(const LeadFieldProblem& problem, const SolverOptions& options,
                                   const std::string& path, MPI_Comm communicator, Report& report);

// What compute_lead_field() would cost with the same arguments; writes nothing. Collective; throws InputError likewise.
// `problem` counts on rank 0.
CostEstimate estimate_lead_field(const LeadFieldProblem& problem, const SolverOptions& options, const std::string& path,
                                 MPI_Comm communicator, Report& report);

}  // namespace bmiss
