// Spikes of all units at once as they are: there or not. Local search on the exact objective.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/correlations.h"
#include "inversion/decode/firing_prior.h"
#include "inversion/decode/matched_view.h"

namespace bmiss {

// Holds trains, and b − Gx for them, so that the price of any change is read off in one place:
// E(x) = ½ xᵀGx − bᵀx − log p(x), the negative logarithm of the posterior of x but for a constant.
class SpikeSearch {
public:
  // Templates have more than 52 lags.
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
  // Takes all spikes of a few milliseconds away and builds them anew by beam search, all along the recording: where
  // spikes of several units coincide, each is right only together with the others. Places where that changed nothing
  // and close to which nothing has changed since are passed over. Returns the number of changes.
  long rebuild_clusters();
  // Where two units with similar templates have followed each other's trains for a while, since their spikes once came
  // close, exchanges whole runs of their spikes. No single spike can go back: both trains are regular as they are.
  // Returns the number of pairs changed.
  long exchange_runs();

  const std::vector<SpikePositions>& trains() const { return trains_; }
  double energy() const { return energy_; }  // E, 0 for no spikes
  // b − Gx [n_units x n_samples]: matched filters on the residual.
  const Eigen::MatrixXf& residual() const { return residual_; }
  // What its kernels read and wrote so far, at least: the views' (see there), and of a spike on the residual two phases
  // of its effect, the residual read and written.
  double bytes() const { return view_.bytes() + residual_bytes_; }

private:
  struct Spike {
    Eigen::Index unit = -1;  // none
    double position = 0;
    float gain = 0;  // −ΔE of adding it
  };
  void insert(const Spike& spike);                // the train only
  void erase(const Spike& spike);                 // the train only
  void subtract(const Spike& spike, float sign);  // from the residual only
  void add(const Spike& spike);                   // and its effect on the residual; E is the caller's
  void remove(const Spike& spike);
  float gain(Eigen::Index unit, double position, float matched) const;
  const std::vector<Spike>& options() { return options(view_); }
  const std::vector<Spike>& options(MatchedView& view);  // what lowers E
  Spike best_option();
  long add_missing();
  bool replace(const Spike& spike);
  struct Partial {  // of a cluster's spikes, with the view that they leave
    MatchedView view;
    std::vector<Spike> spikes;
    float gain = 0;  // of all
  };
  std::vector<Spike> spikes_near(double middle) const;
  // One of the same unit, nearer than `distance` [samples].
  static bool has(const std::vector<Spike>& spikes, const Spike& wanted, double distance);
  std::vector<Partial> beam_search(const Partial& nothing, std::size_t most_spikes);
  void refine(Partial& partial);
  bool rebuild(double middle);
  void unsettle(double position);
  void insert(const std::vector<Spike>& spikes);
  void erase(const std::vector<Spike>& spikes);
  struct LikePair {
    Eigen::Index first, second;
    double delay = 0;  // of the second's spike that is most like one of the first [samples]
  };
  struct Exchange {
    bool is_first;               // a spike of the first unit
    double position, elsewhere;  // and where the other's would be
    float gain;                  // of log likelihood, as the other's
    bool wanted = false;
  };
  std::vector<LikePair> like_pairs() const;
  std::vector<Exchange> exchanges_of(const LikePair& pair);
  bool best_exchange(const LikePair& pair, std::vector<Exchange>& events) const;
  bool exchange(const LikePair& pair);
  void take(const Spike& spike);  // remove() and add() that keep E
  void give(const Spike& spike);
  std::vector<Spike> in_order() const;
  bool is_present(const Spike& spike) const;

  const TemplateCorrelations& correlations_;
  FiringPrior prior_;
  Eigen::VectorXf threshold_;  // that a matched output must reach at least, for a spike to be worth its price
  std::vector<SpikePositions> trains_;
  Eigen::MatrixXf residual_;
  double energy_ = 0;
  std::vector<char> settled_;  // clusters
  MatchedView view_;
  double residual_bytes_ = 0;
  std::vector<MatchedView::Maximum> maxima_;
  std::vector<Spike> options_;
};

}  // namespace bmiss
