// Templates of all units at once from a recording and their spikes.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/templates.h"

namespace bmiss {

struct TemplateFit {
  double tolerance = 1e-3;  // relative residual of the normal equations
  int most_steps = 60;      // of conjugate gradients in each correction
};

// The waveforms that together explain a signal [n_channels x n_samples] best: min Σ_t |y − Σ_j m_j ∗ x_j|², overlaps
// included, with one thousandth of a spike of zero for stability. Gradients are those of the spikes themselves; the
// corrections to them come from the counts of spike pairs (spike_pairs.h), which is quick and right but for a per cent,
// and one that does not lower the squares ends the fit: nearly equal trains leave their difference as it was. `start`
// may hold waveforms to begin with (empty ones where none are known).
Templates fit_templates(const Eigen::MatrixXf& signal, const std::vector<SpikePositions>& trains,
                        const TemplateWindow& window, const TemplateFit& options,
                        const std::vector<Eigen::MatrixXf>& start = {});

}  // namespace bmiss
