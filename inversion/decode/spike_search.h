// Spikes of all units at once as they are: there or not. Local search and annealing on the exact objective.
#pragma once

#include <Eigen/Core>
#include <random>
#include <vector>

#include "inversion/decode/correlations.h"
#include "inversion/decode/firing_prior.h"

namespace bmiss {

struct AnnealingOptions {
  int sweeps = 30;
  double hottest = 30, coldest = 2;  // [nats], geometric from one to the other
};

// Holds trains, and b − Gx for them, so that the price of any change is read off in one place:
// E(x) = ½ xᵀGx − bᵀx − log p(x), the negative logarithm of the posterior of x but for a constant.
class SpikeSearch {
public:
  SpikeSearch(const TemplateCorrelations& correlations, FiringPrior prior);

  // Replaces all spikes; those that the prior forbids are left out.
  void set_trains(const std::vector<SpikePositions>& trains);
  // Starts from relaxed spikes: maxima of x smoothed over three samples that reach `least`.
  void round(const Eigen::MatrixXf& relaxed, float least);
  // Another belief about the same trains.
  void set_prior(FiringPrior prior);

  // Replaces each spike by the best set that greedy choice finds in its place, and adds what lowers E, until a whole
  // sweep changes nothing (or `most_sweeps`). Returns the number of changes.
  long improve(int most_sweeps);
  // Spikes that may be added, or take the place of one that is there, for at most `margin` more E. By unit, ascending,
  // not nearer than half a sample to another or to a spike.
  std::vector<SpikePositions> alternatives(float margin);
  // Replaces pairs of neighbouring spikes by the best sets that greedy choice finds in their place, from each of
  // several first choices. Returns the number of changes.
  long exchange_pairs();
  // Heat-bath sampling at falling temperatures T: in each sweep each spike is taken away and what stands in its place
  // (a spike of any unit near it, or none) is drawn with odds exp(−E / T). Crosses the barriers between configurations
  // in which small units stand for each other.
  void anneal(const AnnealingOptions& options, unsigned seed);

  const std::vector<SpikePositions>& trains() const { return trains_; }
  double energy() const { return energy_; }  // E, 0 for no spikes
  // b − Gx [n_units x n_samples]: matched filters on the residual.
  const Eigen::MatrixXf& residual() const { return residual_; }

private:
  struct Spike {
    Eigen::Index unit;
    double position;
  };
  struct Candidate {
    Eigen::Index unit = -1;
    double position = 0;
    float gain = 0;  // −ΔE
  };
  // Matched outputs of all units around one place: columns are samples from `first` on.
  struct Neighbourhood {
    Eigen::MatrixXf values;
    Eigen::Index first = 0;
  };
  // The polynomial of degree 4 through five values, by its derivatives at the middle one.
  struct Local {
    float value, slope, bend, third, fourth;
    float at(float x) const { return value + x * (slope + x * (bend / 2 + x * (third / 6 + x * fourth / 24))); }
  };

  void flip(Eigen::Index unit, double position, float sign);  // the residual only
  void insert(Eigen::Index unit, double position);            // the train only
  void erase(Eigen::Index unit, double position);             // the train only
  float prior(Eigen::Index unit, double position) const;      // of adding it
  void look(Eigen::Index middle);                             // fills around_ from the residual
  void look_without(Eigen::Index unit, double position);      // as it is without a spike of the train
  static Local local(const Eigen::MatrixXf& values, Eigen::Index unit, Eigen::Index column);
  Candidate peak(Eigen::Index unit, Eigen::Index column) const;  // of around_, between samples
  float gain(Eigen::Index unit, double position) const;          // of adding it, from around_
  void list_options(float margin);                               // what may be added around there, into options_
  Candidate drawn(float temperature);                            // one of options_ or none
  bool replace(Eigen::Index unit, double position, float temperature);
  void add_to_view(Eigen::Index unit, double position, float sign);  // its effect on around_
  bool exchange(const Spike& a, const Spike& b);
  bool fill(Eigen::Index middle, float temperature);
  long sweep(float temperature, bool all);

  const TemplateCorrelations& correlations_;
  FiringPrior prior_;
  Eigen::VectorXf threshold_;  // that a matched output must reach at least, for a spike to be worth its price
  std::vector<SpikePositions> trains_;
  Eigen::MatrixXf residual_;
  double energy_ = 0;
  Neighbourhood around_;
  std::vector<int> maxima_;
  std::vector<Candidate> options_;
  std::mt19937 random_;
};

}  // namespace bmiss
