// All that a decoder needs to know of a recording and its templates: sufficient statistics of the model
// y = Σ_j m_j ∗ x_j + white noise.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <vector>

#include "inversion/decode/templates.h"

namespace bmiss {

// What each template sees of a signal [n_channels x n_samples] at each sample, zeros outside of it:
// b_j(t) = Σ_l m_j(l)ᵀ y(t + l − before) [n_units x n_samples].
Eigen::MatrixXf matched_outputs(const Eigen::MatrixXf& signal, const Templates& templates);

class TemplateCorrelations {
public:
  // signal [n_channels x n_samples] and templates, both in units of white noise.
  TemplateCorrelations(const Eigen::MatrixXf& signal, const Templates& templates);

  // The same for samples first … first + count − 1 alone, which count from 0 there.
  TemplateCorrelations part(Eigen::Index first, Eigen::Index count) const;

  Eigen::Index units() const { return matched_.rows(); }
  Eigen::Index samples() const { return matched_.cols(); }
  Eigen::Index lags() const { return lags_; }
  // Matched outputs of the signal [n_units x n_samples].
  const Eigen::MatrixXf& matched() const { return matched_; }
  // What a spike of unit k, phase / DelayBank::phases after sample t, adds to b at t − lags + 1 … t + lags
  // [n_units x 2 lags].
  const Eigen::MatrixXf& effect(Eigen::Index k, int phase) const {
    return (*effects_)[static_cast<std::size_t>(k * (DelayBank::phases + 1) + phase)];
  }
  // |m_j|², the squared separability d′² of one spike from none [n_units].
  const Eigen::VectorXf& energy() const { return energy_; }
  // The Gram matrices of all units at the frequencies of circular windows of `length` samples, [n_units x n_units]
  // each: G_jk(f) = conj(m_j(f)) m_k(f), summed over channels.
  std::vector<Eigen::MatrixXcf> gram(Eigen::Index length) const;

private:
  TemplateCorrelations() = default;
  Eigen::Index lags_ = 0;
  Eigen::MatrixXf matched_;
  std::shared_ptr<const std::vector<Eigen::MatrixXf>> effects_;
  Eigen::VectorXf energy_;
};

}  // namespace bmiss
