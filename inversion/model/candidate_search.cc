#include "inversion/model/candidate_search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "inversion/blind/spike_detection.h"
#include "inversion/blind/train_statistics.h"
#include "inversion/decode/correlations.h"
#include "inversion/refine/single_product.h"

namespace bmiss {
namespace {

constexpr Eigen::Index outliers = 80;  // largest samples of an output that count no more than the next one
constexpr std::size_t batch = 32;      // waveforms whose outputs are computed together
constexpr Eigen::Index block = 1024;   // samples
constexpr double common_share = 0.3;   // of spikes, from which two trains are one unit

// Of unit power, its largest samples limited: a cubic contrast would be made by a few of them.
Eigen::VectorXf limited(Eigen::VectorXf s) {
  if (s.size() > outliers) {
    // They are looked for among the large ones, which are few.
    const float large = 2 * std::sqrt(s.squaredNorm() / static_cast<float>(s.size()));
    std::vector<float> sizes;
    for (const float x : s)
      if (std::abs(x) > large) sizes.push_back(std::abs(x));
    if (static_cast<Eigen::Index>(sizes.size()) <= outliers) {
      sizes.clear();
      for (const float x : s) sizes.push_back(std::abs(x));
    }
    std::nth_element(sizes.begin(), sizes.begin() + outliers, sizes.end(), std::greater<float>());
    const float limit = sizes[outliers];
    s = s.cwiseMin(limit).cwiseMax(-limit);
  }
  const float power = s.squaredNorm() / static_cast<float>(s.size());
  if (power > 0) s /= std::sqrt(power);
  return s;
}

std::vector<Eigen::Index> batch_of(const std::vector<Eigen::Index>& all, std::size_t first) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(std::min(batch, all.size() - first))};
}

}  // namespace

CandidateSearch::CandidateSearch(const Eigen::MatrixXf& residual, const NoiseWhitener& whitener,
                                 const TemplateSpan& span, const TemplateWindow& window, double rate,
                                 const CandidateOptions& options)
    : span_(span), rate_(rate), options_(options) {
  const Templates directions{window, span.directions()};
  seen_ = matched_outputs(residual, directions).transpose();
  // The whitening filter has no phase: twice, it is S⁻¹.
  filtered_ = matched_outputs(whitener.whiten(whitener.whiten(residual)), directions);
  // The filter sees the ends of the recording as steps, whose traces are larger than any spike.
  const Eigen::Index trace = 2 * whitener.room();
  filtered_.leftCols(std::min(window.before + trace, filtered_.cols())).setZero();
  filtered_.rightCols(std::min(window.lags - window.before + trace, filtered_.cols())).setZero();
}

Eigen::MatrixXf CandidateSearch::outputs(const Eigen::MatrixXf& waveforms) const {
  const Eigen::MatrixXf rows = waveforms.transpose();
  Eigen::MatrixXf result(filtered_.cols(), waveforms.cols()), part;
  for (Eigen::Index first = 0; first < result.rows(); first += block) {
    const Eigen::Index n = std::min(block, result.rows() - first);
    part.resize(rows.rows(), n);
    multiply(rows, filtered_.middleCols(first, n), part);
    result.middleRows(first, n) = part.transpose();
  }
  return result;
}

Eigen::MatrixXf CandidateSearch::weighted_averages(const Eigen::MatrixXf& weights) const {
  Eigen::MatrixXf sums = Eigen::MatrixXf::Zero(weights.cols(), seen_.cols()), part = sums;
  for (Eigen::Index first = 0; first < weights.rows(); first += block) {
    const Eigen::Index n = std::min(block, weights.rows() - first);
    multiply(weights.middleRows(first, n).transpose(), seen_.middleRows(first, n), part);
    sums += part;
  }
  return sums.transpose();
}

std::vector<Eigen::Index> CandidateSearch::best_atoms(unsigned seed) const {
  std::mt19937 random(seed);
  std::vector<Eigen::Index> order(static_cast<std::size_t>(span_.n_atoms()));
  std::iota(order.begin(), order.end(), Eigen::Index(0));
  std::shuffle(order.begin(), order.end(), random);
  order.resize(std::min(order.size(), static_cast<std::size_t>(options_.scanned)));
  std::vector<std::pair<float, Eigen::Index>> contrasts;
  for (std::size_t first = 0; first < order.size(); first += batch) {
    const std::vector<Eigen::Index> some = batch_of(order, first);
    const Eigen::MatrixXf s = outputs(span_.atom_coordinates()(Eigen::all, some));
    for (std::size_t i = 0; i < some.size(); ++i)
      contrasts.emplace_back(-std::abs(limited(s.col(static_cast<Eigen::Index>(i))).array().cube().mean()), some[i]);
  }
  std::sort(contrasts.begin(), contrasts.end());
  order.clear();
  for (const auto& [contrast, atom] : contrasts) order.push_back(atom);
  order.resize(std::min(order.size(), static_cast<std::size_t>(options_.climbed)));
  return order;
}

void CandidateSearch::climb(Eigen::MatrixXf& waveforms) const {
  for (int step = 0; step < options_.steps; ++step) {
    Eigen::MatrixXf weights = outputs(waveforms);
    for (Eigen::Index i = 0; i < weights.cols(); ++i) {
      const Eigen::VectorXf squares = limited(weights.col(i)).array().square();
      weights.col(i) = squares.array() - squares.mean();
    }
    Eigen::MatrixXf next = weighted_averages(weights);
    for (Eigen::Index i = 0; i < next.cols(); ++i) next.col(i) = span_.nearby(next.col(i));
    next.array().rowwise() /= next.colwise().norm().array().max(1e-30F);
    const float largest_change = 1 - next.cwiseProduct(waveforms).colwise().sum().minCoeff();
    waveforms = std::move(next);
    if (largest_change < 1e-3F) break;
  }
}

Eigen::VectorXf CandidateSearch::average(const std::vector<Eigen::Index>& spikes) const {
  Eigen::VectorXf sum = Eigen::VectorXf::Zero(seen_.cols());
  for (const Eigen::Index t : spikes) sum += seen_.row(t).transpose();
  return span_.nearby(sum / static_cast<float>(spikes.size()));
}

std::vector<Candidate> CandidateSearch::spikes_of(Eigen::MatrixXf waveforms) const {
  const auto distance = std::max<Eigen::Index>(1, std::lround(options_.refractory * rate_));
  const int most_rounds = 6;
  const auto n = static_cast<std::size_t>(waveforms.cols());
  std::vector<Candidate> best(n);
  std::vector<double> quality(n, -1);
  std::vector<std::size_t> open(n);
  std::iota(open.begin(), open.end(), 0U);
  for (int round = 0; round < most_rounds && !open.empty(); ++round) {
    const Eigen::MatrixXf s = outputs(waveforms(Eigen::all, open));
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
    for (const std::size_t i : open) waveforms.col(static_cast<Eigen::Index>(i)) = average(best[i].spikes);
  }
  return best;
}

std::vector<Candidate> CandidateSearch::search(const std::vector<SpikePositions>& known, unsigned seed) const {
  const std::vector<Eigen::Index> starts = best_atoms(seed);
  std::vector<std::vector<Eigen::Index>> trains;
  for (const auto& train : known) trains.push_back(nearest_samples(train));
  std::vector<Candidate> found;
  for (std::size_t first = 0; first < starts.size(); first += batch) {
    Eigen::MatrixXf waveforms = span_.atom_coordinates()(Eigen::all, batch_of(starts, first));
    waveforms.colwise().normalize();
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
