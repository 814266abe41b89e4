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
constexpr double common_share = 0.3;   // of spikes, from which two trains are one unit
constexpr double tolerance = 1e-3, largest_shift = 30e-3;  // of a common spike, of a train against another [s]

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

std::vector<Eigen::Index> samples_of(const SpikePositions& train) {
  std::vector<Eigen::Index> samples;
  for (const double position : train) samples.push_back(std::lround(position));
  return samples;
}

}  // namespace

// Whitened for outputs, as it is for averages; the "extension" of each is the length of a filter.
struct CandidateSearch::Signals {
  ExtendedSignal white, plain;
};

CandidateSearch::CandidateSearch(const Eigen::MatrixXf& residual, const NoiseWhitener& whitener,
                                 const TemplateSpan& span, const TemplateWindow& window, double rate,
                                 const CandidateOptions& options)
    : signals_(new Signals{
          ExtendedSignal(whitener.whiten(residual), static_cast<int>(window.lags + 2 * whitener.reach() / 2)),
          ExtendedSignal(residual, static_cast<int>(window.lags))}),
      whitener_(whitener),
      span_(span),
      window_(window),
      rate_(rate),
      options_(options) {}

CandidateSearch::~CandidateSearch() = default;

Eigen::VectorXf CandidateSearch::output(const Eigen::MatrixXf& waveform) const {
  const Eigen::Index length = signals_->white.extension(), room = (length - window_.lags) / 2;
  Eigen::MatrixXf padded = Eigen::MatrixXf::Zero(waveform.rows(), length);
  padded.middleCols(room, window_.lags) = waveform;
  const Eigen::MatrixXf white = whitener_.whiten(padded);
  // Correlation as a filter over delays: reversed in time, its result moved back.
  const Eigen::MatrixXf filter = white.rowwise().reverse().transpose();  // [length x n_combinations]
  const Eigen::VectorXf s = signals_->white.apply(filter.reshaped());
  const Eigen::Index shift = length - 1 - room - window_.before;
  Eigen::VectorXf result = Eigen::VectorXf::Zero(s.size());
  result.head(s.size() - shift) = s.tail(s.size() - shift);
  return result;
}

Eigen::MatrixXf CandidateSearch::weighted_average(const Eigen::VectorXf& weights) const {
  const Eigen::Index shift = window_.lags - 1 - window_.before, n = weights.size();
  Eigen::VectorXf moved = Eigen::VectorXf::Zero(n);
  moved.tail(n - shift) = weights.head(n - shift);
  const Eigen::VectorXf sums = signals_->plain.correlate(moved);
  return sums.reshaped(window_.lags, signals_->plain.channels()).transpose().rowwise().reverse();
}

Eigen::MatrixXf CandidateSearch::climb(Eigen::MatrixXf waveform) const {
  for (int step = 0; step < options_.steps; ++step) {
    Eigen::VectorXf weights = limited(output(waveform)).array().square();
    weights.array() -= weights.mean();
    Eigen::MatrixXf next = span_.project(weighted_average(weights));
    next /= next.norm();
    const float change = 1 - next.cwiseProduct(waveform).sum();
    waveform = std::move(next);
    if (change < 1e-3F) break;
  }
  return waveform;
}

Candidate CandidateSearch::spikes_of(Eigen::MatrixXf waveform) const {
  const auto distance = std::max<Eigen::Index>(1, std::lround(options_.refractory * rate_));
  const int most_rounds = 10;
  Candidate best;
  double quality = -1;
  for (int round = 0; round < most_rounds; ++round) {
    const Eigen::VectorXf s = output(waveform);
    const DetectedSpikes detected = detect_spikes(s, distance);
    const TrainStatistics statistics = train_statistics(detected.samples, rate_, options_.pause);
    const double now = detected.silhouette - statistics.isi_cov;
    if (!(now > quality) || static_cast<int>(detected.samples.size()) < options_.fewest_spikes) break;
    quality = now;
    best = {detected.samples, detected.silhouette, statistics.isi_cov};
    Eigen::VectorXf weights = Eigen::VectorXf::Zero(s.size());
    for (const auto t : detected.samples) weights[t] = 1;
    waveform = span_.project(weighted_average(weights));
  }
  return best;
}

std::vector<Candidate> CandidateSearch::search(const std::vector<SpikePositions>& known, unsigned seed) const {
  struct Start {
    Eigen::Index atom;
    float contrast;
  };
  std::mt19937 random(seed);
  std::vector<Eigen::Index> order(static_cast<std::size_t>(span_.n_atoms()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Eigen::Index>(i);
  std::shuffle(order.begin(), order.end(), random);
  order.resize(std::min(order.size(), static_cast<std::size_t>(options_.scanned)));
  std::vector<Start> starts;
  for (const Eigen::Index atom : order)
    starts.push_back({atom, std::abs(limited(output(span_.atom(atom))).array().cube().mean())});
  std::stable_sort(starts.begin(), starts.end(),
                   [](const Start& a, const Start& b) { return a.contrast > b.contrast; });
  starts.resize(std::min(starts.size(), static_cast<std::size_t>(options_.climbed)));

  std::vector<std::vector<Eigen::Index>> trains;
  for (const auto& train : known) trains.push_back(samples_of(train));
  const auto near = static_cast<Eigen::Index>(std::lround(tolerance * rate_));
  const auto far = static_cast<Eigen::Index>(std::lround(largest_shift * rate_));
  std::vector<Candidate> found;
  for (const Start& start : starts) {
    Candidate candidate = spikes_of(climb(span_.atom(start.atom)));
    if (candidate.silhouette < options_.silhouette || candidate.isi_cov > options_.isi_cov) continue;
    const bool again = std::any_of(trains.begin(), trains.end(), [&](const auto& train) {
      return common_spikes(candidate.spikes, train, near, far).share > common_share;
    });
    if (again) continue;
    trains.push_back(candidate.spikes);
    found.push_back(std::move(candidate));
  }
  std::stable_sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return a.silhouette - a.isi_cov > b.silhouette - b.isi_cov;
  });
  return found;
}

}  // namespace bmiss
