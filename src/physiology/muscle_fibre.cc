#include "physiology/muscle_fibre.h"

#include <cmath>
#include <string>

#include "base/errors.h"
#include "base/tsv_file.h"
#include "physiology/potential_table.h"

namespace bmiss {
namespace {

void require_positive(double value, const std::string& what, const std::string& unit) {
  if (!(value > 0) || !std::isfinite(value))
    throw InputError("a muscle fibre has " + what + " " + format_real(value) + " " + unit + "; it must be positive");
}

void validate(const MuscleFibre& fibre) {
  if (fibre.path.cols() < 5)
    throw InputError("a muscle fibre has " + std::to_string(fibre.path.cols()) +
                     " points; it needs 5 or more, so take a smaller step or drop the fibre");
  require_positive(fibre.step, "a step of", "m");
  require_positive(fibre.velocity, "a conduction velocity of", "m/s");
  require_positive(fibre.radius, "a radius of", "m");
  require_positive(fibre.intracellular_conductivity, "an intracellular conductivity of", "S/m");
  if (!(fibre.junction >= 0 && fibre.junction <= fibre.length()))
    throw InputError("a muscle fibre of length " + format_real(fibre.length()) + " m has its junction at " +
                     format_real(fibre.junction) + " m; it must lie on the fibre");
}

// Moments integral V(s) hat_k(s) ds of the potential along the fibre against the piecewise linear hats of its nodes [V
// m], by second differences of Q with Q'' = V along the fibre. With G'' = V_m, Q(s) = G(f - |s - j|) + 2 G'(f) max(s -
// j, 0), so the kink at the junction j and the cut at the ends are exact. `front` f = v t; `twice` is scratch for Q at
// the nodes.
void hat_moments(const MuscleFibre& fibre, const ActionPotential& action_potential, const PotentialTable& table,
                 double front, Eigen::VectorXd& twice, Eigen::VectorXd& moments) {
  const Eigen::Index last = fibre.path.cols() - 1;
  const double h = fibre.step, junction = fibre.junction, length = fibre.length();
  const double at_junction = action_potential.integral(front);
  for (Eigen::Index k = 0; k <= last; ++k) {
    const double offset = h * static_cast<double>(k) - junction;
    twice[k] = table.second_integral(front - std::abs(offset)) + (offset > 0 ? 2 * at_junction * offset : 0);
  }
  const double slope_start = action_potential.integral(front - junction);
  const double slope_end = 2 * at_junction - action_potential.integral(front - (length - junction));
  moments[0] = (twice[1] - twice[0]) / h - slope_start;
  for (Eigen::Index k = 1; k < last; ++k) moments[k] = (twice[k - 1] - 2 * twice[k] + twice[k + 1]) / h;
  moments[last] = slope_end - (twice[last] - twice[last - 1]) / h;
}

// The spline's second derivatives M at the nodes follow from its values by M_1 = d_1, M_(N-1) = d_(N-1),
// (M_(k-1) + 4 M_k + M_(k+1)) / 6 = d_k between, and the ends M_0 = 2 M_1 - M_2 (not-a-knot), where d_k are the second
// differences over step^2. V_e = sum moments_k M_k, so the currents are this map's transpose applied to the moments.
class SplineTranspose {
public:
  explicit SplineTranspose(Eigen::Index n_nodes) : last_(n_nodes - 1), ratio_(n_nodes), kinks_(n_nodes) {
    double ratio = 0;
    for (Eigen::Index k = 2; k <= last_ - 2; ++k) ratio_[k] = ratio = 1.0 / (4.0 - ratio);
  }

  // Overwrites `moments`; adds factor * (second differences) to `currents`.
  void apply(Eigen::VectorXd& moments, double factor, Eigen::Ref<Eigen::VectorXd> currents) {
    const Eigen::Index n = last_;
    moments[1] += 2 * moments[0];
    moments[2] -= moments[0];
    moments[n - 1] += 2 * moments[n];
    moments[n - 2] -= moments[n];
    kinks_.setZero();
    for (Eigen::Index k = 2; k <= n - 2; ++k) kinks_[k] = (6 * moments[k] - kinks_[k - 1]) * ratio_[k];
    for (Eigen::Index k = n - 3; k >= 2; --k) kinks_[k] -= ratio_[k] * kinks_[k + 1];
    kinks_[1] = moments[1] - kinks_[2] / 6;
    kinks_[n - 1] = moments[n - 1] - kinks_[n - 2] / 6;
    for (Eigen::Index k = 1; k < n; ++k) {
      currents[k - 1] += factor * kinks_[k];
      currents[k] -= 2 * factor * kinks_[k];
      currents[k + 1] += factor * kinks_[k];
    }
  }

private:
  Eigen::Index last_;
  Eigen::VectorXd ratio_, kinks_;  // of the elimination; weights of the second differences
};

}  // namespace

double MuscleFibre::size() const {
  return intracellular_conductivity * std::acos(-1.0) * radius * radius;
}

Eigen::MatrixXd fibre_currents(const MuscleFibre& fibre, const ActionPotential& action_potential,
                               const Eigen::VectorXd& times) {
  validate(fibre);
  const double pi = std::acos(-1.0);
  const double strength = fibre.intracellular_conductivity * pi * fibre.radius * fibre.radius;
  const PotentialTable table(action_potential);
  SplineTranspose spline(fibre.path.cols());
  Eigen::VectorXd twice(fibre.path.cols()), moments(fibre.path.cols());
  Eigen::MatrixXd currents = Eigen::MatrixXd::Zero(fibre.path.cols(), times.size());
  for (Eigen::Index i = 0; i < times.size(); ++i) {
    const double front = fibre.velocity * (times[i] - fibre.delay);
    if (front <= 0) continue;
    hat_moments(fibre, action_potential, table, front, twice, moments);
    spline.apply(moments, strength / (fibre.step * fibre.step), currents.col(i));
  }
  return currents;
}

}  // namespace bmiss
