// The linear space that the model's action potentials fill: what a template can look like.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/templates.h"
#include "inversion/refine/muap_model.h"

namespace bmiss {

struct SpanOptions {
  int atoms = 2500;            // units drawn at random from the muscles
  double weakest = 0.02;       // of the strongest atom's norm; weaker ones cannot be seen and are left out
  double channel_loss = 1e-3;  // energy of the atoms lost between channels, as a share
  double loss = 3e-4;          // and in the space of templates
  int similar = 60;            // atoms most like a waveform that say what else it may be
  int local = 16;              // dimensions of what these span
  unsigned seed = 1;
};

// An average of a few hundred noisy waveforms has an error for each channel and lag; only its part in this space, some
// hundred dimensions of some ten thousand, can be signal. Measured on a cylinder: 2500 atoms of one mesh span the
// action potentials of another mesh to 2e-4 of their energy (median), so little is lost even when the model is a
// little wrong, and templates are thirty times less noisy.
class TemplateSpan {
public:
  // Units anywhere in the model's muscles, with radii, zones, velocities and ends within their bounds. The model's
  // channels and lags (operators applied) are those of the recording.
  TemplateSpan(const MuapModel& model, const SpanOptions& options);

  // Combinations of channels that hold the atoms [n_channels x n_combinations], orthonormal: all else works in these.
  const Eigen::MatrixXf& channels() const { return channels_; }
  const SpanOptions& options() const { return options_; }
  Eigen::Index dimension() const { return basis_.cols(); }
  // Of an orthonormal basis of the space [n_combinations x n_lags].
  Eigen::MatrixXf direction(Eigen::Index i) const { return basis_.col(i).reshaped(channels_.cols(), n_lags_); }
  std::vector<Eigen::MatrixXf> directions() const;
  // Nearest member of the space [n_combinations x n_lags].
  Eigen::MatrixXf project(const Eigen::MatrixXf& waveform) const;
  // In the basis: nearest waveform in the leading directions of the atoms most like it. Of the space only what lies
  // around, so that an average of few spikes, many of them wrong, still becomes the action potential of some unit.
  Eigen::VectorXf nearby(Eigen::VectorXf coordinates) const;
  // The projection, and of what lies outside as much as noise of this variance in each entry is unlikely to have made:
  // where the model is wrong, waveforms of large units keep their data (positive-part James-Stein estimate).
  Eigen::MatrixXf shrink(const Eigen::MatrixXf& waveform, double variance) const;
  // Share of a waveform's energy that lies in the space.
  double explained(const Eigen::MatrixXf& waveform) const;

  Eigen::Index n_atoms() const { return atoms_.cols(); }
  Eigen::MatrixXf atom(Eigen::Index i) const;  // of norm 1 [n_combinations x n_lags]
  // In the basis [dimension x n_atoms].
  const Eigen::MatrixXf& atom_coordinates() const { return atom_coordinates_; }
  const UnitParameters& unit(Eigen::Index i) const { return units_[static_cast<std::size_t>(i)]; }

private:
  SpanOptions options_;
  Eigen::Index n_lags_ = 0;
  Eigen::MatrixXf channels_, basis_, atoms_, atom_coordinates_;
  std::vector<UnitParameters> units_;
};

// Where the n largest values are, largest first.
std::vector<Eigen::Index> largest(const Eigen::VectorXf& values, Eigen::Index n);

}  // namespace bmiss
