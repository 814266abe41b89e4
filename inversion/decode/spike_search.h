// Spikes of all units at once as they are: there or not. Local search on the exact objective.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/correlations.h"

namespace bmiss {

// Holds trains, and b − Gx for them, so that the price of any change is read off in one place:
// E(x) = ½ xᵀGx − bᵀx + Σ_j price_j n_j, the negative logarithm of the posterior of x but for a constant.
class SpikeSearch {
public:
  // price [n_units]: log odds of no spike at a sample. refractory: least distance of two spikes of a unit [samples].
  SpikeSearch(const TemplateCorrelations& correlations, Eigen::VectorXf price, double refractory);

  // Replaces all spikes.
  void set_trains(const std::vector<SpikePositions>& trains);
  // Starts from relaxed spikes: maxima of x smoothed over three samples that reach `least`.
  void round(const Eigen::MatrixXf& relaxed, float least);
  // Adds what lowers E, and replaces each spike by the best set that greedy choice finds in its place, until a whole
  // pass changes nothing (or `most_passes`). Returns the number of changes.
  long improve(int most_passes);

  const std::vector<SpikePositions>& trains() const { return trains_; }
  double energy() const { return energy_; }  // E, 0 for no spikes
  // b − Gx [n_units x n_samples]: matched filters on the residual.
  const Eigen::MatrixXf& residual() const { return residual_; }

private:
  struct Candidate {
    Eigen::Index unit = -1;
    double position = 0;
    float gain = 0;  // −ΔE
  };
  void flip(Eigen::Index unit, double position, float sign);  // the residual only
  void add(const Candidate& c);
  void remove(Eigen::Index unit, double position);
  bool allowed(Eigen::Index unit, double position) const;
  float threshold(Eigen::Index unit) const { return 0.5F * correlations_.energy()[unit] + price_[unit]; }
  // Value and derivatives of a matched output at a sample.
  struct Local {
    float value, slope, bend, third, fourth;
    float at(float x) const { return value + x * (slope + x * (bend / 2 + x * (third / 6 + x * fourth / 24))); }
  };
  Local local(Eigen::Index unit, Eigen::Index sample) const;
  float gain(Eigen::Index unit, double position) const;          // of adding a spike there
  Candidate peak(Eigen::Index unit, Eigen::Index sample) const;  // between samples, around a sample
  Candidate best_between(Eigen::Index first, Eigen::Index last) const;
  long add_all();
  long replace_each();

  const TemplateCorrelations& correlations_;
  Eigen::VectorXf price_;
  double refractory_;
  std::vector<SpikePositions> trains_;
  Eigen::MatrixXf residual_;
  double energy_ = 0;
};

}  // namespace bmiss
