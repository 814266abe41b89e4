// Spikes of all units at once as a convex problem: each sample of each unit between none (0) and one (1).
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/complex_product.h"
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
// each frequency, and a clipping for each sample.
class Relaxation {
public:
  // Factors once for all parts of a recording: (G + R)⁻¹ at each frequency, R the augmentation.
  Relaxation(const TemplateCorrelations& correlations, const RelaxationOptions& options);
  // part: of the same correlations, or all of them. price [n_units] is w before reweighting, the log odds of no spike.
  // Returns x [n_units x n_samples].
  Eigen::MatrixXf spikes(const TemplateCorrelations& part, const Eigen::VectorXf& price) const;

private:
  RelaxationOptions options_;
  Eigen::VectorXf augmentation_;
  std::vector<TiledMatrix> solve_;
};

}  // namespace bmiss
