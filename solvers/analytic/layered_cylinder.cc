#include "solvers/analytic/layered_cylinder.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/table.h"
#include "solvers/analytic/modified_bessel.h"

namespace bmiss {
namespace {

// A radial solution carried from one radius to another inside a layer.
struct Carried {
  double log_growth = 0;  // ln |phi(b) / phi(a)|
  double slope = 0;       // phi'(b) / phi(b)
};

// k = 0: phi is a combination of rho^n and rho^-n (of 1 and ln rho for n = 0). `slope` points away from the start: >= 0
// outwards,
// <= 0 inwards, so that no term cancels another.
Carried carry_static(int n, double a, double b, double slope) {
  if (n == 0) {
    const double phi = 1 + slope * a * std::log(b / a);
    return {std::log(phi), slope * a / (b * phi)};
  }
  const double direction = b > a ? 1 : -1, decay = std::exp(-2.0 * n * std::abs(std::log(b / a)));
  const double pull = std::abs(slope) * a / n;
  const double phi = 0.5 * ((1 + decay) + pull * (1 - decay));
  const double derivative = 0.5 * n / b * ((1 - decay) + pull * (1 + decay));
  return {n * std::abs(std::log(b / a)) + std::log(phi), direction * derivative / phi};
}

// k > 0: phi = A I_n(kappa rho) + B K_n(kappa rho), written with the Wronskian I K' - I' K = -1/x and the dominant
// product taken out.
Carried carry(int n, double kappa, double a, double b, double slope) {
  if (kappa == 0) return carry_static(n, a, b, slope);
  const ModifiedBessel at_a = modified_bessel(n, kappa * a), at_b = modified_bessel(n, kappa * b);
  const double outward = at_b.log_i + at_a.log_k, inward = at_b.log_k + at_a.log_i;
  const double pull = std::abs(slope) / kappa;
  if (b > a) {
    const double e = std::exp(inward - outward);
    const double phi = at_a.slope_k + at_a.slope_i * e + pull * (1 - e);
    const double derivative =
        at_a.slope_k * at_b.slope_i - at_a.slope_i * at_b.slope_k * e + pull * (at_b.slope_i + at_b.slope_k * e);
    return {outward + std::log(kappa * a * phi), kappa * derivative / phi};
  }
  const double e = std::exp(outward - inward);
  const double phi = at_a.slope_i + at_a.slope_k * e + pull * (1 - e);
  const double derivative =
      at_a.slope_i * at_b.slope_k - at_a.slope_k * at_b.slope_i * e + pull * (at_b.slope_k + at_b.slope_i * e);
  return {inward + std::log(kappa * a * phi), -kappa * derivative / phi};
}

double kappa_of(const CylinderLayer& layer, double k) {
  return k * std::sqrt(layer.conductivity_along / layer.conductivity_across);
}

}  // namespace

LayeredCylinder::LayeredCylinder(std::vector<CylinderLayer> layers) : layers_(std::move(layers)) {
  if (layers_.empty()) throw InputError("the layered cylinder has no layer; give at least one outer radius");
  double inner = 0;
  for (const CylinderLayer& layer : layers_) {
    if (!(layer.outer_radius > inner))
      throw InputError("the radii of the layered cylinder must increase, but " +
                       format("%.4g", layer.outer_radius * 1e3) + " mm follows " + format("%.4g", inner * 1e3) +
                       " mm; list them from the axis outwards");
    if (!(layer.conductivity_across > 0 && layer.conductivity_along > 0))
      throw InputError("a layer of the cylinder has conductivity " +
                       format("%.4g", std::min(layer.conductivity_across, layer.conductivity_along)) +
                       " S/m; conductivities must be > 0");
    inner = layer.outer_radius;
  }
}

std::size_t LayeredCylinder::layer_of(double rho) const {
  std::size_t i = 0;
  while (i + 1 < layers_.size() && rho > layers_[i].outer_radius * (1 + 1e-12)) ++i;
  return i;
}

double LayeredCylinder::flux_ratio_from_axis(int n, double k, double rho) const {
  double at = std::min(layers_[0].outer_radius, rho);
  const double kappa = kappa_of(layers_[0], k);
  double flux = layers_[0].conductivity_across * (kappa == 0 ? n / at : kappa * modified_bessel(n, kappa * at).slope_i);
  for (std::size_t i = 1; at < rho * (1 - 1e-14); ++i) {
    const CylinderLayer& layer = layers_[i];
    const double to = std::min(layer.outer_radius, rho);
    flux = layer.conductivity_across * carry(n, kappa_of(layer, k), at, to, flux / layer.conductivity_across).slope;
    at = to;
  }
  return flux;
}

double LayeredCylinder::radial_green(int n, double k, double rho_outer, double rho_inner) const {
  // The mean of a cross-section sees no net current: only the resistance outside the outer radius remains.
  if (n == 0 && k == 0) {
    double resistance = 0, at = rho_outer;
    for (std::size_t i = layer_of(rho_outer); i < layers_.size(); ++i) {
      const double to = layers_[i].outer_radius;
      if (to > at) resistance += std::log(to / at) / layers_[i].conductivity_across;
      at = std::max(at, to);
    }
    return resistance;
  }
  // From the skin (no flux) inwards, past rho_outer, to rho_inner; sigma phi' is continuous between layers.
  double at = radius(), flux = 0, log_amplitude = 0, log_at_outer = 0;
  bool passed_outer = rho_outer >= at * (1 - 1e-14);
  for (std::size_t i = layers_.size(); i-- > 0 && at > rho_inner * (1 + 1e-14);) {
    const CylinderLayer& layer = layers_[i];
    const double floor = std::max(i == 0 ? 0.0 : layers_[i - 1].outer_radius, rho_inner);
    const auto go_to = [&](double to) {
      if (to >= at * (1 - 1e-14)) return;
      const Carried c = carry(n, kappa_of(layer, k), at, to, flux / layer.conductivity_across);
      log_amplitude += c.log_growth;
      flux = layer.conductivity_across * c.slope;
      at = to;
    };
    if (!passed_outer && rho_outer >= floor) {
      go_to(rho_outer);
      log_at_outer = log_amplitude;
      passed_outer = true;
    }
    go_to(floor);
  }
  return std::exp(log_at_outer - log_amplitude) / (rho_inner * (flux_ratio_from_axis(n, k, rho_inner) - flux));
}

}  // namespace bmiss
