// Spikes of all units at once as a convex problem: each sample of each unit between none (0) and one (1).
#pragma once

#include <Eigen/Core>

#include "inversion/decode/correlations.h"

namespace bmiss {

struct RelaxationOptions {
  Eigen::Index window = 2048;  // samples decoded together; both ends overlap by the templates' reach
  int steps = 60;              // of the alternating direction method
  int reweightings = 3;        // during them
  double softness = 0.15;      // e in the weights w e / (x + e) that make the penalty resemble a count
  double coupling = 0.3;       // augmentation of unit j as a share of its energy
};

// min ½ xᵀGx − bᵀx + Σ w_jt x_jt, 0 ≤ x ≤ 1, by the alternating direction method of multipliers: a linear solve for
// each frequency (factored once), and a clipping for each sample. price [n_units] is w before reweighting, the log odds
// of no spike. Returns x [n_units x n_samples].
Eigen::MatrixXf relaxed_spikes(const TemplateCorrelations& correlations, const Eigen::VectorXf& price,
                               const RelaxationOptions& options);

}  // namespace bmiss
