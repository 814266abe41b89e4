// How likely the trains of motor units are before any signal is seen.
#pragma once

#include <Eigen/Core>
#include <limits>
#include <vector>

#include "inversion/decode/templates.h"

namespace bmiss {

// Each train is a renewal process: the logarithms of its density are sums over inter-spike intervals. All in samples.
class FiringPrior {
public:
  static constexpr float impossible = -1e9F;  // logarithm of the density of what cannot be
  // No train prefers any interval: a spike costs `price`, the log odds of no spike at a sample, and none follows
  // another of its unit within `refractory`.
  static FiringPrior indifferent(Eigen::Index n_units, double price, double refractory);
  // What trains say of themselves: intervals spread about their median like 1.5 times what the middle half of them
  // shows (at least 15 % of the median), one of ten stays unexplained (pauses, spikes not found). Units with few
  // intervals stay indifferent.
  static FiringPrior regular(const std::vector<SpikePositions>& trains, double price, double refractory);

  Eigen::Index units() const { return static_cast<Eigen::Index>(units_.size()); }
  double refractory() const { return refractory_; }
  // What a spike at `position` between its neighbours adds to the logarithm of a train's density; a neighbour that is
  // not there is at minus or plus infinity.
  float spike(Eigen::Index unit, double before, double position, double after) const {
    const Unit& u = units_[static_cast<std::size_t>(unit)];
    return interval(u, position - before) + interval(u, after - position) - interval(u, after - before);
  }
  // Logarithm of the density of an interval between two spikes of a unit, the second not before the first.
  float interval(Eigen::Index unit, double length) const {
    return interval(units_[static_cast<std::size_t>(unit)], length);
  }
  // Not below any value of spike().
  float highest(Eigen::Index unit) const { return units_[static_cast<std::size_t>(unit)].highest; }

private:
  struct Unit {
    std::vector<float> log_density;  // by interval, in samples
    float longer = 0;                // than these
    float open = 0;                  // with one end outside the recording
    float highest = 0;
  };
  float interval(const Unit& unit, double length) const {
    if (length < 0) return impossible;
    if (length < static_cast<double>(unit.log_density.size()))
      return unit.log_density[static_cast<std::size_t>(length)];
    return length < std::numeric_limits<double>::infinity() ? unit.longer : unit.open;
  }
  Unit unit(double median, double spread, double price) const;

  double refractory_ = 0;
  std::vector<Unit> units_;
};

}  // namespace bmiss
