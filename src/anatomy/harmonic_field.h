// Linear finite elements for the Laplace problems of fibre directions, on one connected piece of muscle.
#pragma once

#include <Eigen/SparseCore>
#include <memory>
#include <vector>

#include "anatomy/muscle_tets.h"

namespace bmiss {

// Stiffness matrix of -Laplace [n_points x n_points], m.
Eigen::SparseMatrix<double> stiffness_matrix(const MuscleTets& muscle);
// A quarter of the volume of the tetrahedra around each point [m^3].
Eigen::VectorXd lumped_volumes(const MuscleTets& muscle);

// K u = load with u given on the fixed points; factorised once for several right-hand sides. Throws NumericalError when
// conjugate gradients do not converge.
class DirichletProblem {
public:
  DirichletProblem(const Eigen::SparseMatrix<double>& stiffness, const std::vector<char>& fixed);
  ~DirichletProblem();
  // `values` [n_points] counts on fixed points only, `load` [n_points] on the others only.
  Eigen::VectorXd solve(const Eigen::VectorXd& values, const Eigen::VectorXd& load) const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

// The slowest-varying mode of a piece without flux through its surface: monotonic from one end to the other of an
// elongated body, however bent. `guess` [n_points] must not be constant.
Eigen::VectorXd slowest_mode(const Eigen::SparseMatrix<double>& stiffness, const Eigen::VectorXd& volumes,
                             const Eigen::VectorXd& guess);

}  // namespace bmiss
