// New units in what the known ones leave of a recording: the contrast of filters made of templates, climbed.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/noise_whitener.h"
#include "inversion/decode/templates.h"
#include "inversion/model/template_span.h"

namespace bmiss {

struct CandidateOptions {
  int scanned = 400;        // atoms whose outputs are looked at in a round
  int climbed = 100;        // of them, those of most contrast from which a search starts
  int steps = 8;            // of the fixed-point iteration
  double silhouette = 0.5;  // of a candidate; joint decoding decides whether it is a unit
  double isi_cov = 0.6;     // largest coefficient of variation of its inter-spike intervals
  int fewest_spikes = 40;
  double refractory = 0.01;  // [s]
  double pause = 0.25;       // longest interval inside a contraction [s]
};

struct Candidate {
  std::vector<Eigen::Index> spikes;  // samples of the template's time zero
  double silhouette = 0, isi_cov = 0;
};

// Filters have the full length of the templates and are optimal against all that is in the residual: s = mᵀ S⁻¹ r, S
// its covariance at each frequency. The iteration is that of Hyvärinen for skewness, but in the space of templates: m ←
// P Σ_t s(t)² r(t + ·), P the projection on what lies around it there, so that what it finds always looks like a motor
// unit. Short filters over delayed channels cannot use the length of an action potential, and free filters of full
// length have more unknowns than the recording can determine. All waveforms are their coordinates in that space: what
// each of its directions sees of the residual is computed once, then an output and an average are products with that.
class CandidateSearch {
public:
  // residual [n_combinations x n_samples].
  CandidateSearch(const Eigen::MatrixXf& residual, const NoiseWhitener& whitener, const TemplateSpan& span,
                  const TemplateWindow& window, double rate, const CandidateOptions& options);

  // Best candidates first; none twice, and none whose spikes are those of a train in `known`. `seed` chooses the atoms.
  std::vector<Candidate> search(const std::vector<SpikePositions>& known, unsigned seed) const;

private:
  // Of and into waveforms in the basis of the span [dimension x n]; outputs and weights [n_samples x n].
  Eigen::MatrixXf outputs(const Eigen::MatrixXf& waveforms) const;
  Eigen::MatrixXf weighted_averages(const Eigen::MatrixXf& weights) const;
  std::vector<Eigen::Index> best_atoms(unsigned seed) const;  // most contrast first
  void climb(Eigen::MatrixXf& waveforms) const;
  Eigen::VectorXf average(const std::vector<Eigen::Index>& spikes) const;
  std::vector<Candidate> spikes_of(Eigen::MatrixXf waveforms) const;

  const TemplateSpan& span_;
  double rate_;
  CandidateOptions options_;
  // What the directions of the span see of the residual [n_samples x dimension], and of it times S⁻¹ [dimension x
  // n_samples], as the products read them.
  Eigen::MatrixXf seen_, filtered_;
};

}  // namespace bmiss
