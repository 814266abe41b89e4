#include "solvers/conductor/law/positive_definite.h"

#include <Eigen/Eigenvalues>

#include "base/table.h"

namespace bmiss {
namespace {

constexpr double rounding = 1e-9;  // relative to the largest entry or eigenvalue

std::string complaint(const Eigen::Matrix3d& tensor, double smallest_allowed, const std::string& unit,
                      const std::string& rule) {
  if (!tensor.allFinite()) return "with an entry that is not a number";
  if ((tensor - tensor.transpose()).cwiseAbs().maxCoeff() > rounding * tensor.cwiseAbs().maxCoeff())
    return "that is not symmetric";
  const Eigen::Vector3d values =
      Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>(tensor, Eigen::EigenvaluesOnly).eigenvalues();
  if (values[0] >= smallest_allowed * std::abs(values[2]) && (smallest_allowed < 0 || values[2] > 0)) return "";
  return "with the eigenvalues " + format("%.4g", values[0]) + ", " + format("%.4g", values[1]) + " and " +
         format("%.4g", values[2]) + " " + unit + ", " + rule;
}

}  // namespace

std::string complaint_about_definiteness(const Eigen::Matrix3d& tensor, const std::string& unit) {
  return complaint(tensor, rounding, unit, "of which each must be positive");
}

std::string complaint_about_semidefiniteness(const Eigen::Matrix3d& tensor, const std::string& unit) {
  return complaint(tensor, -rounding, unit, "of which none may be negative");
}

}  // namespace bmiss
