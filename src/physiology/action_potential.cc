#include "physiology/action_potential.h"

#include <cmath>

namespace bmiss {
namespace {

// A x^3 e^-x with x = z / scale; both classical descriptions have this form.
class CubicExponential : public ActionPotential {
public:
  CubicExponential(double amplitude, double scale) : amplitude_(amplitude), scale_(scale) {}

  double value(double z) const override {
    if (z <= 0) return 0;
    const double x = z / scale_;
    return amplitude_ * x * x * x * std::exp(-x);
  }

  // 6 - e^-x (x^3 + 3x^2 + 6x + 6), which for small x is x^4/4 - x^5/5 + … without the cancellation.
  double integral(double z) const override {
    if (z <= 0) return 0;
    const double x = z / scale_;
    if (x < 0.1) return amplitude_ * scale_ * series(x);
    return amplitude_ * scale_ * (6 - std::exp(-x) * (((x + 3) * x + 6) * x + 6));
  }

  // Where x^3 e^-x falls to 1e-9 of its peak 27 e^-3: fixed point of x = 3 ln x - ln(1e-9 * 27 e^-3).
  double extent() const override { return 31.1 * scale_; }

private:
  // sum_n (-1)^n x^(n+4) / (n! (n+4)); nine terms reach rounding at x = 0.1.
  static double series(double x) {
    double sum = 0, power = x * x * x * x;
    for (int n = 0; n < 9; ++n) {
      sum += power / (n + 4);
      power *= -x / (n + 1);
    }
    return sum;
  }
  double amplitude_, scale_;  // [V], [m]
};

class Rosenfalck final : public CubicExponential {
public:
  Rosenfalck() : CubicExponential(96e-3, 1e-3) {}
  std::string citation() const override {
    return "Rosenfalck P. Intra- and extracellular potential fields of active nerve and muscle fibres. Acta Physiol "
           "Scand "
           "Suppl 321, 1969";
  }
};

// 768 z^3 e^-2z = 96 (2z)^3 e^-(2z).
class NandedkarStalberg final : public CubicExponential {
public:
  NandedkarStalberg() : CubicExponential(96e-3, 0.5e-3) {}
  std::string citation() const override {
    return "Nandedkar SD, Stålberg E. Simulation of single muscle fibre action potentials. Med Biol Eng Comput "
           "21:158-165, 1983";
  }
};

}  // namespace

Registry<ActionPotential>& action_potentials() {
  static Registry<ActionPotential> registry = [] {
    Registry<ActionPotential> built_in("action potential");
    built_in.add<Rosenfalck>("rosenfalck", "96 mV z³ exp(−z), z in mm behind the front");
    built_in.add<NandedkarStalberg>("nandedkar-stalberg", "768 mV z³ exp(−2z): half as long in space");
    return built_in;
  }();
  return registry;
}

}  // namespace bmiss
