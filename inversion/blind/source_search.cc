#include "inversion/blind/source_search.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <functional>

#include "base/errors.h"
#include "base/nearest_name.h"

namespace bmiss {
namespace {

// g(s) in place; returns E[g′(s)].
double derivative_of_contrast(Contrast contrast, Eigen::VectorXf& s) {
  auto x = s.array();
  double slope = 0;
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
  Eigen::VectorXf sizes = s.cwiseAbs();
  std::nth_element(sizes.data(), sizes.data() + count, sizes.data() + sizes.size(), std::greater<float>());
  s = s.cwiseMin(sizes[count]).cwiseMax(-sizes[count]);
}

}  // namespace

Contrast contrast_named(const std::string& name) {
  if (name == "skewness") return Contrast::skewness;
  if (name == "logcosh") return Contrast::logcosh;
  if (name == "kurtosis") return Contrast::kurtosis;
  const std::vector<std::string> names = {"skewness", "logcosh", "kurtosis"};
  throw InputError("contrast '" + name + "' is not known" + known_names(name, names));
}

Eigen::VectorXf SourceSearch::fixed_point(Eigen::VectorXf w, const Eigen::MatrixXf& found, int* steps) const {
  const auto orthonormalise = [&](Eigen::VectorXf& v) {
    if (found.cols() > 0) v -= found * (found.transpose() * v);
    const float norm = v.norm();
    if (norm > 0) v /= norm;
  };
  const float per_sample = 1.0F / static_cast<float>(signal_.samples());
  orthonormalise(w);
  for (*steps = 0; *steps < settings_.fixed_point_steps;) {
    ++*steps;
    Eigen::VectorXf s = signal_.apply(whitening_.filter(w));
    limit_outliers(s, settings_.outliers);
    const double slope = derivative_of_contrast(settings_.contrast, s);
    Eigen::VectorXf next = whitening_.whiten(signal_.correlate(s)) * per_sample - static_cast<float>(slope) * w;
    orthonormalise(next);
    const double change = std::abs(1 - std::abs(static_cast<double>(next.dot(w))));
    w = std::move(next);
    if (change < settings_.convergence) break;
  }
  return w;
}

Source SourceSearch::describe(Eigen::VectorXf direction) const {
  Source source;
  Eigen::VectorXf s = signal_.apply(whitening_.filter(direction));
  // Even contrasts leave the sign open; spikes point upwards.
  if (s.array().cube().sum() < 0) s = -s, direction = -direction;
  source.direction = std::move(direction);
  source.spikes = detect_spikes(s, settings_.distance);
  source.statistics = train_statistics(source.spikes.samples, settings_.rate, settings_.pause);
  return source;
}

Source SourceSearch::refine(Source source) const {
  const int most_rounds = 30;
  for (int round = 0; round < most_rounds; ++round) {
    if (static_cast<int>(source.spikes.samples.size()) < settings_.fewest_spikes) break;
    Eigen::VectorXf train = Eigen::VectorXf::Zero(signal_.samples());
    for (const auto t : source.spikes.samples) train[t] = 1;
    Eigen::VectorXf mean = whitening_.whiten(signal_.correlate(train));
    Source next = describe(mean.normalized());
    if (!(next.quality() > source.quality())) break;
    source = std::move(next);
  }
  return source;
}

WeightedDirections SourceSearch::delayed_copies(const Source& source, Eigen::Index reach) const {
  Eigen::MatrixXf copies(whitening_.directions(), 2 * reach + 1);
  Eigen::VectorXf train(signal_.samples());
  for (Eigen::Index delay = -reach; delay <= reach; ++delay) {
    train.setZero();
    for (const auto t : source.spikes.samples)
      if (t + delay >= 0 && t + delay < signal_.samples()) train[t + delay] = 1;
    copies.col(delay + reach) = whitening_.whiten(signal_.correlate(train)).normalized();
  }
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
