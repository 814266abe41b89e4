// An intracellular action potential of one's own: half a sine.
#include <cmath>

#include "base/parameters.h"
#include "physiology/action_potential.h"

namespace {

class HalfSine : public bmiss::ActionPotential {
public:
  double value(double z) const override { return z > 0 && z < width_ ? height_ * std::sin(pi_ * z / width_) : 0; }
  double integral(double z) const override {
    const double end = std::fmin(std::fmax(z, 0), width_);
    return height_ * width_ / pi_ * (1 - std::cos(pi_ * end / width_));
  }
  double extent() const override { return width_; }
  void declare_parameters(bmiss::Parameters& p) const override {
    const bmiss::Parameters::Section section(p, "Half sine");
    p.declare_real("Width", 10, "mm", {1, 100}, "of the action potential along the fibre");
  }
  void parse_parameters(const bmiss::Parameters& p) override {
    const bmiss::Parameters::Section section(p, "Half sine");
    width_ = p.real("Width");
  }
  std::string citation() const override { return "half sine, as an example"; }

private:
  double pi_ = std::acos(-1.0), width_ = 10e-3, height_ = 0.12;
};

BMISS_REGISTER(bmiss::action_potentials, HalfSine, "half sine", "an example");

}  // namespace
