// Systems to time solvers on: a limb meshed by the program, or the layered cylinder at any size.
#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "solvers/conductor/conductivity.h"
#include "solvers/conductor/element_nodes.h"

namespace bmiss::bench {

// Mesh, nodes and tensors on rank 0 of the communicator, loads on every rank.
struct SolverCase {
  TetMesh mesh;
  ElementNodes nodes;
  CornerTensors tensors;
  std::vector<NodalFunctional> loads;  // electrode minus reference
  std::vector<std::string> names;
  std::size_t n_unknowns = 0;
};

// From the results of `bmiss leadfield` in a folder: mesh.msh, fibres.h5, mesh_tissues.txt, electrodes.tsv. Collective.
SolverCase case_of_study(const std::string& folder);
// The reference cylinder with edges of `finest` under a grid of electrodes to 3.3 times that elsewhere. Collective.
SolverCase case_of_cylinder(double finest, std::size_t n_electrodes, MPI_Comm communicator = MPI_COMM_WORLD);

}  // namespace bmiss::bench
