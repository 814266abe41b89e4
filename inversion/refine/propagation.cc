#include "inversion/refine/propagation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr double gaussian_reach = 6;  // standard deviations; it is 1.5e-8 of its peak there

// A Gaussian and its first two derivatives at x = d step - offset, d = -half … half.
struct GaussianTable {
  Eigen::Index half = 0;
  std::vector<double> value, first, second;

  void set(double deviation, double step, double offset) {
    half = static_cast<Eigen::Index>(std::ceil(gaussian_reach * deviation / step)) + 1;
    const auto n = static_cast<std::size_t>(2 * half + 1);
    value.resize(n), first.resize(n), second.resize(n);
    const double factor = 1 / (deviation * std::sqrt(2 * std::acos(-1.0))), inverse = 1 / (deviation * deviation);
    for (std::size_t k = 0; k < n; ++k) {
      const double x = static_cast<double>(static_cast<Eigen::Index>(k) - half) * step - offset;
      value[k] = factor * std::exp(-0.5 * x * x * inverse);
      first[k] = -x * inverse * value[k];
      second[k] = (x * x * inverse - 1) * inverse * value[k];
    }
  }
};

}  // namespace

SoftEnd soft_end(double x) {
  const double t = x + 0.5;
  if (t <= 0) return {0, 0};
  if (t >= 1) return {1, 0};
  return {t * t * t * (10 + t * (6 * t - 15)), 30 * t * t * (1 - t) * (1 - t)};
}

struct Propagation::Moments {
  Eigen::Index first = 0;
  std::vector<double> value, slope;
};

Propagation::Propagation(const ActionPotential& action_potential, const FibreGrid& grid, Eigen::VectorXd times,
                         double velocity_scatter, double end_width)
    : action_potential_(action_potential),
      table_(action_potential),
      grid_(grid),
      times_(std::move(times)),
      velocity_scatter_(velocity_scatter),
      end_width_(end_width) {
  BMISS_ASSERT(grid.step > 0 && grid.size > 0 && velocity_scatter >= 0 && end_width >= 0);
}

// With G'' = V: the moment is the second difference of G(front - u) over the step; at u = 0, where both waves leave, it
// is twice that of the half hat.
void Propagation::moments(double front, Moments& result) const {
  const double h = grid_.step;
  result.first = std::max<Eigen::Index>(0, static_cast<Eigen::Index>((front - action_potential_.extent()) / h) - 1);
  const auto last = static_cast<Eigen::Index>(front / h) + 1;
  const auto n = static_cast<std::size_t>(last - result.first + 1);
  result.value.resize(n), result.slope.resize(n);
  const auto twice = [&](Eigen::Index m) { return table_.second_integral(front - h * static_cast<double>(m)); };
  const auto once = [&](Eigen::Index m) { return action_potential_.integral(front - h * static_cast<double>(m)); };
  double twice_before = twice(result.first - 1), twice_here = twice(result.first);
  double once_before = once(result.first - 1), once_here = once(result.first);
  for (std::size_t k = 0; k < n; ++k) {
    const Eigen::Index m = result.first + static_cast<Eigen::Index>(k);
    const double twice_next = twice(m + 1), once_next = once(m + 1);
    if (m == 0) {
      result.value[k] = 2 * (once_here - (twice_here - twice_next) / h);
      result.slope[k] = 2 * (action_potential_.value(front) - (once_here - once_next) / h);
    } else {
      result.value[k] = (twice_before - 2 * twice_here + twice_next) / h;
      result.slope[k] = (once_before - 2 * once_here + once_next) / h;
    }
    twice_before = twice_here, twice_here = twice_next;
    once_before = once_here, once_here = once_next;
  }
}

