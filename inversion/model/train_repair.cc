#include "inversion/model/train_repair.h"

#include <Eigen/Cholesky>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "inversion/blind/train_statistics.h"
#include "inversion/decode/noise_whitener.h"
#include "inversion/model/train_split.h"

namespace bmiss {
namespace {

constexpr Eigen::Index n_starts = 3;  // of a split
constexpr float alike = 0.8F;         // templates of one unit, the best delay taken
constexpr Eigen::Index reach = 12;    // of that delay [samples]
constexpr double collisions = 0.05;   // of the spikes of two trains that are one unit, nearer than `nearest`
constexpr double nearest = 0.015;     // [s]

double local_variation(const SpikePositions& train, const RepairOptions& options) {
  return train_statistics(nearest_samples(train), options.rate, options.pause).local_variation;
}

// Orthonormal coordinates of waveforms in the span, in units of the noise.
class SpanCoordinates {
public:
  SpanCoordinates(const JointState& state, const TemplateSpan& span)
      : span_(span),
        whitener_(state.residual),
        window_({state.templates.window.before + whitener_.room(), state.templates.window.lags + 2 * whitener_.room()}),
        residual_(whitener_.whiten(state.residual)) {
    basis_.resize(residual_.rows() * window_.lags, span.dimension());
    for (Eigen::Index i = 0; i < span.dimension(); ++i)
      basis_.col(i) = whitener_.whiten_waveform(span.direction(i)).reshaped();
    factor_.compute(basis_.transpose() * basis_);
    BMISS_ASSERT(factor_.info() == Eigen::Success);
    atoms_ = factor_.matrixU() * span.atom_coordinates();
  }
  // Directions in which units that look like this waveform differ from it, and its own [dimension x n].
  Eigen::MatrixXf differences(const Eigen::VectorXf& waveform) const {
    Eigen::VectorXf likeness(atoms_.cols());
    for (Eigen::Index i = 0; i < atoms_.cols(); ++i) likeness[i] = waveform.dot(atoms_.col(i)) / atoms_.col(i).norm();
    const std::vector<Eigen::Index> similar = largest(likeness, span_.options().similar);
    const auto n = static_cast<Eigen::Index>(similar.size());
    Eigen::MatrixXf around(atoms_.rows(), n + 1);
    for (Eigen::Index k = 0; k < n; ++k) {
      const auto atom = atoms_.col(similar[static_cast<std::size_t>(k)]);
      around.col(k) = atom * (waveform.dot(atom) / atom.squaredNorm()) - waveform;
    }
    around.col(n) = waveform;
    const Eigen::BDCSVD<Eigen::MatrixXf> svd(around, Eigen::ComputeThinU);
    return svd.matrixU().leftCols(std::min<Eigen::Index>(span_.options().local, svd.matrixU().cols()));
  }
  // Of what each spike has of the residual and its own template [dimension x n_spikes].
  Eigen::MatrixXf spikes(const SpikePositions& train, const Eigen::MatrixXf& waveform) const {
    const Eigen::VectorXf own = whitener_.whiten_waveform(waveform).reshaped();
    Eigen::MatrixXf segments(basis_.rows(), static_cast<Eigen::Index>(train.size()));
    for (std::size_t k = 0; k < train.size(); ++k) {
      const Eigen::Index first = std::lround(train[k]) - window_.before;
      const Eigen::Index from = std::max<Eigen::Index>(first, 0), to = std::min(first + window_.lags, residual_.cols());
      Eigen::MatrixXf segment = Eigen::MatrixXf::Zero(residual_.rows(), window_.lags);
      if (to > from) segment.middleCols(from - first, to - from) = residual_.middleCols(from, to - from);
      segments.col(static_cast<Eigen::Index>(k)) = segment.reshaped() + own;
    }
    return factor_.matrixL().solve(basis_.transpose() * segments);
  }

private:
  const TemplateSpan& span_;
  NoiseWhitener whitener_;
  TemplateWindow window_;
  Eigen::MatrixXf residual_, basis_, atoms_;
  Eigen::LLT<Eigen::MatrixXf> factor_;
};

// The split whose larger part, which comes first, is most regular.
std::vector<SpikePositions> best_split(const SpikePositions& train, const Eigen::MatrixXf& points,
                                       const RepairOptions& options) {
  const Eigen::MatrixXf axes = principal_axes(points);
  std::vector<SpikePositions> best;
  double least = std::numeric_limits<double>::infinity();
  for (Eigen::Index i = 0; i < std::min(n_starts, axes.cols()); ++i) {
    auto [first, second] = split_train(train, points, axes.col(i), nearest * options.rate);
    if (second.size() > first.size()) std::swap(first, second);
    std::vector<SpikePositions> parts = {std::move(first), std::move(second)};
    const double variation = local_variation(parts[0], options);
    if (!best.empty() && !(variation < least)) continue;
    least = variation;
    best = std::move(parts);
  }
  return best;
}

struct Likeness {
  float value = 0;         // cosine
  Eigen::Index delay = 0;  // of the second against the first, where they are most alike [samples]
};

Likeness likeness(const Eigen::MatrixXf& first, const Eigen::MatrixXf& second) {
  Likeness best;
  const float norm = first.norm() * second.norm();
  if (!(norm > 0)) return best;
  const Eigen::Index lags = first.cols();
  for (Eigen::Index delay = -reach; delay <= reach; ++delay) {
    const Eigen::Index n = lags - std::abs(delay);
    const float value = first.middleCols(std::max<Eigen::Index>(-delay, 0), n)
                            .cwiseProduct(second.middleCols(std::max<Eigen::Index>(delay, 0), n))
                            .sum() /
                        norm;
    if (value > best.value) best = {value, delay};
  }
  return best;
}

// Of two trains as one; empty when too many of their spikes lie too near each other.
SpikePositions together(const SpikePositions& first, const SpikePositions& second, double delay,
                        const RepairOptions& options) {
  SpikePositions both = first;
  for (const double position : second) both.push_back(position + delay);
  std::sort(both.begin(), both.end());
  SpikePositions result;
  for (const double position : both)
    if (result.empty() || position - result.back() >= nearest * options.rate) result.push_back(position);
  const double lost = static_cast<double>(both.size() - result.size());
  return lost <= collisions * static_cast<double>(both.size()) ? result : SpikePositions();
}

class Repair {
public:
  Repair(const JointState& state, const RepairOptions& options)
      : options_(options), result_{state.trains, state.templates.waveforms, 0, 0, 0} {
    for (const auto& train : result_.trains) variation_.push_back(local_variation(train, options));
  }
  void join() {
    for (std::size_t i = 0; i < result_.trains.size(); ++i)
      for (std::size_t j = i + 1; j < result_.trains.size() && is_irregular(i); ++j)
        if (is_irregular(j) && join(i, j)) --j;
  }
  bool can_split() const {
    for (std::size_t j = 0; j < result_.trains.size(); ++j)
      if (can_split(j)) return true;
    return false;
  }
  void split(const SpanCoordinates& coordinates) {
    const std::size_t n = result_.trains.size();  // what is split off is left as it is
    for (std::size_t j = 0; j < n; ++j)
      if (can_split(j)) split(j, coordinates);
  }
  RepairedTrains result() { return std::move(result_); }

private:
  bool is_irregular(std::size_t j) const { return variation_[j] > options_.regular && result_.trains[j].size() > 1; }
  bool can_split(std::size_t j) const {
    return is_irregular(j) && static_cast<int>(result_.trains[j].size()) >= options_.fewest_spikes;
  }
  // Then there is one train less.
  bool join(std::size_t i, std::size_t j) {
    const Likeness like = likeness(result_.waveforms[i], result_.waveforms[j]);
    if (like.value < alike) return false;
    SpikePositions both = together(result_.trains[i], result_.trains[j], static_cast<double>(like.delay), options_);
    if (both.empty()) return false;
    const double variation = local_variation(both, options_);
    if (!(variation < options_.better * std::min(variation_[i], variation_[j]))) return false;
    result_.n_left_out += static_cast<int>(result_.trains[i].size() + result_.trains[j].size() - both.size());
    result_.trains[i] = std::move(both);
    variation_[i] = variation;
    const auto at = static_cast<std::ptrdiff_t>(j);
    result_.trains.erase(result_.trains.begin() + at);
    result_.waveforms.erase(result_.waveforms.begin() + at);
    variation_.erase(variation_.begin() + at);
    ++result_.n_joined;
    return true;
  }
  void split(std::size_t j, const SpanCoordinates& coordinates) {
    const Eigen::MatrixXf points = coordinates.spikes(result_.trains[j], result_.waveforms[j]);
    const Eigen::MatrixXf directions = coordinates.differences(points.rowwise().mean());
    std::vector<SpikePositions> parts = best_split(result_.trains[j], directions.transpose() * points, options_);
    if (!(local_variation(parts[0], options_) < options_.better * variation_[j])) return;
    result_.trains[j] = std::move(parts[0]);
    if (static_cast<int>(parts[1].size()) < options_.fewest_spikes) {
      result_.n_left_out += static_cast<int>(parts[1].size());
      return;
    }
    ++result_.n_split;
    result_.trains.push_back(std::move(parts[1]));
    result_.waveforms.push_back(result_.waveforms[j]);
  }

  RepairOptions options_;
  RepairedTrains result_;
  std::vector<double> variation_;
};

}  // namespace

RepairedTrains repair_trains(const JointState& state, const TemplateSpan& span, const RepairOptions& options) {
  Repair repair(state, options);
  repair.join();
  if (repair.can_split()) repair.split(SpanCoordinates(state, span));
  return repair.result();
}

}  // namespace bmiss
