// The world of ranks split into groups that each hold the whole system and solve rows of their own.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <string>

#include "anatomy/tet_mesh.h"
#include "base/mpi_session.h"
#include "solvers/conductor/conductivity.h"
#include "solvers/conductor/element_nodes.h"

namespace bmiss {

// How many ranks share one copy of a system that needs `memory` bytes in all, with `memory_per_rank` available:
// as few as possible, but not so few that groups have fewer rows than are solved together well.
struct GroupChoice {
  int n_groups = 1;
  std::string reason;
};
GroupChoice choose_groups(int n_ranks, std::size_t n_rows, std::size_t rows_together, double memory,
                          double memory_per_rank);

// Memory that this rank can count on: what its node, or the limit of its batch job there, has available, shared by the
// ranks of the node; the least of all ranks [bytes]. Collective.
double memory_per_rank(MPI_Comm world);

class RankGroups {
public:
  // Collective; groups are runs of consecutive ranks, which batch systems place near each other.
  RankGroups(MPI_Comm world, int n_groups);
  ~RankGroups();
  RankGroups(const RankGroups&) = delete;
  RankGroups& operator=(const RankGroups&) = delete;

  MPI_Comm world() const { return world_; }
  MPI_Comm group() const { return group_; }
  MPI_Comm roots() const { return roots_; }  // of the first ranks of all groups; MPI_COMM_NULL on others
  int n_groups() const { return n_groups_; }
  int number() const { return number_; }  // of this rank's group
  bool is_root() const { return roots_ != MPI_COMM_NULL; }

  // Runs `action` on every rank, without any two groups in step, and waits for all. When one fails, every rank throws
  // the failure of the lowest. A failure that the other ranks of the group do not share (they wait for this one for
  // ever) is thrown on this rank alone, after a while: the program must abort then.
  template <typename Action>
  void together(Action&& action) const;

private:
  void meet(const SharedFailure& failure, std::exception_ptr error) const;
  MPI_Comm world_, group_ = MPI_COMM_NULL, roots_ = MPI_COMM_NULL;
  int n_groups_ = 1, number_ = 0;
};

// The discretised conductor: what the first rank of a group needs to set up a solver.
struct Conductor {
  TetMesh mesh;  // points, tetrahedra and their labels
  ElementNodes nodes;
  CornerTensors tensors, susceptivities;  // the latter without columns in a real conductor
};
// Fills `copy` on the first rank of every group but the world's with what the world's first rank has. Collective.
void copy_to_roots(const RankGroups& groups, const TetMesh& mesh, const ElementNodes& nodes,
                   const CornerTensors& tensors, const CornerTensors& susceptivities, Conductor& copy);

template <typename Action>
void RankGroups::together(Action&& action) const {
  SharedFailure failure;
  std::exception_ptr error;
  try {
    action();
  } catch (...) {
    error = std::current_exception();
    failure = capture_failure(error);
  }
  meet(failure, error);
}

}  // namespace bmiss
