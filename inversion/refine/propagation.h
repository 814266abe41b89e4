// The waves of a motor unit along its fibres, from one innervation zone, as weights of the field's curvature.
#pragma once

#include <Eigen/Core>

#include "inversion/refine/unit_parameters.h"
#include "physiology/potential_table.h"

namespace bmiss {

// Places along fibres: (first + i) * step, i = 0 … size - 1, from the section at mid-grid [m].
struct FibreGrid {
  double step = 1e-3;
  Eigen::Index first = 0, size = 0;
  double place(Eigen::Index i) const { return step * static_cast<double>(first + i); }
};

// Parameters that the waves depend on, in the order of their blocks of derivatives, which is that of UnitParameter; the
// block after them is the waves themselves, the derivative by the log size.
inline constexpr std::array<UnitParameter, 6> wave_parameters{innervation_zone, proximal_length,  distal_length,
                                                              velocity,         junction_scatter, delay};

// An action potential V(z) leaves the junction both ways at velocity v; the potential of a fibre is the integral over
// its length of V(v t - |s - junction|) phi''(s) times its strength sigma_in pi a^2, phi the lead field along it. For
// a unit whose junctions scatter by a Gaussian around the zone and whose velocities scatter likewise, the mean of V is
// V smoothed along the fibre by a Gaussian of variance scatter^2 + (velocity_scatter t)^2, exact up to what the scatter
// of velocities does at places that lie closer to the zone than junctions scatter. Fibres end softly, over `end_width`
// [m], at the half-lengths.
class Propagation {
public:
  Propagation(const ActionPotential& action_potential, const FibreGrid& grid, Eigen::VectorXd times,
              double velocity_scatter, double end_width);

  // [grid.size x n_times], V m: the unit's potential is its curvature on the grid [.. x grid.size] times this.
  Eigen::MatrixXf waves(const UnitVector& unit) const;
  // Side by side their derivatives by the wave_parameters and, last, the waves [grid.size x n_times (6 + 1)].
  Eigen::MatrixXf derivatives_and_waves(const UnitVector& unit) const;

  // Scatter of junctions below this is not resolved on the grid [m].
  double least_scatter() const { return grid_.step; }

private:
  enum class Wanted { value, derivatives };
  Eigen::MatrixXf evaluate(const UnitVector& unit, Wanted wanted) const;
  // Moments of V(front - |u|) against the piecewise linear hats of the grid at u = 0, h, 2 h, … and their derivatives
  // by the front, for nodes first … last that are not zero.
  struct Moments;
  void moments(double front, Moments& result) const;

  const ActionPotential& action_potential_;
  PotentialTable table_;
  FibreGrid grid_;
  Eigen::VectorXd times_;
  double velocity_scatter_, end_width_;
};

// Rises from 0 to 1 over -1/2 < x < 1/2 twice differentiable, with variance 1/28 of its slope; fibres that end evenly
// over a length L are matched by a width of 1.53 L.
struct SoftEnd {
  double value, slope;
};
SoftEnd soft_end(double x);
inline constexpr double soft_end_width = 1.5275252316519468;  // sqrt(28 / 12)

}  // namespace bmiss
