#include "inversion/blind/source_search.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <functional>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/threads.h"

namespace bmiss {
namespace {

constexpr int most_refinements = 30;
constexpr float equal_directions = 0.95F;  // |cosine| from which two searches are one
constexpr int settled = 5;                 // steps after which they are compared

// g(s) in place; returns E[g′(s)].
float apply_contrast(Contrast contrast, Eigen::VectorXf& s) {
  auto x = s.array();
  float slope = 0;
  switch (contrast) {
    case Contrast::skewness:  // G = s³/3
      slope = 2 * x.mean();
      x = x.square();
      break;
    case Contrast::logcosh:  // G = log cosh s
      x = x.tanh();
      slope = 1 - x.square().mean();
      break;
    case Contrast::kurtosis:  // G = s⁴/4
      slope = 3 * x.square().mean();
      x = x.cube();
      break;
  }
  return slope;
}

// Cuts |s| at its value of rank `count`, counted from the largest.
void limit_outliers(Eigen::VectorXf& s, Eigen::Index count) {
  if (count <= 0 || count >= s.size()) return;
  // Few samples lie above twice the standard deviation: those are enough to rank, if there are enough of them.
  const float high = 2 * std::sqrt(s.squaredNorm() / static_cast<float>(s.size()));
  std::vector<float> sizes;
  for (const float x : s)
    if (std::abs(x) > high) sizes.push_back(std::abs(x));
  if (static_cast<Eigen::Index>(sizes.size()) <= count) {
    sizes.assign(s.data(), s.data() + s.size());
    for (float& x : sizes) x = std::abs(x);
  }
  const auto rank = sizes.begin() + count;
  std::nth_element(sizes.begin(), rank, sizes.end(), std::greater<float>());
  s = s.cwiseMin(*rank).cwiseMax(-*rank);
}

void normalise(Eigen::Ref<Eigen::VectorXf> v) {
  const float norm = v.norm();
  if (norm > 0) v /= norm;
}

}  // namespace

Contrast contrast_named(const std::string& name) {
  if (name == "skewness") return Contrast::skewness;
  if (name == "logcosh") return Contrast::logcosh;
  if (name == "kurtosis") return Contrast::kurtosis;
  const std::vector<std::string> names = {"skewness", "logcosh", "kurtosis"};
  throw InputError("contrast '" + name + "' is not known" + known_names(name, names));
}

Source describe_source(Eigen::VectorXf direction, Eigen::VectorXf output, const Resampling& resampling,
                       const SearchSettings& settings) {
  Source source;
  // Even contrasts leave the sign open; spikes point upwards.
  if (output.array().cube().sum() < 0) output = -output, direction = -direction;
  source.direction = std::move(direction);
  source.spikes = detect_spikes(resampling.restore(output, settings.samples), settings.distance);
  source.statistics = train_statistics(source.spikes.samples, settings.rate, settings.pause);
  return source;
}

void SourceSearch::start(const Eigen::VectorXf& direction) {
  searches_.emplace_back();
  searches_.back().direction = direction;
  normalise(searches_.back().direction);
}

Eigen::VectorXf SourceSearch::weights(Search& search, Eigen::VectorXf output) const {
  if (!search.converged) {
    limit_outliers(output, settings_.outliers);
    search.slope = apply_contrast(settings_.contrast, output);
    return output / static_cast<float>(signal_.samples());
  }
  Source next = describe_source(search.direction, std::move(output), resampling_, settings_);
  const bool first = search.refinements == 0, better = first || next.quality() > search.best.quality();
  if (better) search.best = std::move(next);
  search.slope = 0;
  search.ready = !better || ++search.refinements > most_refinements ||
                 static_cast<int>(search.best.spikes.samples.size()) < settings_.fewest_spikes;
  if (search.ready) return Eigen::VectorXf::Zero(signal_.samples());
  Eigen::VectorXf train = Eigen::VectorXf::Zero(settings_.samples);
  for (const auto t : search.best.spikes.samples) train[t] = 1;
  return resampling_.spread(train);
}

std::vector<Source> SourceSearch::advance(const Eigen::MatrixXf& avoided) {
  const auto n = static_cast<Eigen::Index>(searches_.size());
  if (n == 0) return {};
  Eigen::MatrixXf directions(whitening_.directions(), n);
  for (Eigen::Index i = 0; i < n; ++i) {
    Search& search = searches_[static_cast<std::size_t>(i)];
    if (search.steps == 0 && avoided.cols() > 0) {
      search.direction -= avoided * (avoided.transpose() * search.direction);
      normalise(search.direction);
    }
    directions.col(i) = search.direction;
  }
  Eigen::MatrixXf work = signal_.apply(whitening_.filters(directions));
  for_each_piece(searches_.size(), settings_.threads, [&](std::size_t i) {
    const auto column = static_cast<Eigen::Index>(i);
    work.col(column) = weights(searches_[i], work.col(column));
  });
  Eigen::MatrixXf next = whitening_.whiten(signal_.correlate(work));
  for (Eigen::Index i = 0; i < n; ++i) next.col(i) -= searches_[static_cast<std::size_t>(i)].slope * directions.col(i);
  Eigen::MatrixXf orthogonal = next;
  if (avoided.cols() > 0) orthogonal -= avoided * (avoided.transpose() * next);
  for (Eigen::Index i = 0; i < n; ++i) {
    Search& search = searches_[static_cast<std::size_t>(i)];
    if (search.ready) continue;
    if (search.converged) {
      search.direction = next.col(i);
      normalise(search.direction);
      continue;
    }
    search.direction = orthogonal.col(i);
    normalise(search.direction);
    const float change = std::abs(1 - std::abs(search.direction.dot(directions.col(i))));
    search.converged =
        ++search.steps >= settings_.fixed_point_steps || change < static_cast<float>(settings_.convergence);
    ++steps_;
  }
  std::vector<Source> ready;
  for (Search& search : searches_)
    if (search.ready) ready.push_back(std::move(search.best));
  searches_.erase(std::remove_if(searches_.begin(), searches_.end(), [](const Search& s) { return s.ready; }),
                  searches_.end());
  merge_equal_searches();
  return ready;
}

void SourceSearch::merge_equal_searches() {
  for (std::size_t i = 0; i < searches_.size(); ++i)
    for (std::size_t j = i + 1; j < searches_.size();) {
      const bool compare = searches_[i].steps >= settled && searches_[j].steps >= settled;
      if (compare && std::abs(searches_[i].direction.dot(searches_[j].direction)) > equal_directions) {
        searches_.erase(searches_.begin() + static_cast<std::ptrdiff_t>(j));
        ++merged_;
      } else {
        ++j;
      }
    }
}

WeightedDirections SourceSearch::delayed_copies(const Source& source, Eigen::Index reach) const {
  Eigen::VectorXf train = Eigen::VectorXf::Zero(settings_.samples);
  for (const auto t : source.spikes.samples) train[t] = 1;
  const Eigen::VectorXf reduced = resampling_.spread(train);
  const Eigen::Index n = reduced.size();
  Eigen::MatrixXf trains = Eigen::MatrixXf::Zero(n, 2 * reach + 1);
  for (Eigen::Index delay = -reach; delay <= reach; ++delay)
    trains.col(delay + reach).segment(std::max<Eigen::Index>(delay, 0), n - std::abs(delay)) =
        reduced.segment(std::max<Eigen::Index>(-delay, 0), n - std::abs(delay));
  Eigen::MatrixXf copies = whitening_.whiten(signal_.correlate(trains));
  for (Eigen::Index i = 0; i < copies.cols(); ++i) normalise(copies.col(i));
  // Neighbouring delays point nearly the same way: a few principal directions hold the energy of all.
  const Eigen::MatrixXf gram = copies.transpose() * copies;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> solver(gram);
  const Eigen::VectorXf& energy = solver.eigenvalues();  // ascending
  Eigen::Index dropped = 0;
  for (float rest = 0; dropped + 1 < energy.size(); ++dropped) {
    rest += std::max(energy[dropped], 0.0F);
    if (rest > 0.05F * energy.sum()) break;
  }
  const Eigen::Index kept = energy.size() - dropped;
  WeightedDirections result;
  result.energy = energy.tail(kept);
  result.directions =
      copies * solver.eigenvectors().rightCols(kept) * result.energy.cwiseSqrt().cwiseInverse().asDiagonal();
  return result;
}

}  // namespace bmiss