Eigen::MatrixXf Propagation::evaluate(const UnitVector& unit, Wanted wanted) const {
  const double h = grid_.step, zone = unit[innervation_zone], scatter = unit[junction_scatter];
  const bool derivatives = wanted == Wanted::derivatives;
  const Eigen::Index n_times = times_.size(), zone_cell = static_cast<Eigen::Index>(std::floor(zone / h));
  const double offset = zone - h * static_cast<double>(zone_cell);
  // Columns of one time: value, by x, by x twice (each convolved with V), value with V'.
  Eigen::Matrix<double, Eigen::Dynamic, 4> column(grid_.size, 4);
  Eigen::MatrixXf result = Eigen::MatrixXf::Zero(grid_.size, n_times * (derivatives ? 7 : 1));
  Eigen::Matrix<double, Eigen::Dynamic, 3> window(grid_.size, 3);  // value, relative slopes by the half-lengths
  const double width = std::max(end_width_, h);
  for (Eigen::Index i = 0; i < grid_.size; ++i) {
    const double u = grid_.place(i) - zone;
    const SoftEnd proximal = soft_end((u + unit[proximal_length]) / width);
    const SoftEnd distal = soft_end((unit[distal_length] - u) / width);
    window.row(i) << proximal.value * distal.value, proximal.slope / width * distal.value,
        proximal.value * distal.slope / width;
  }
  Moments moment;
  GaussianTable gaussian;
  for (Eigen::Index n = 0; n < n_times; ++n) {
    const double time = times_[n] - unit[delay];
    if (time <= 0) continue;
    // The hats themselves widen by h^2 / 6.
    const double smear = velocity_scatter_ * time;
    gaussian.set(std::sqrt(scatter * scatter + smear * smear - h * h / 6), h, offset);
    moments(unit[velocity] * time, moment);
    column.setZero();
    const auto last = moment.first + static_cast<Eigen::Index>(moment.value.size()) - 1;
    for (Eigen::Index m = -last; m <= last; ++m) {
      const Eigen::Index distance = std::abs(m);
      if (distance < moment.first) continue;
      const double value = h * moment.value[static_cast<std::size_t>(distance - moment.first)];
      const double slope = h * moment.slope[static_cast<std::size_t>(distance - moment.first)];
      const Eigen::Index centre = zone_cell + m - grid_.first;  // row where the Gaussian's table has d = 0
      const Eigen::Index from = std::max<Eigen::Index>(0, centre - gaussian.half);
      const Eigen::Index to = std::min(grid_.size, centre + gaussian.half + 1);
      if (from >= to) continue;
      const Eigen::Index size = to - from;
      const auto k = static_cast<std::size_t>(from - centre + gaussian.half);
      using Row = Eigen::Map<const Eigen::VectorXd>;
      column.col(0).segment(from, size) += value * Row(&gaussian.value[k], size);
      if (!derivatives) continue;
      column.col(1).segment(from, size) += value * Row(&gaussian.first[k], size);
      column.col(2).segment(from, size) += value * Row(&gaussian.second[k], size);
      column.col(3).segment(from, size) += slope * Row(&gaussian.value[k], size);
    }
    const auto windowed = column.col(0).cwiseProduct(window.col(0));
    result.col(derivatives ? 6 * n_times + n : n) = windowed.cast<float>();
    if (!derivatives) continue;
    const auto block = [&](Eigen::Index b) { return result.col(b * n_times + n); };
    const auto by_proximal = column.col(0).cwiseProduct(window.col(1));
    const auto by_distal = column.col(0).cwiseProduct(window.col(2));
    const auto edge = window.col(0);
    block(0) = (by_distal - by_proximal - column.col(1).cwiseProduct(edge)).cast<float>();
    block(1) = by_proximal.cast<float>();
    block(2) = by_distal.cast<float>();
    block(3) = (time * column.col(3)).cwiseProduct(edge).cast<float>();
    block(4) = (scatter * column.col(2)).cwiseProduct(edge).cast<float>();
    block(5) =
        (-unit[velocity] * column.col(3) - velocity_scatter_ * smear * column.col(2)).cwiseProduct(edge).cast<float>();
  }
  return result;
}

Eigen::MatrixXf Propagation::waves(const UnitVector& unit) const {
  return evaluate(unit, Wanted::value);
}

Eigen::MatrixXf Propagation::derivatives_and_waves(const UnitVector& unit) const {
  return evaluate(unit, Wanted::derivatives);
}

}  // namespace bmiss
