// Sources of a whitened recording: fixed-point iteration from a starting sample, then refinement on its own spikes.
// Many sources are under way at once, because one reading of the recording serves several.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "inversion/blind/extended_signal.h"
#include "inversion/blind/resampling.h"
#include "inversion/blind/spike_detection.h"
#include "inversion/blind/train_statistics.h"
#include "inversion/blind/whitening.h"

namespace bmiss {

// The measure of non-Gaussianity G whose expectation a source maximises.
enum class Contrast { skewness, logcosh, kurtosis };
Contrast contrast_named(const std::string& name);  // throws InputError listing the known ones

struct Source {
  Eigen::VectorXf direction;  // unit vector in whitened space
  DetectedSpikes spikes;      // at the rate of the recording
  TrainStatistics statistics;
  // Which of two trains of one unit is the better one: regular intervals and spikes apart from the rest. The variation
  // of the intervals alone (Negro et al. 2016) prefers a worse separated train for a difference in its third digit.
  double quality() const { return spikes.silhouette - statistics.isi_cov; }
};

// Orthonormal directions in whitened space [directions x n] and the energy each holds [n].
struct WeightedDirections {
  Eigen::MatrixXf directions;
  Eigen::VectorXf energy;
};

struct SearchSettings {
  Contrast contrast = Contrast::skewness;
  int fixed_point_steps = 100;
  double convergence = 1e-4;  // |1 − |wᵀ w_before||
  double rate = 0;            // of the recording [Hz]
  Eigen::Index samples = 0;   // of the recording
  double pause = 0.25;        // longest interval inside a contraction [s]
  Eigen::Index distance = 0;  // between spikes, samples of the recording
  int fewest_spikes = 20;     // below, there is nothing to refine on
  // Largest samples of a source that count no more than the next one. Without it a few samples (an artefact, the
  // starting sample itself) can outweigh a unit in a cubic contrast, and most searches end on them.
  Eigen::Index outliers = 80;
  int threads = 1;
};

// A source with its spikes, pointing upwards. output: of its direction, at the reduced rate.
Source describe_source(Eigen::VectorXf direction, Eigen::VectorXf output, const Resampling& resampling,
                       const SearchSettings& settings);

class SourceSearch {
public:
  // signal: the recording at the reduced rate.
  SourceSearch(const ExtendedSignal& signal, const Whitening& whitening, const Resampling& resampling,
               SearchSettings settings)
      : signal_(signal), whitening_(whitening), resampling_(resampling), settings_(settings) {}

  // Begins a search from a direction.
  void start(const Eigen::VectorXf& direction);
  std::size_t under_way() const { return searches_.size(); }
  // Takes all searches one step further: Hyvärinen's iteration w ← E[z g(wᵀz)] − E[g′(wᵀz)] w, orthogonal to the
  // columns of `avoided` and with the outliers of wᵀz limited, until w stays; then w ← mean of z at the spikes while
  // the train gets better (Negro et al. 2016, but see quality()). Returns the sources that are ready, in the order of
  // their start. Of searches that reached the same direction the first goes on.
  std::vector<Source> advance(const Eigen::MatrixXf& avoided);
  long fixed_point_steps() const { return steps_; }
  int merged() const { return merged_; }  // searches that met another one

  // Filters that would find the same unit up to `reach` reduced samples earlier or later are sources of their own in an
  // extended recording, nearly orthogonal to the first: the directions that hold 95 % of them.
  WeightedDirections delayed_copies(const Source& source, Eigen::Index reach) const;

private:
  struct Search {
    Eigen::VectorXf direction;
    int steps = 0, refinements = 0;
    bool converged = false, ready = false;
    float slope = 0;
    Source best;
  };
  // What the next direction of a search is the mean of z with, from the output of its present one [n_samples].
  Eigen::VectorXf weights(Search& search, Eigen::VectorXf output) const;
  void merge_equal_searches();

  const ExtendedSignal& signal_;
  const Whitening& whitening_;
  const Resampling& resampling_;
  SearchSettings settings_;
  std::vector<Search> searches_;
  long steps_ = 0;
  int merged_ = 0;
};

}  // namespace bmiss
