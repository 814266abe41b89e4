#include "inversion/blind/peel_off.h"

#include <algorithm>
#include <cmath>

#include "inversion/decode/template_fit.h"

namespace bmiss {
namespace {

// Of a waveform around its most powerful moment [s]: the action potential comes up to its zone of innervation and ends
// at the tendons; half fibres are up to 100 mm long, at about 4 m/s.
constexpr double before_peak = 0.014, after_peak = 0.033;
// Between a filter's answer and that moment, at most; farther away stands the next spike of a regular train.
constexpr double longest_answer = 0.020;

void shift_spikes(Source& source, double samples, Eigen::Index n) {
  for (double& position : source.spikes.positions)
    position = std::clamp(position + samples, 0.0, static_cast<double>(n - 1));
  for (std::size_t k = 0; k < source.spikes.samples.size(); ++k)
    source.spikes.samples[k] = std::llround(source.spikes.positions[k]);
}

// Extended vectors of a waveform at each of its lags [n_channels R x n_lags].
Eigen::MatrixXf extended(const Eigen::MatrixXf& waveform, Eigen::Index extension) {
  const Eigen::Index n = waveform.rows(), lags = waveform.cols();
  Eigen::MatrixXf result = Eigen::MatrixXf::Zero(n * extension, lags);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index a = 0; a < std::min(extension, lags); ++a)
      result.row(i * extension + a).tail(lags - a) = waveform.row(i).head(lags - a);
  return result;
}

// What a filter makes of a waveform [1 x n_lags + R − 1].
Eigen::MatrixXf response(const Eigen::VectorXf& filter, const Eigen::MatrixXf& waveform, Eigen::Index extension) {
  const Eigen::Index lags = waveform.cols();
  Eigen::MatrixXf result = Eigen::MatrixXf::Zero(1, lags + extension - 1);
  for (Eigen::Index i = 0; i < waveform.rows(); ++i)
    for (Eigen::Index a = 0; a < extension; ++a)
      result.row(0).segment(a, lags) += filter[i * extension + a] * waveform.row(i);
  return result;
}

}  // namespace

PeelOff::PeelOff(Eigen::MatrixXf signal, const Resampling& resampling, SearchSettings settings, AcceptanceLimits limits)
    : signal_(std::move(signal)), residual_(signal_), resampling_(resampling), settings_(settings), limits_(limits) {
  const double rate = settings_.rate / static_cast<double>(resampling_.factor());
  templates_.window.before = std::lround(before_peak * rate);
  templates_.window.lags = templates_.window.before + std::lround(after_peak * rate);
}

SpikePositions PeelOff::reduced_positions(const Source& source) const {
  SpikePositions positions;
  for (const double p : source.spikes.positions) positions.push_back(p / static_cast<double>(resampling_.factor()));
  return positions;
}

void PeelOff::add(Source source) {
  const Eigen::Index reach = std::lround(longest_answer * settings_.rate / static_cast<double>(resampling_.factor()));
  const TemplateWindow wide{reach, 2 * reach + 1};
  const Eigen::MatrixXf mean = gather_spikes(residual_, wide, reduced_positions(source), DelayBank(wide.lags));
  Eigen::Index peak = 0;
  mean.colwise().squaredNorm().maxCoeff(&peak);
  shift_spikes(source, static_cast<double>((peak - wide.before) * resampling_.factor()), settings_.samples);
  units_.push_back(std::move(source));
}

void PeelOff::subtract() {
  std::vector<SpikePositions> trains;
  for (const Source& unit : units_) trains.push_back(reduced_positions(unit));
  TemplateFit fit;
  fit.tolerance = 1e-2;  // leaves a ten thousandth of the energy: less than the spread of the spike times does
  templates_ = fit_templates(signal_, trains, templates_.window, fit);
  residual_ = signal_;
  add_spikes(templates_, trains, -1, residual_);
}

int PeelOff::improve(const ExtendedSignal& residual, const Whitening& whitening) {
  const auto n = static_cast<Eigen::Index>(units_.size());
  if (n == 0) return 0;
  Eigen::MatrixXf directions(whitening.directions(), n);
  std::vector<Eigen::Index> delays;
  for (Eigen::Index j = 0; j < n; ++j) {
    const Eigen::MatrixXf seen =
        whitening.whiten(extended(templates_.waveforms[static_cast<std::size_t>(j)], residual.extension()));
    Eigen::Index best = 0;
    seen.colwise().squaredNorm().maxCoeff(&best);
    delays.push_back(best - templates_.window.before);
    directions.col(j) = seen.col(best).normalized();
  }
  const Eigen::MatrixXf filters = whitening.filters(directions);
  Eigen::MatrixXf outputs = residual.apply(filters);
  const TemplateWindow window{templates_.window.before, templates_.window.lags + residual.extension() - 1};
  const DelayBank bank(window.lags);
  int improved = 0;
  for (Eigen::Index j = 0; j < n; ++j) {
    Source& unit = units_[static_cast<std::size_t>(j)];
    Eigen::MatrixXf output = outputs.col(j).transpose();
    add_spikes(response(filters.col(j), templates_.waveforms[static_cast<std::size_t>(j)], residual.extension()),
               window, reduced_positions(unit), 1, bank, output);
    Source again = describe_source(directions.col(j), output.transpose(), resampling_, settings_);
    shift_spikes(again, static_cast<double>(-delays[static_cast<std::size_t>(j)] * resampling_.factor()),
                 settings_.samples);
    if (!(again.quality() > unit.quality())) continue;
    const auto same = common_spikes(unit.spikes.samples, again.spikes.samples, limits_.tolerance, limits_.tolerance);
    if (same.share < 0.5) continue;
    unit = std::move(again);
    ++improved;
  }
  return improved;
}

std::vector<std::vector<Eigen::Index>> PeelOff::trains() const {
  std::vector<std::vector<Eigen::Index>> result;
  for (const Source& unit : units_) result.push_back(unit.spikes.samples);
  return result;
}

double PeelOff::power(std::size_t unit) const {
  return static_cast<double>(templates_.waveforms[unit].colwise().squaredNorm().maxCoeff());
}

}  // namespace bmiss
