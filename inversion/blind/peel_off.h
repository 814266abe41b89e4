// Units found so far, taken out of the recording together so that others come to light.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/blind/source_search.h"
#include "inversion/blind/unit_list.h"
#include "inversion/decode/templates.h"

namespace bmiss {

class PeelOff {
public:
  // signal: the recording at the reduced rate [n_channels x n_samples].
  PeelOff(Eigen::MatrixXf signal, const Resampling& resampling, SearchSettings settings, AcceptanceLimits limits);

  // A unit that the last search has found; its spike times move to where its average waveform has most power.
  void add(Source source);
  // Estimates the waveforms of all units by one least squares, overlaps included, and subtracts them from the
  // recording.
  void subtract();
  const Eigen::MatrixXf& residual() const { return residual_; }
  // Looks for each unit's spikes again in the residual plus its own activity, through the filter that suppresses the
  // residual best; residual and whitening belong to residual(). Better trains replace the old ones. Returns their
  // number.
  int improve(const ExtendedSignal& residual, const Whitening& whitening);

  const std::vector<Source>& units() const { return units_; }
  std::vector<std::vector<Eigen::Index>> trains() const;
  double power(std::size_t unit) const;  // largest sum over channels of its squared waveform

private:
  SpikePositions reduced_positions(const Source& source) const;

  Eigen::MatrixXf signal_, residual_;
  const Resampling& resampling_;
  SearchSettings settings_;
  AcceptanceLimits limits_;
  std::vector<Source> units_;
  Templates templates_;  // of the units, as of the last subtraction
};

}  // namespace bmiss
