#include "solvers/linear/admittivity_solver.h"

#include <complex>
#include <limits>

namespace bmiss {
namespace {

using Complex = std::complex<double>;
using Columns = Eigen::MatrixXcd;
using Coefficients = Eigen::RowVectorXcd;

// Of each system alike; K is inverted to this relative residual within an iteration.
constexpr double inner_tolerance = 1e-4;

class Systems {
public:
  explicit Systems(const AdmittivityOperators& operators) : operators_(operators) {}

  Columns apply(const Columns& x) const {
    const auto [kr, ki] = halves(operators_.conduct(side_by_side(x)));
    const auto [sr, si] = halves(operators_.displace(side_by_side(x)));
    return combined(kr - si, ki + sr);
  }
  Columns precondition(const Columns& x) const {
    const auto [re, im] = halves(operators_.solve(side_by_side(x), inner_tolerance));
    return combined(re, im);
  }
  // x^T y of each column, without conjugation.
  Coefficients products(const Columns& x, const Columns& y) const {
    Coefficients sums = x.cwiseProduct(y).colwise().sum();
    MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(2 * sums.size()), MPI_DOUBLE, MPI_SUM,
                  operators_.communicator);
    return sums;
  }
  Eigen::RowVectorXd norms(const Columns& x) const {
    Eigen::RowVectorXd squares = x.cwiseAbs2().colwise().sum();
    MPI_Allreduce(MPI_IN_PLACE, squares.data(), static_cast<int>(squares.size()), MPI_DOUBLE, MPI_SUM,
                  operators_.communicator);
    return squares.cwiseSqrt();
  }

private:
  static Eigen::MatrixXd side_by_side(const Columns& x) {
    Eigen::MatrixXd both(x.rows(), 2 * x.cols());
    both << x.real(), x.imag();
    return both;
  }
  static std::pair<Eigen::MatrixXd, Eigen::MatrixXd> halves(const Eigen::MatrixXd& both) {
    return {both.leftCols(both.cols() / 2), both.rightCols(both.cols() / 2)};
  }
  static Columns combined(const Eigen::MatrixXd& real, const Eigen::MatrixXd& imaginary) {
    Columns result(real.rows(), real.cols());
    result.real() = real;
    result.imag() = imaginary;
    return result;
  }
  const AdmittivityOperators& operators_;
};

// a / b where the system still runs, else 0.
Coefficients quotients(const Coefficients& a, const Coefficients& b, const std::vector<char>& running) {
  Coefficients result(a.size());
  for (Eigen::Index i = 0; i < a.size(); ++i)
    result[i] = running[static_cast<std::size_t>(i)] != 0 && b[i] != Complex(0) ? a[i] / b[i] : Complex(0);
  return result;
}

// One run from the residuals `r` on, until they are below `target` or the iterations are used up.
void run(const Systems& systems, const Eigen::RowVectorXd& target, int largest_iterations, Columns& x, Columns r,
         std::vector<int>& iterations) {
  std::vector<char> running(static_cast<std::size_t>(x.cols()), 1);
  const auto any_runs = [&] {
    const Eigen::RowVectorXd sizes = systems.norms(r);
    bool any = false;
    for (std::size_t i = 0; i < running.size(); ++i) {
      const auto column = static_cast<Eigen::Index>(i);
      running[i] = sizes[column] > target[column] && iterations[i] < largest_iterations ? 1 : 0;
      any = any || running[i] != 0;
    }
    return any;
  };
  if (!any_runs()) return;
  Columns z = systems.precondition(r), p = z;
  Coefficients rho = systems.products(z, r);
  while (true) {
    const Columns q = systems.apply(p);
    const Coefficients alpha = quotients(rho, systems.products(p, q), running);
    x += p * alpha.asDiagonal();
    const Columns before = r;
    r -= q * alpha.asDiagonal();
    for (std::size_t i = 0; i < running.size(); ++i) iterations[i] += running[i];
    if (!any_runs()) return;
    z = systems.precondition(r);
    const Coefficients beta = quotients(systems.products(z, r - before), rho, running);
    p = z + p * beta.asDiagonal();
    rho = systems.products(z, r);
  }
}

}  // namespace

AdmittivitySolution solve_admittivity(const AdmittivityOperators& operators, const Eigen::MatrixXd& loads,
                                      double tolerance, int largest_iterations) {
  const Systems systems(operators);
  const Columns b = loads.cast<Complex>();
  const Eigen::RowVectorXd target = tolerance * systems.norms(b);
  AdmittivitySolution solution;
  solution.values.setZero(loads.rows(), loads.cols());
  solution.iterations.assign(static_cast<std::size_t>(loads.cols()), 0);
  Columns r = b;
  // The recursive residuals drift from the true ones by rounding: start again from those.
  for (int round = 0; round < 3; ++round) {
    run(systems, 0.5 * target, largest_iterations, solution.values, r, solution.iterations);
    r = b - systems.apply(solution.values);
    if ((systems.norms(r).array() <= target.array()).all()) break;
  }
  const Eigen::RowVectorXd relative = systems.norms(r).cwiseQuotient(systems.norms(b));
  solution.residuals.assign(relative.data(), relative.data() + relative.size());
  return solution;
}

}  // namespace bmiss
