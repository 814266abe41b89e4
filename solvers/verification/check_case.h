// A discretised conductor with some of its electrodes, to be solved in several ways whose results must agree.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "solvers/lead_field/engine.h"
#include "solvers/linear/field_solver.h"

namespace bmiss {

struct CheckCase {
  std::string name;  // "this mesh"
  // On rank 0.
  TetMesh mesh;
  ElementNodes nodes;
  CornerTensors tensors, susceptivities;  // the latter empty where the conductor is real
  // On every rank.
  std::size_t n_nodes = 0;
  bool is_complex = false;
  std::vector<std::string> names;        // of the electrodes
  std::vector<NodalFunctional> patches;  // of the electrodes, then of the reference
  std::vector<NodalFunctional> loads;    // electrode minus reference
  std::vector<NodalFunctional> sources;  // balanced pairs of 1 A inside the muscles
  std::vector<NodalFunctional> samples;  // the potential at places inside the muscles
  Eigen::Matrix3Xd sample_places;        // [m]; rank 0
};

// At most `wanted` of them, spread over the list.
std::vector<Electrode> some_electrodes(const std::vector<Electrode>& all, std::size_t wanted);
// At most `n_electrodes` of the problem's, spread over its list. Collective. Throws InputError as the engine.
CheckCase make_check_case(const LeadFieldProblem& problem, const std::string& name, int degree,
                          std::size_t n_electrodes, MPI_Comm communicator);
// The reference cylinder of layers to 10/35/38/40 mm with three electrodes and about 20 000 unknowns.
CheckCase cylinder_case(int degree, MPI_Comm communicator);

struct CheckFields {
  std::unique_ptr<FieldSolver> solver;
  // This rank's slice of the nodes [n_my_nodes x n_electrodes], V/A, zero on average over the reference; the imaginary
  // part is empty where the conductor is real.
  Eigen::MatrixXd real, imaginary;
};
// Solves the case with these options; what the solver would say is kept from the log. Collective.
CheckFields solve_case(const CheckCase& check_case, const SolverOptions& options, MPI_Comm communicator);

// |a - b| / |b| over all ranks, largest entries. Collective.
double relative_difference(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b, MPI_Comm communicator);
double relative_difference(const CheckFields& a, const CheckFields& b);

}  // namespace bmiss
