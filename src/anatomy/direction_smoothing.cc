#include "anatomy/direction_smoothing.h"

#include <Eigen/IterativeLinearSolvers>
#include <Eigen/SparseCore>
#include <cmath>
#include <string>
#include <vector>

#include "anatomy/harmonic_field.h"
#include "base/errors.h"

namespace bmiss {
namespace {

using Matrix = Eigen::SparseMatrix<double>;

constexpr double end_cosine = 0.5;  // between fibre and outward normal: faces met more steeply are ends, others walls
constexpr double tolerance = 1e-7;  // of the directions

// Integrals of (f . grad a)(f . grad b): -d2/ds2 along the fibres f.
Matrix stiffness_along(const MuscleTets& piece, const Eigen::Matrix3Xd& directions) {
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(piece.tets.size() * 16);
  for (int tet = 0; tet < piece.size(); ++tet) {
    const Eigen::Vector4d slopes = piece.gradients(tet).transpose() * directions.col(tet);
    const auto& t = piece.tets[static_cast<std::size_t>(tet)];
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < 4; ++j)
        entries.emplace_back(
            t[i], t[j],
            piece.volumes[tet] * slopes[static_cast<Eigen::Index>(i)] * slopes[static_cast<Eigen::Index>(j)]);
  }
  Matrix result(piece.points.cols(), piece.points.cols());
  result.setFromTriplets(entries.begin(), entries.end());
  return result;
}

// 0 at points of faces where fibres end: the weak second derivative there holds their slope besides; 1 elsewhere.
Eigen::VectorXd away_from_ends(const MuscleTets& piece, const Eigen::Matrix3Xd& directions) {
  Eigen::VectorXd result = Eigen::VectorXd::Ones(piece.points.cols());
  for (int tet = 0; tet < piece.size(); ++tet)
    for (int corner = 0; corner < 4; ++corner) {
      if (piece.neighbours[static_cast<std::size_t>(tet)][static_cast<std::size_t>(corner)] >= 0) continue;
      if (std::abs(piece.face_normal(tet, corner).normalized().dot(directions.col(tet))) < end_cosine) continue;
      for (const int point : piece.face(tet, corner)) result[point] = 0;
    }
  return result;
}

// Unit vectors at the points, means over the tetrahedra there by volume.
Eigen::Matrix3Xd to_points(const MuscleTets& piece, const Eigen::Matrix3Xd& directions) {
  Eigen::Matrix3Xd result = Eigen::Matrix3Xd::Zero(3, piece.points.cols());
  for (int tet = 0; tet < piece.size(); ++tet)
    for (const int point : piece.tets[static_cast<std::size_t>(tet)])
      result.col(point) += piece.volumes[tet] * directions.col(tet);
  result.colwise().normalize();
  return result;
}

void to_tetrahedra(const MuscleTets& piece, const Eigen::Matrix3Xd& at_points, Eigen::Matrix3Xd& directions) {
  for (int tet = 0; tet < piece.size(); ++tet) {
    Eigen::Vector3d sum = Eigen::Vector3d::Zero();
    for (const int point : piece.tets[static_cast<std::size_t>(tet)]) sum += at_points.col(point);
    if (sum.norm() > 0) directions.col(tet) = sum.normalized();
  }
}

}  // namespace

void smooth_along_fibres(const MuscleTets& piece, double wavelength, Eigen::Matrix3Xd& directions) {
  BMISS_ASSERT(wavelength >= 0 && directions.cols() == piece.size());
  Eigen::Matrix3Xd at_points = to_points(piece, directions);
  if (wavelength > 0) {
    const Eigen::VectorXd volumes = lumped_volumes(piece);
    const Matrix second = away_from_ends(piece, directions).asDiagonal() * stiffness_along(piece, directions);
    const double stretch = std::pow(wavelength / (2 * std::acos(-1.0)), 4);
    Matrix system = stretch * Matrix(second.transpose() * volumes.cwiseInverse().asDiagonal() * second);
    system += Matrix(volumes.asDiagonal());
    Eigen::ConjugateGradient<Matrix, Eigen::Lower | Eigen::Upper> solver;
    solver.setTolerance(tolerance);
    solver.setMaxIterations(5000);
    solver.compute(system);
    for (Eigen::Index axis = 0; axis < 3; ++axis) {
      const Eigen::VectorXd rough = at_points.row(axis).transpose();
      const Eigen::VectorXd smooth = solver.solveWithGuess(volumes.cwiseProduct(rough), rough);
      if (solver.info() != Eigen::Success || !smooth.allFinite())
        throw NumericalError("smoothing the fibre directions did not converge (residual " +
                             std::to_string(solver.error()) + " after " + std::to_string(solver.iterations()) +
                             " iterations); the mesh of the muscle probably has degenerate tetrahedra");
      at_points.row(axis) = smooth.transpose();
    }
    at_points.colwise().normalize();
  }
  to_tetrahedra(piece, at_points, directions);
}

}  // namespace bmiss
