// Systems (K + i S) w = b with real loads b, solved with a solver for K: potentials in tissue whose admittivity has an
// imaginary part.
#pragma once

#include <mpi.h>

#include <Eigen/Core>
#include <functional>
#include <vector>

namespace bmiss {

// The real parts of the work; rows are this rank's share of the unknowns. All collective.
struct AdmittivityOperators {
  using Matrix = Eigen::MatrixXd;                      // one column a system
  std::function<Matrix(const Matrix&)> conduct;        // K x
  std::function<Matrix(const Matrix&)> displace;       // S x
  std::function<Matrix(const Matrix&, double)> solve;  // K^-1 x to about this relative residual
  MPI_Comm communicator = MPI_COMM_SELF;
};

struct AdmittivitySolution {
  Eigen::MatrixXcd values;
  std::vector<int> iterations;    // each solves with K for the real and for the imaginary part
  std::vector<double> residuals;  // |b - (K + i S) w| / |b|, recomputed
};

// Conjugate gradients for complex symmetric matrices (van der Vorst & Melissen 1990), preconditioned by K, whose
// inexact inverse asks for the flexible step (Notay 2000). With all of a tissue's current lagging by the same angle one
// iteration suffices; the spread of the angles over tissues decides. Columns share their solves. Stops at `tolerance`
// or after `largest_iterations`: look at the residuals.
AdmittivitySolution solve_admittivity(const AdmittivityOperators& operators, const Eigen::MatrixXd& loads,
                                      double tolerance, int largest_iterations);

}  // namespace bmiss
