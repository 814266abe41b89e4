// Intracellular action potentials of a muscle fibre.
#pragma once

#include <memory>
#include <string>

#include "base/registry.h"

namespace bmiss {

class Parameters;

// V_m(z) - V_rest as a function of the distance z [m] behind the wave front (zero for z <= 0), in V. The resting
// potential is left out: only the second derivative along the fibre drives current, so a constant has no effect. Models
// are plugins.
class ActionPotential {
public:
  virtual ~ActionPotential() = default;
  virtual double value(double z) const = 0;     // [V]
  virtual double integral(double z) const = 0;  // of value() from 0 to z [V m], in closed form
  virtual double extent() const = 0;            // beyond this z the value is negligible (< 1e-9 of its peak) [m]
  virtual void declare_parameters(Parameters&) const {}
  virtual void parse_parameters(const Parameters&) {}
  virtual std::string citation() const = 0;
};

// Built-in: "rosenfalck" (96 mV z^3 e^-z, z in mm; Rosenfalck 1969) and "nandedkar-stalberg" (768 mV z^3 e^-2z; 1983).
Registry<ActionPotential>& action_potentials();

}  // namespace bmiss
