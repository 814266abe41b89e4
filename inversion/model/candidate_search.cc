#include "inversion/model/candidate_search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "inversion/blind/extended_signal.h"
#include "inversion/blind/spike_detection.h"
#include "inversion/blind/train_statistics.h"

namespace bmiss {
namespace {

constexpr Eigen::Index outliers = 80;  // largest samples of an output that count no more than the next one
constexpr std::size_t batch = 16;      // waveforms whose outputs are computed together
constexpr double common_share = 0.3;   // of spikes, from which two trains are one unit

// Of unit power, its largest samples limited: a cubic contrast would be made by a few of them.
Eigen::VectorXf limited(Eigen::VectorXf s) {
  if (s.size() > outliers) {
    Eigen::VectorXf sizes = s.cwiseAbs();
    std::nth_element(sizes.data(), sizes.data() + outliers, sizes.data() + sizes.size(), std::greater<float>());
    s = s.cwiseMin(sizes[outliers]).cwiseMax(-sizes[outliers]);
  }
  const float power = s.squaredNorm() / static_cast<float>(s.size());
  if (power > 0) s /= std::sqrt(power);
  return s;
}

}  // namespace

// Whitened for outputs, as it is for averages; the "extension" of each is the length of a filter.
struct CandidateSearch::Signals {
  ExtendedSignal white, plain;
};

CandidateSearch::CandidateSearch(const Eigen::MatrixXf& residual, const NoiseWhitener& whitener,
                                 const TemplateSpan& span, const TemplateWindow& window, double rate,
                                 const CandidateOptions& options, int threads)
    : signals_(new Signals{
          ExtendedSignal(whitener.whiten(residual), static_cast<int>(window.lags + 2 * whitener.room()), threads),
          ExtendedSignal(residual, static_cast<int>(window.lags), threads)}),
      whitener_(whitener),
      span_(span),
      window_(window),
      rate_(rate),
      options_(options) {}

CandidateSearch::~CandidateSearch() = default;

Eigen::MatrixXf CandidateSearch::outputs(const Waveforms& waveforms) const {
  const Eigen::Index n = signals_->white.samples();
  Eigen::MatrixXf filters(signals_->white.dimension(), static_cast<Eigen::Index>(waveforms.size()));
  for (std::size_t i = 0; i < waveforms.size(); ++i) {
    // Correlation as a filter over delays: reversed in time, its result moved back.
    const Eigen::MatrixXf reversed = whitener_.whiten_waveform(waveforms[i]).rowwise().reverse().transpose();
    filters.col(static_cast<Eigen::Index>(i)) = reversed.reshaped();
  }
  const Eigen::MatrixXf delayed = signals_->white.apply(filters);
  const Eigen::Index shift = signals_->white.extension() - 1 - whitener_.room() - window_.before;
  Eigen::MatrixXf result = Eigen::MatrixXf::Zero(n, delayed.cols());
  result.topRows(n - shift) = delayed.bottomRows(n - shift);
  return result;
}

CandidateSearch::Waveforms CandidateSearch::weighted_averages(const Eigen::MatrixXf& weights) const {
  const Eigen::Index shift = window_.lags - 1 - window_.before, n = weights.rows();
  Eigen::MatrixXf moved = Eigen::MatrixXf::Zero(n, weights.cols());
  moved.bottomRows(n - shift) = weights.topRows(n - shift);
  const Eigen::MatrixXf sums = signals_->plain.correlate(moved);
  Waveforms result;
  for (Eigen::Index i = 0; i < sums.cols(); ++i) {
    const Eigen::MatrixXf forwards =
        sums.col(i).reshaped(window_.lags, signals_->plain.channels()).transpose().rowwise().reverse();
    result.push_back(span_.nearby(forwards));
  }
  return result;
}

std::vector<Eigen::Index> CandidateSearch::best_atoms(unsigned seed) const {
  std::mt19937 random(seed);
  std::vector<Eigen::Index> order(static_cast<std::size_t>(span_.n_atoms()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Eigen::Index>(i);
  std::shuffle(order.begin(), order.end(), random);
  order.resize(std::min(order.size(), static_cast<std::size_t>(options_.scanned)));
  std::vector<std::pair<float, Eigen::Index>> contrasts;
  for (std::size_t first = 0; first < order.size(); first += batch) {
    Waveforms waveforms;
    const std::size_t last = std::min(order.size(), first + batch);
    for (std::size_t i = first; i < last; ++i) waveforms.push_back(span_.atom(order[i]));
    const Eigen::MatrixXf s = outputs(waveforms);
    for (std::size_t i = first; i < last; ++i)
      contrasts.emplace_back(-std::abs(limited(s.col(static_cast<Eigen::Index>(i - first))).array().cube().mean()),
                             order[i]);
  }
  std::sort(contrasts.begin(), contrasts.end());
  order.clear();
  for (const auto& [contrast, atom] : contrasts) order.push_back(atom);
  order.resize(std::min(order.size(), static_cast<std::size_t>(options_.climbed)));
  return order;
}

void CandidateSearch::climb(Waveforms& waveforms) const {
  for (int step = 0; step < options_.steps; ++step) {
    Eigen::MatrixXf weights = outputs(waveforms);
    for (Eigen::Index i = 0; i < weights.cols(); ++i) {
      const Eigen::VectorXf squares = limited(weights.col(i)).array().square();
      weights.col(i) = squares.array() - squares.mean();
    }
    Waveforms next = weighted_averages(weights);
    float largest_change = 0;
    for (std::size_t i = 0; i < next.size(); ++i) {
      next[i] /= std::max(next[i].norm(), 1e-30F);
      largest_change = std::max(largest_change, 1 - next[i].cwiseProduct(waveforms[i]).sum());
    }
    waveforms = std::move(next);
    if (largest_change < 1e-3F) break;
  }
}

std::vector<Candidate> CandidateSearch::spikes_of(Waveforms waveforms) const {
  const auto distance = std::max<Eigen::Index>(1, std::lround(options_.refractory * rate_));
  const int most_rounds = 6;
  std::vector<Candidate> best(waveforms.size());
  std::vector<double> quality(waveforms.size(), -1);
  std::vector<std::size_t> open(waveforms.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  for (int round = 0; round < most_rounds && !open.empty(); ++round) {
    Waveforms tried;
    for (const std::size_t i : open) tried.push_back(waveforms[i]);
    const Eigen::MatrixXf s = outputs(tried);
    std::vector<std::size_t> better;
    for (std::size_t k = 0; k < open.size(); ++k) {
      const DetectedSpikes detected = detect_spikes(s.col(static_cast<Eigen::Index>(k)), distance);
      const TrainStatistics statistics = train_statistics(detected.samples, rate_, options_.pause);
      const double now = detected.silhouette - statistics.isi_cov;
      if (!(now > quality[open[k]]) || static_cast<int>(detected.samples.size()) < options_.fewest_spikes) continue;
      quality[open[k]] = now;
      best[open[k]] = {detected.samples, detected.silhouette, statistics.isi_cov};
      better.push_back(open[k]);
    }
    open = better;
    if (open.empty()) break;
    Eigen::MatrixXf weights = Eigen::MatrixXf::Zero(s.rows(), static_cast<Eigen::Index>(open.size()));
    for (std::size_t k = 0; k < open.size(); ++k)
      for (const auto t : best[open[k]].spikes) weights(t, static_cast<Eigen::Index>(k)) = 1;
    Waveforms next = weighted_averages(weights);
    for (std::size_t k = 0; k < open.size(); ++k) waveforms[open[k]] = std::move(next[k]);
  }
  return best;
}

std::vector<Candidate> CandidateSearch::search(const std::vector<SpikePositions>& known, unsigned seed) const {
  const std::vector<Eigen::Index> starts = best_atoms(seed);
  std::vector<std::vector<Eigen::Index>> trains;
  for (const auto& train : known) trains.push_back(nearest_samples(train));
  std::vector<Candidate> found;
  for (std::size_t first = 0; first < starts.size(); first += batch) {
    Waveforms waveforms;
    for (std::size_t i = first; i < std::min(starts.size(), first + batch); ++i)
      waveforms.push_back(span_.atom(starts[i]));
    climb(waveforms);
    for (Candidate& candidate : spikes_of(std::move(waveforms))) {
      if (candidate.silhouette < options_.silhouette || candidate.isi_cov > options_.isi_cov) continue;
      const bool again = std::any_of(trains.begin(), trains.end(), [&](const auto& train) {
        return common_spikes(candidate.spikes, train, rate_).share > common_share;
      });
      if (again) continue;
      trains.push_back(candidate.spikes);
      found.push_back(std::move(candidate));
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return a.silhouette - a.isi_cov > b.silhouette - b.isi_cov;
  });
  return found;
}

}  // namespace bmiss
