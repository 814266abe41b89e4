// Motoneuron pools: from an excitation over time to spike trains.
#pragma once

#include <string>
#include <vector>

#include "base/registry.h"

namespace bmiss {

class Parameters;

// Spike times of one unit [s], ascending.
using SpikeTrain = std::vector<double>;

class MotoneuronPool {
public:
  virtual ~MotoneuronPool() = default;
  virtual void declare_parameters(Parameters&) const {}
  virtual void parse_parameters(const Parameters&) {}
  virtual int size() const = 0;
  virtual double recruitment_threshold(
      int unit) const = 0;                          // excitation at which it starts to fire, on the scale of fire()
  virtual double twitch_force(int unit) const = 0;  // relative to the smallest unit
  // `excitation` sampled at `rate` [Hz], from 0 to 1 = maximum, linear between samples. Deterministic for a seed. ->
  // [n_units] Throws InputError for an excitation outside 0 … 1 (value and time).
  virtual std::vector<SpikeTrain> fire(const std::vector<double>& excitation, double rate, unsigned seed) const = 0;
  virtual std::string citation() const = 0;
};

// Built-in: "fuglevand" (Fuglevand, Winter & Patla 1993, with a refractory floor).
Registry<MotoneuronPool>& motoneuron_pools();

}  // namespace bmiss
