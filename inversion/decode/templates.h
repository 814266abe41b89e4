// Motor-unit action potentials as a decomposition holds them, and the spikes that repeat them.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace bmiss {

// Spike times of one unit in samples, ascending, not necessarily whole numbers.
using SpikePositions = std::vector<double>;

SpikePositions positions_of(const std::vector<double>& times, double rate);  // times [s], rate [Hz]
std::vector<Eigen::Index> nearest_samples(const SpikePositions& train);

// Column l of a template is its value at l − before samples after the spike.
struct TemplateWindow {
  Eigen::Index before = 24, lags = 96;
};

// One waveform [n_channels x n_lags] for each unit, all in one window.
struct Templates {
  TemplateWindow window;
  std::vector<Eigen::MatrixXf> waveforms;
};

// Waveforms delayed by parts of a sample: exactly at quarters of it, by linear interpolation of their neighbours in
// between. A spike between samples whose template stays on the grid leaves up to 2 % of its energy behind (100 Hz at
// 2048 Hz), which for a large unit is more than all of a small one; this leaves less than a millionth.
class DelayBank {
public:
  static constexpr int phases = 4;
  explicit DelayBank(Eigen::Index lags);  // of the waveforms

  // position = sample + (phase + share) / phases, phase in 0 … phases − 1, 0 <= share < 1.
  struct Place {
    Eigen::Index sample = 0;
    int phase = 0;
    float share = 0;
  };
  static Place place_of(double position);

  // The waveform delayed by phase / phases (0 … phases) and the adjoint of that [n_channels x n_lags]; what is moved
  // out of the window is lost.
  Eigen::MatrixXf delayed(const Eigen::MatrixXf& waveform, int phase) const;
  Eigen::MatrixXf advanced(const Eigen::MatrixXf& waveform, int phase) const;

private:
  std::vector<Eigen::MatrixXf> matrices_;  // D_q [n_lags x n_lags], banded
};

// signal(:, t) += Σ_units Σ_spikes waveform(:, t − spike + before), times `factor`.
void add_spikes(const Templates& templates, const std::vector<SpikePositions>& trains, float factor,
                Eigen::MatrixXf& signal);
void add_spikes(const Eigen::MatrixXf& waveform, const TemplateWindow& window, const SpikePositions& train,
                float factor, const DelayBank& bank, Eigen::MatrixXf& signal);
// Its adjoint: what each unit's spikes see of a signal, summed [n_channels x n_lags]; outside the signal are zeros.
Eigen::MatrixXf gather_spikes(const Eigen::MatrixXf& signal, const TemplateWindow& window, const SpikePositions& train,
                              const DelayBank& bank);

}  // namespace bmiss
