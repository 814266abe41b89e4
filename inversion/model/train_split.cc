#include "inversion/model/train_split.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "inversion/decode/firing_prior.h"

namespace bmiss {
namespace {

constexpr int most_turns = 20, turns_by_waveform = 5;  // the first of them look at waveforms only
constexpr std::ptrdiff_t memory = 20;  // spikes of one class in a row, after which the other begins anew
constexpr double price = 5;

using Classes = std::vector<char>;  // 0 or 1 for each spike

std::array<SpikePositions, 2> parts_of(const SpikePositions& train, const Classes& classes) {
  std::array<SpikePositions, 2> parts;
  for (std::size_t k = 0; k < train.size(); ++k) parts[static_cast<std::size_t>(classes[k])].push_back(train[k]);
  return parts;
}

// log p(spike | class 1) - log p(spike | class 0), means from the classes; empty when one is.
Eigen::VectorXf log_odds(const Eigen::MatrixXf& points, const Classes& classes) {
  Eigen::MatrixXf means = Eigen::MatrixXf::Zero(points.rows(), 2);
  Eigen::Vector2f counts = Eigen::Vector2f::Zero();
  for (Eigen::Index k = 0; k < points.cols(); ++k) {
    const Eigen::Index c = classes[static_cast<std::size_t>(k)];
    means.col(c) += points.col(k);
    counts[c] += 1;
  }
  if (counts.minCoeff() < 1) return {};
  means.col(0) /= counts[0];
  means.col(1) /= counts[1];
  const Eigen::VectorXf axis = means.col(1) - means.col(0);
  return (points.colwise() - 0.5F * (means.col(0) + means.col(1))).transpose() * axis;
}

// Of a labelling up to one spike: which class that has, and which spike was the last of the other.
struct State {
  double score = -1e30;
  int label_before = 0;
  std::ptrdiff_t other_before = -1;  // state of the spike before
};

Classes most_probable(const SpikePositions& train, const Eigen::VectorXf& odds, const FiringPrior& prior) {
  const auto n = static_cast<std::ptrdiff_t>(train.size());
  const auto time = [&](std::ptrdiff_t k) { return train[static_cast<std::size_t>(k)]; };
  const auto interval = [&](int label, std::ptrdiff_t from, std::ptrdiff_t to) {
    return from < 0 ? -price : static_cast<double>(prior.interval(label, time(to) - time(from)));
  };
  // states[k][label][d]: the last of the other class is spike k - 1 - d; d = memory: none.
  std::vector<std::array<std::array<State, memory + 1>, 2>> states(train.size());
  for (const int label : {0, 1}) states[0][static_cast<std::size_t>(label)][memory].score = (label - 0.5) * odds[0];
  for (std::ptrdiff_t k = 1; k < n; ++k)
    for (const int label : {0, 1}) {
      const double seen = (label - 0.5) * static_cast<double>(odds[k]);
      auto& here = states[static_cast<std::size_t>(k)][static_cast<std::size_t>(label)];
      const auto& before = states[static_cast<std::size_t>(k - 1)];
      for (std::ptrdiff_t d = 0; d <= memory; ++d) {
        const auto index = static_cast<std::size_t>(d);
        // The same class again.
        const State& same = before[static_cast<std::size_t>(label)][index];
        const std::ptrdiff_t later = std::min(d + 1, memory);
        const double stayed = same.score + seen + interval(label, k - 1, k);
        State& next = here[static_cast<std::size_t>(later)];
        if (stayed > next.score) next = {stayed, label, d};
        // The other class before: this one's last spike is that which was the other's other.
        const State& other = before[static_cast<std::size_t>(1 - label)][index];
        const double changed = other.score + seen + interval(label, d == memory ? -1 : k - 2 - d, k);
        if (changed > here[0].score) here[0] = {changed, 1 - label, d};
      }
    }
  int label = 0;
  std::ptrdiff_t distance = 0;
  double best = -1e30;
  for (const int l : {0, 1})
    for (std::ptrdiff_t d = 0; d <= memory; ++d) {
      const double score = states.back()[static_cast<std::size_t>(l)][static_cast<std::size_t>(d)].score;
      if (score > best) best = score, label = l, distance = d;
    }
  Classes classes(train.size());
  for (std::ptrdiff_t k = n - 1; k >= 0; --k) {
    classes[static_cast<std::size_t>(k)] = static_cast<char>(label);
    const State& at =
        states[static_cast<std::size_t>(k)][static_cast<std::size_t>(label)][static_cast<std::size_t>(distance)];
    label = at.label_before;
    distance = at.other_before;
  }
  return classes;
}

}  // namespace

Eigen::MatrixXf principal_axes(const Eigen::MatrixXf& points) {
  const Eigen::MatrixXf centred = points.colwise() - points.rowwise().mean();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> solver(centred * centred.transpose());
  return solver.eigenvectors().rowwise().reverse();
}

std::pair<SpikePositions, SpikePositions> split_train(const SpikePositions& train, const Eigen::MatrixXf& points,
                                                      const Eigen::VectorXf& axis, double refractory) {
  const Eigen::MatrixXf centred = points.colwise() - points.rowwise().mean();
  Classes classes(train.size());
  for (std::size_t k = 0; k < train.size(); ++k)
    classes[k] = axis.dot(centred.col(static_cast<Eigen::Index>(k))) > 0 ? 1 : 0;
  for (int turn = 0; turn < most_turns; ++turn) {
    const Eigen::VectorXf odds = log_odds(points, classes);
    if (odds.size() == 0) break;
    Classes next(train.size());
    if (turn < turns_by_waveform) {
      for (std::size_t k = 0; k < train.size(); ++k) next[k] = odds[static_cast<Eigen::Index>(k)] > 0 ? 1 : 0;
    } else {
      const auto parts = parts_of(train, classes);
      next = most_probable(train, odds, FiringPrior::regular({parts[0], parts[1]}, price, refractory));
    }
    const bool same = next == classes;
    classes = std::move(next);
    if (same && turn >= turns_by_waveform) break;
  }
  auto parts = parts_of(train, classes);
  return {std::move(parts[0]), std::move(parts[1])};
}

}  // namespace bmiss
