// One step of a joint decomposition: templates from trains, noise from what they leave, trains from both.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "inversion/decode/decoding_team.h"
#include "inversion/decode/noise_whitener.h"
#include "inversion/decode/templates.h"

namespace bmiss {

// What is assumed of templates: a free waveform and the number of its spikes in, an admissible one out.
using TemplateRule = std::function<Eigen::MatrixXf(const Eigen::MatrixXf&, std::size_t n_spikes)>;

struct JointState {
  std::vector<SpikePositions> trains;
  Templates templates;       // for these trains
  Eigen::MatrixXf residual;  // the signal less all units [n_channels x n_samples]
};

// Templates by joint least squares, passed through the rule, and the residual they leave. `start`: waveforms of the
// first trains to begin with.
JointState explain(const Eigen::MatrixXf& signal, std::vector<SpikePositions> trains, const TemplateWindow& window,
                   const TemplateRule& rule, const std::vector<Eigen::MatrixXf>& start = {});

// Spikes of all units together, given the templates: the noise is what `state` leaves, coloured and correlated; units
// are expected to fire as regularly as their trains have it.
DecodedSpikes decode_jointly(const Eigen::MatrixXf& signal, const JointState& state, double rate, DecodingStart start,
                             const DecodingOptions& options, DecodingTeam& team);

}  // namespace bmiss
