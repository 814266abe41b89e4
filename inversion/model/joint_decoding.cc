#include "inversion/model/joint_decoding.h"

#include "inversion/decode/template_fit.h"

namespace bmiss {
namespace {

// Templates as they look after the whitening filter, which makes them longer.
Templates whitened(const Templates& templates, const NoiseWhitener& whitener) {
  Templates result;
  result.window = {templates.window.before + whitener.room(), templates.window.lags + 2 * whitener.room()};
  for (const auto& waveform : templates.waveforms) result.waveforms.push_back(whitener.whiten_waveform(waveform));
  return result;
}

}  // namespace

JointState explain(const Eigen::MatrixXf& signal, std::vector<SpikePositions> trains, const TemplateWindow& window,
                   const TemplateRule& rule, const std::vector<Eigen::MatrixXf>& start) {
  JointState state;
  state.trains = std::move(trains);
  state.templates.window = window;
  if (!state.trains.empty()) state.templates = fit_templates(signal, state.trains, window, TemplateFit(), start);
  for (std::size_t j = 0; j < state.trains.size(); ++j)
    state.templates.waveforms[j] = rule(state.templates.waveforms[j], state.trains[j].size());
  state.residual = signal;
  add_spikes(state.templates, state.trains, -1, state.residual);
  return state;
}

DecodedSpikes decode_jointly(const Eigen::MatrixXf& signal, const JointState& state, double rate, DecodingStart start,
                             const DecodingOptions& options, DecodingTeam& team) {
  const NoiseWhitener whitener(state.residual);
  return team.decode(
      {whitener.whiten(signal), whitened(state.templates, whitener), state.trains, rate, start, options});
}

}  // namespace bmiss
