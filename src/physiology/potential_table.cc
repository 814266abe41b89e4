#include "physiology/potential_table.h"

#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

// Quintic Hermite interpolation with this many intervals is exact to 1e-11 of the peak for the built-in shapes, whose
// sixth derivative scales with extent^-6 (checked against quadrature in the tests).
constexpr int n_intervals = 640;

// Gauss-Legendre rule of 4 points on [-1, 1].
constexpr double gauss_point[4] = {-0.861136311594052575, -0.339981043584856265, 0.339981043584856265,
                                   0.861136311594052575};
constexpr double gauss_weight[4] = {0.347854845137453857, 0.652145154862546143, 0.652145154862546143,
                                    0.347854845137453857};

}  // namespace

PotentialTable::PotentialTable(const ActionPotential& action_potential)
    : spacing_(action_potential.extent() / n_intervals),
      extent_(action_potential.extent()),
      final_slope_(action_potential.integral(action_potential.extent())) {
  BMISS_ASSERT(extent_ > 0);
  nodes_.reserve(n_intervals + 2);
  double sum = 0;
  for (int k = 0; k <= n_intervals; ++k) {
    const double z = k * spacing_;
    nodes_.push_back({sum, action_potential.integral(z), action_potential.value(z)});
    for (int g = 0; g < 4; ++g)
      sum += 0.5 * spacing_ * gauss_weight[g] * action_potential.integral(z + 0.5 * spacing_ * (1 + gauss_point[g]));
  }
  nodes_.push_back(nodes_.back());  // rounding of z / spacing at the very end stays inside
}

double PotentialTable::second_integral(double z) const {
  if (z <= 0) return 0;
  if (z >= extent_) return nodes_[n_intervals].value + final_slope_ * (z - extent_);
  const double position = z / spacing_;
  const auto k = static_cast<std::size_t>(position);
  const Node &a = nodes_[k], &b = nodes_[k + 1];
  const double x = position - static_cast<double>(k), h = spacing_;
  // Taylor polynomial at the left node plus x^3 (…) that meets value, slope and curvature at the right one.
  const double a1 = h * a.slope, a2 = 0.5 * h * h * a.curvature;
  const double r0 = b.value - (a.value + a1 + a2), r1 = h * b.slope - (a1 + 2 * a2), r2 = h * h * b.curvature - 2 * a2;
  const double c3 = 10 * r0 - 4 * r1 + 0.5 * r2, c4 = -15 * r0 + 7 * r1 - r2, c5 = 6 * r0 - 3 * r1 + 0.5 * r2;
  return a.value + x * (a1 + x * (a2 + x * (c3 + x * (c4 + x * c5))));
}

}  // namespace bmiss
