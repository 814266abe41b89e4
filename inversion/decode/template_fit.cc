#include "inversion/decode/template_fit.h"

#include "inversion/decode/spike_pairs.h"

namespace bmiss {
namespace {

constexpr float ridge = 1e-3F;  // [spikes]

double inner(const std::vector<Eigen::MatrixXf>& a, const std::vector<Eigen::MatrixXf>& b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) sum += static_cast<double>((a[j].array() * b[j].array()).sum());
  return sum;
}

}  // namespace

Templates fit_templates(const Eigen::MatrixXf& signal, const std::vector<SpikePositions>& trains,
                        const TemplateWindow& window, const TemplateFit& options,
                        const std::vector<Eigen::MatrixXf>& start) {
  const DelayBank bank(window.lags);
  const SpikePairs pairs(trains, window, signal.cols());
  const std::size_t n = trains.size();
  const auto normal_product = [&](const std::vector<Eigen::MatrixXf>& waveforms) {
    std::vector<Eigen::MatrixXf> product = pairs.times(waveforms);
    for (std::size_t j = 0; j < n; ++j) product[j] += ridge * waveforms[j];
    return product;
  };
  // Preconditioner: a unit alone has n_spikes on the diagonal.
  const auto scale = [&](std::size_t j) { return 1 / (static_cast<float>(trains[j].size()) + ridge); };

  Templates result{window, std::vector<Eigen::MatrixXf>(n)};
  std::vector<Eigen::MatrixXf> residual(n), direction(n);
  for (std::size_t j = 0; j < n; ++j) {
    residual[j] = gather_spikes(signal, window, trains[j], bank);
    direction[j] = scale(j) * residual[j];
  }
  const double wanted = inner(residual, direction) * options.tolerance * options.tolerance;
  // Units alone, or where they were before: what is left of the equations then.
  for (std::size_t j = 0; j < n; ++j) {
    const bool known = j < start.size() && start[j].size() > 0;
    result.waveforms[j] = known ? start[j] : direction[j];
  }
  std::vector<Eigen::MatrixXf> product = normal_product(result.waveforms);
  for (std::size_t j = 0; j < n; ++j) {
    residual[j] -= product[j];
    direction[j] = scale(j) * residual[j];
  }
  double energy = inner(residual, direction);
  for (int step = 0; step < options.most_steps && energy > wanted; ++step) {
    product = normal_product(direction);
    const auto length = static_cast<float>(energy / inner(direction, product));
    for (std::size_t j = 0; j < n; ++j) {
      result.waveforms[j] += length * direction[j];
      residual[j] -= length * product[j];
      product[j] = scale(j) * residual[j];
    }
    const double before = energy;
    energy = inner(residual, product);
    const auto turn = static_cast<float>(energy / before);
    for (std::size_t j = 0; j < n; ++j) direction[j] = product[j] + turn * direction[j];
  }
  return result;
}

}  // namespace bmiss
