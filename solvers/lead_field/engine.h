// Computes the lead field of every electrode on a finite-element mesh by reciprocity, under MPI.
#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "anatomy/electrodes.h"
#include "anatomy/fibres.h"
#include "anatomy/tet_mesh.h"
#include "anatomy/tissue_table.h"

namespace bmiss {

class Parameters;
class Report;

struct SolverOptions {
  int degree = 2;                         // of the tetrahedra
  std::string method = "auto";            // auto, direct (MUMPS), multigrid (p-multigrid), algebraic (BoomerAMG)
  double tolerance = 1e-10;               // relative residual
  int largest_iterations = 200;
  double memory_for_direct = 4e9;         // predicted factor size up to which auto may choose direct [bytes]
  static void declare_parameters(Parameters& parameters);
  static SolverOptions parse_parameters(const Parameters& parameters);
};

// What the checks after a run found; each is relative.
struct LeadFieldChecks {
  double reciprocity = 0;        // |w_e . f - e . u_f| for random balanced sources f
  double delivered_current = 0;  // |discrete reaction - 1 A|, worst electrode
  double symmetry = 0;           // of the electrode matrix V_ab = (average of w_a over patch b)
};

struct LeadFieldProblem {
  TetMesh mesh;                  // on rank 0; other ranks may leave it empty
  FibreDirections directions;    // as the mesh
  TissueTable tissues;
  ElectrodeArray electrodes;     // on every rank
};

// Solves and writes `path` row by row while running (under <path>.part, renamed at the end). A .part file with the same content
// hash is continued; with another it is refused, naming what differs. Collective over `communicator`.
LeadFieldChecks compute_lead_field(const LeadFieldProblem& problem, const SolverOptions& options, const std::string& path,
                                   MPI_Comm communicator, Report& report);

}  // namespace bmiss
