#include "inversion/decode/template_fit.h"

#include <algorithm>
#include <utility>

#include "inversion/decode/spike_pairs.h"

namespace bmiss {
namespace {

using Waveforms = std::vector<Eigen::MatrixXf>;  // one for each unit

constexpr float ridge = 1e-3F;             // [spikes]
constexpr float correction_ridge = 0.01F;  // of a unit's spikes, in the equations of a correction
constexpr double correction_tolerance = 0.03;
constexpr int most_corrections = 10;
constexpr double significant = 1e-3;  // of the tolerance: decrease of the squares that is worth another correction

double inner(const Waveforms& a, const Waveforms& b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += static_cast<double>((a[j].array() * b[j].array()).sum());
  return sum;
}

void add(const Waveforms& more, float factor, Waveforms& waveforms) {
  for (std::size_t j = 0; j < more.size(); ++j) waveforms[j] += factor * more[j];
}

// Preconditioner: a unit alone has n_spikes on the diagonal.
Waveforms scaled(const Waveforms& waveforms, const std::vector<SpikePositions>& trains) {
  Waveforms result;
  for (std::size_t j = 0; j < waveforms.size(); ++j)
    result.push_back(waveforms[j] / (static_cast<float>(trains[j].size()) + ridge));
  return result;
}

// What lowers the squares by this gradient, by conjugate gradients on the counts of spike pairs.
Waveforms correction(const SpikePairs& pairs, const std::vector<SpikePositions>& trains, Waveforms gradient,
                     int most_steps) {
  Waveforms result, direction = scaled(gradient, trains);
  for (const auto& g : gradient) result.emplace_back(Eigen::MatrixXf::Zero(g.rows(), g.cols()));
  double energy = inner(gradient, direction);
  const double wanted = energy * correction_tolerance * correction_tolerance;
  for (int step = 0; step < most_steps && energy > wanted; ++step) {
    Waveforms product = pairs.times(direction);
    for (std::size_t j = 0; j < product.size(); ++j)
      product[j] += (ridge + correction_ridge * static_cast<float>(trains[j].size())) * direction[j];
    const double curvature = inner(direction, product);
    if (!(curvature > 0)) break;
    const auto length = static_cast<float>(energy / curvature);
    add(direction, length, result);
    add(product, -length, gradient);
    Waveforms next = scaled(gradient, trains);
    const double before = energy;
    energy = inner(gradient, next);
    add(direction, static_cast<float>(energy / before), next);
    direction = std::move(next);
  }
  return result;
}

// The sum of squares that is to be least, and what the waveforms leave of the signal.
class Misfit {
public:
  Misfit(const Eigen::MatrixXf& signal, const std::vector<SpikePositions>& trains, const TemplateWindow& window)
      : trains_(trains), window_(window), bank_(window.lags), left_(signal) {}
  Waveforms gathered() const {
    Waveforms result;
    for (const auto& train : trains_) result.push_back(gather_spikes(left_, window_, train, bank_));
    return result;
  }
  void take_away(const Waveforms& more) {
    for (std::size_t j = 0; j < more.size(); ++j) add_spikes(more[j], window_, trains_[j], -1, bank_, left_);
  }
  double value(const Waveforms& waveforms) const {
    return static_cast<double>(left_.squaredNorm()) + static_cast<double>(ridge) * inner(waveforms, waveforms);
  }

private:
  const std::vector<SpikePositions>& trains_;
  TemplateWindow window_;
  DelayBank bank_;
  Eigen::MatrixXf left_;
};

}  // namespace

Templates fit_templates(const Eigen::MatrixXf& signal, const std::vector<SpikePositions>& trains,
                        const TemplateWindow& window, const TemplateFit& options, const Waveforms& start) {
  Misfit misfit(signal, trains, window);
  const SpikePairs pairs(trains, window, signal.cols());
  Waveforms gradient = misfit.gathered();
  Templates result{window, scaled(gradient, trains)};  // units alone, or where they were before
  const double wanted = inner(gradient, result.waveforms) * options.tolerance * options.tolerance;
  for (std::size_t j = 0; j < std::min(start.size(), trains.size()); ++j)
    if (start[j].size() > 0) result.waveforms[j] = start[j];
  misfit.take_away(result.waveforms);
  double value = misfit.value(result.waveforms);
  for (int i = 0; i < most_corrections; ++i) {
    gradient = misfit.gathered();
    add(result.waveforms, -ridge, gradient);
    if (inner(gradient, scaled(gradient, trains)) <= wanted) break;
    const Waveforms change = correction(pairs, trains, gradient, options.most_steps);
    misfit.take_away(change);
    add(change, 1, result.waveforms);
    const double now = misfit.value(result.waveforms);
    if (!(now < value)) {
      add(change, -1, result.waveforms);
      break;
    }
    const bool is_done = value - now < significant * options.tolerance * now;
    value = now;
    if (is_done) break;
  }
  return result;
}

}  // namespace bmiss
