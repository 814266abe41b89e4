#include "solvers/verification/gradient_recovery.h"

#include <Eigen/Dense>
#include <algorithm>
#include <map>

#include "base/errors.h"

namespace bmiss {
namespace {

// 420 int phi_i phi_j / volume of the quadratic shape functions.
std::array<std::array<double, 10>, 10> mass_of_quadratics() {
  std::array<std::array<double, 10>, 10> mass{};
  const auto holds = [](std::size_t edge, int vertex) {
    return tet_edges[edge][0] == vertex || tet_edges[edge][1] == vertex;
  };
  for (std::size_t i = 0; i < 10; ++i)
    for (std::size_t j = 0; j < 10; ++j) {
      double& entry = mass[i][j];
      if (i < 4 && j < 4) {
        entry = i == j ? 6 : 1;
      } else if (i < 4 || j < 4) {
        entry = holds(std::max(i, j) - 4, static_cast<int>(std::min(i, j))) ? -4 : -6;
      } else {
        const auto [a, b] = tet_edges[i - 4];
        const int shared = (holds(j - 4, a) ? 1 : 0) + (holds(j - 4, b) ? 1 : 0);
        entry = shared == 2 ? 32 : shared == 1 ? 16 : 8;
      }
      entry /= 420;
    }
  return mass;
}

}  // namespace

GradientRecovery::GradientRecovery(const ElementNodes& nodes, const std::vector<int>& labels,
                                   const CornerTensors& tensors)
    : nodes_(nodes), labels_(labels), places_(10 * labels.size(), -1) {
  const auto per_element = static_cast<std::size_t>(nodes.per_element());
  BMISS_ASSERT(nodes.elements.size() == per_element * labels.size() &&
               tensors.cols() == static_cast<Eigen::Index>(labels.size()));
  sigma_.resize(6, tensors.cols());
  for (Eigen::Index t = 0; t < tensors.cols(); ++t)
    sigma_.col(t) = (tensors.col(t).reshaped(6, 4).rowwise().mean()).cast<float>();
  std::map<int, std::vector<std::size_t>> tissues;
  for (std::size_t t = 0; t < labels.size(); ++t) tissues[labels[t]].push_back(t);
  std::vector<int> number(nodes.n_nodes(), -1);
  for (const auto& [label, tets] : tissues) {
    const auto first = static_cast<int>(weights_.size());  // numbers below belong to other tissues
    for (const std::size_t t : tets) {
      const double volume = shape(t).volume;
      for (std::size_t i = 0; i < per_element; ++i) {
        int& place = number[static_cast<std::size_t>(nodes.elements[per_element * t + i])];
        if (place < first) {
          place = static_cast<int>(weights_.size());
          weights_.push_back(0);
        }
        places_[10 * t + i] = place;
        weights_[static_cast<std::size_t>(place)] += volume;
      }
    }
  }
}

GradientRecovery::Shape GradientRecovery::shape(std::size_t tet) const {
  const int* corners = nodes_.elements.data() + tet * static_cast<std::size_t>(nodes_.per_element());
  Eigen::Matrix3d edges;
  for (int i = 0; i < 3; ++i) edges.col(i) = nodes_.points.col(corners[i + 1]) - nodes_.points.col(corners[0]);
  Shape result;
  result.volume = std::abs(edges.determinant()) / 6;
  result.slopes.bottomRows(3) = edges.inverse();
  result.slopes.row(0) = -result.slopes.bottomRows(3).colwise().sum();
  return result;
}

// The gradient is linear in the tetrahedron: its values at the corners, and their means on the edges.
void GradientRecovery::gradients(std::size_t tet, const Shape& shape, const std::vector<Lane>& values,
                                 Gradients& result) const {
  const auto per_element = static_cast<std::size_t>(nodes_.per_element());
  const int* nodes = nodes_.elements.data() + tet * per_element;
  std::array<Lane, 10> local;
  for (std::size_t i = 0; i < per_element; ++i) local[i] = values[static_cast<std::size_t>(nodes[i])];
  std::array<std::array<Lane, 4>, 4> derivative;  // [corner][barycentric coordinate]
  for (std::size_t corner = 0; corner < 4; ++corner)
    for (std::size_t a = 0; a < 4; ++a)
      derivative[corner][a] = per_element == 4 ? local[a] : (corner == a ? 3.0 : -1.0) * local[a];
  if (per_element == 10)
    for (std::size_t e = 0; e < 6; ++e) {
      const auto a = static_cast<std::size_t>(tet_edges[e][0]), b = static_cast<std::size_t>(tet_edges[e][1]);
      derivative[a][b] += 4 * local[4 + e];
      derivative[b][a] += 4 * local[4 + e];
    }
  for (std::size_t corner = 0; corner < 4; ++corner)
    for (int axis = 0; axis < 3; ++axis) {
      Lane& g = result[corner][static_cast<std::size_t>(axis)];
      g = shape.slopes(0, axis) * derivative[corner][0];
      for (int a = 1; a < 4; ++a) g += shape.slopes(a, axis) * derivative[corner][static_cast<std::size_t>(a)];
    }
  for (std::size_t e = 0; e < 6; ++e)
    for (std::size_t axis = 0; axis < 3; ++axis)
      result[4 + e][axis] = 0.5 * (result[static_cast<std::size_t>(tet_edges[e][0])][axis] +
                                   result[static_cast<std::size_t>(tet_edges[e][1])][axis]);
}

std::vector<std::array<GradientRecovery::Lane, 3>> GradientRecovery::averages(const std::vector<Lane>& values) const {
  std::vector<std::array<Lane, 3>> sum(weights_.size(), {Lane::Zero(), Lane::Zero(), Lane::Zero()});
  const auto per_element = static_cast<std::size_t>(nodes_.per_element());
  Gradients own;
  for (std::size_t t = 0; t < n_tets(); ++t) {
    const Shape here = shape(t);
    gradients(t, here, values, own);
    for (std::size_t i = 0; i < per_element; ++i) {
      const auto place = static_cast<std::size_t>(places_[10 * t + i]);
      const double weight = here.volume / weights_[place];
      for (std::size_t axis = 0; axis < 3; ++axis) sum[place][axis] += weight * own[i][axis];
    }
  }
  return sum;
}

// volume * sum_ij mass_ij g_i . sigma g_j of each field.
template <typename Lane, typename Gradients>
Lane energy_of(const Gradients& g, const Eigen::Matrix<double, 6, 1>& s, double volume) {
  static const auto mass = mass_of_quadratics();
  Lane sum = Lane::Zero();
  for (std::size_t i = 0; i < 10; ++i) {
    std::array<Lane, 3> m = {Lane::Zero(), Lane::Zero(), Lane::Zero()};
    for (std::size_t j = 0; j < 10; ++j)
      for (std::size_t axis = 0; axis < 3; ++axis) m[axis] += mass[i][j] * g[j][axis];
    sum += g[i][0] * (s[0] * m[0] + s[3] * m[1] + s[4] * m[2]) + g[i][1] * (s[3] * m[0] + s[1] * m[1] + s[5] * m[2]) +
           g[i][2] * (s[4] * m[0] + s[5] * m[1] + s[2] * m[2]);
  }
  return volume * sum;
}

RecoveredEnergies GradientRecovery::energies(const NodalFields& fields) const {
  BMISS_ASSERT(fields.rows() == static_cast<Eigen::Index>(nodes_.n_nodes()) && fields.cols() <= most_fields);
  std::vector<Lane> values(nodes_.n_nodes(), Lane::Zero());
  for (std::size_t n = 0; n < values.size(); ++n)
    values[n].head(fields.cols()) = fields.row(static_cast<Eigen::Index>(n)).array();
  const auto recovered = averages(values);
  const auto per_element = static_cast<std::size_t>(nodes_.per_element());
  const auto n = static_cast<Eigen::Index>(n_tets());
  RecoveredEnergies result{Eigen::MatrixXf(n, fields.cols()), Eigen::MatrixXf(n, fields.cols())};
  Gradients own, error;
  for (std::size_t t = 0; t < n_tets(); ++t) {
    const Shape here = shape(t);
    gradients(t, here, values, own);
    for (std::size_t i = 0; i < per_element; ++i)
      for (std::size_t axis = 0; axis < 3; ++axis)
        error[i][axis] = recovered[static_cast<std::size_t>(places_[10 * t + i])][axis] - own[i][axis];
    for (std::size_t e = 0; per_element == 4 && e < 6; ++e)
      for (std::size_t axis = 0; axis < 3; ++axis)
        error[4 + e][axis] = 0.5 * (error[static_cast<std::size_t>(tet_edges[e][0])][axis] +
                                    error[static_cast<std::size_t>(tet_edges[e][1])][axis]);
    const auto row = static_cast<Eigen::Index>(t);
    const Eigen::Matrix<double, 6, 1> sigma = sigma_.col(row).cast<double>();
    result.error.row(row) = energy_of<Lane>(error, sigma, here.volume).head(fields.cols()).matrix().cast<float>();
    result.field.row(row) = energy_of<Lane>(own, sigma, here.volume).head(fields.cols()).matrix().cast<float>();
  }
  return result;
}

}  // namespace bmiss
