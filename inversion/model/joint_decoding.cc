#include "inversion/model/joint_decoding.h"

#include <algorithm>
#include <cmath>

#include "inversion/decode/correlations.h"
#include "inversion/decode/relaxation.h"
#include "inversion/decode/spike_search.h"

namespace bmiss {
namespace {

// Templates as they look after the whitening filter, which makes them longer.
Templates whitened(const Templates& templates, const NoiseWhitener& whitener) {
  const Eigen::Index room = whitener.reach() / 2;
  Templates result;
  result.window = {templates.window.before + room, templates.window.lags + 2 * room};
  for (const auto& waveform : templates.waveforms) {
    Eigen::MatrixXf padded = Eigen::MatrixXf::Zero(waveform.rows(), result.window.lags);
    padded.middleCols(room, templates.window.lags) = waveform;
    result.waveforms.push_back(whitener.whiten(padded));
  }
  return result;
}

// Heights of a unit's matched output on all that the other units leave, in units of a spike's own: ones at spikes,
// noise elsewhere. Silhouette of the two classes as in Negro et al. 2016, distances squared.
double silhouette(const SpikeSearch& search, Eigen::Index unit, float energy) {
  const auto& train = search.trains()[static_cast<std::size_t>(unit)];
  if (train.size() < 2 || energy <= 0) return 0;
  const auto& residual = search.residual();
  std::vector<double> spikes, others;
  std::vector<char> taken(static_cast<std::size_t>(residual.cols()), 0);
  for (const double position : train) {
    const auto t = static_cast<Eigen::Index>(std::lround(position));
    for (Eigen::Index k = std::max<Eigen::Index>(t - 3, 0); k <= std::min(t + 3, residual.cols() - 1); ++k)
      taken[static_cast<std::size_t>(k)] = 1;
    if (t >= 0 && t < residual.cols()) spikes.push_back(static_cast<double>(residual(unit, t) / energy) + 1);
  }
  for (Eigen::Index t = 1; t + 1 < residual.cols(); ++t)
    if (taken[static_cast<std::size_t>(t)] == 0 && residual(unit, t) > 0 && residual(unit, t) > residual(unit, t - 1) &&
        residual(unit, t) >= residual(unit, t + 1))
      others.push_back(static_cast<double>(residual(unit, t) / energy));
  if (spikes.empty() || others.empty()) return 0;
  double high = 0, low = 0, within = 0, between = 0;
  for (const double v : spikes) high += v / static_cast<double>(spikes.size());
  for (const double v : others) low += v / static_cast<double>(others.size());
  for (const double v : spikes) {
    within += (v - high) * (v - high);
    between += (v - low) * (v - low);
  }
  return (between - within) / std::max(between, within);
}

void descend(SpikeSearch& search, const DecodingOptions& options) {
  search.improve(options.passes);
  for (int i = 0; i < options.exchanges && search.exchange_pairs() > 0; ++i) search.improve(options.passes);
}

}  // namespace

JointState explain(const Eigen::MatrixXf& signal, std::vector<SpikePositions> trains, const TemplateWindow& window,
                   const TemplateRule& rule, const std::vector<Eigen::MatrixXf>& start) {
  JointState state;
  state.trains = std::move(trains);
  state.templates.window = window;
  if (!state.trains.empty())
    state.templates = fit_templates(signal, state.trains, window, {}, {}, TemplateFit(), start);
  for (std::size_t j = 0; j < state.trains.size(); ++j)
    state.templates.waveforms[j] = rule(state.templates.waveforms[j], state.trains[j].size());
  state.residual = signal;
  add_spikes(state.templates, state.trains, -1, state.residual);
  return state;
}

DecodedSpikes decode_jointly(const Eigen::MatrixXf& signal, const JointState& state, double rate, DecodingStart start,
                             const DecodingOptions& options) {
  const NoiseWhitener whitener(state.residual);
  const TemplateCorrelations correlations(whitener.whiten(signal), whitened(state.templates, whitener));
  const double refractory = options.refractory * rate;
  SpikeSearch search(correlations, FiringPrior::regular(state.trains, options.price, refractory));
  search.set_trains(state.trains);
  descend(search, options);
  if (start == DecodingStart::relaxed_and_trains) {
    RelaxationOptions relaxation;
    relaxation.steps = options.relaxation_steps;
    relaxation.coupling = 0.05;
    const Eigen::VectorXf price = Eigen::VectorXf::Constant(correlations.units(), static_cast<float>(options.price));
    SpikeSearch other(correlations, FiringPrior::indifferent(correlations.units(), options.price, refractory));
    other.round(relaxed_spikes(correlations, price, relaxation), 0.5F);
    other.improve(options.passes);
    other.set_prior(FiringPrior::regular(other.trains(), options.price, refractory));
    descend(other, options);
    // What each believes of intervals is its own: they are compared without.
    const FiringPrior same = FiringPrior::indifferent(correlations.units(), options.price, refractory);
    search.set_prior(same);
    other.set_prior(same);
    if (other.energy() < search.energy()) search.set_trains(other.trains());
  }
  DecodedSpikes result{search.trains(), correlations.energy(), {}};
  for (Eigen::Index j = 0; j < correlations.units(); ++j)
    result.silhouettes.push_back(silhouette(search, j, correlations.energy()[j]));
  return result;
}

}  // namespace bmiss
