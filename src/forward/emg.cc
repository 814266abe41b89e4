#include "forward/emg.h"

#include <cmath>

#include "base/errors.h"
#include "base/parameters.h"
#include "base/tsv_file.h"
#include "forward/fractional_delay.h"

namespace bmiss {
namespace {

void require_equal_numbers(std::size_t muaps, std::size_t trains) {
  if (muaps != trains)
    throw InputError("there are " + std::to_string(muaps) + " motor unit action potentials but " +
                     std::to_string(trains) + " spike trains; give one train for each unit");
}

void add_noise(Recording& recording, const EmgOptions& options, unsigned seed) {
  Eigen::MatrixXd& signal = recording.signal;
  const double power = signal.squaredNorm() / static_cast<double>(signal.size());
  if (!(power > 0))
    throw InputError("no motor unit fires in the recording, so a signal-to-noise ratio of " +
                     format_real(options.signal_to_noise) + " dB has no meaning; raise the drive or record longer");
  Eigen::Matrix3Xd positions(3, signal.rows());
  for (Eigen::Index e = 0; e < signal.rows(); ++e)
    positions.col(e) = recording.channels[static_cast<std::size_t>(e)].position;
  const double deviation = std::sqrt(power * std::pow(10, -options.signal_to_noise / 10));
  signal += deviation * make_noise(positions, signal.cols(), options.rate, options.noise, seed);
}

}  // namespace

void EmgOptions::declare_parameters(Parameters& p) {
  const EmgOptions o;
  {
    const Parameters::Section section(p, "EMG");
    p.declare_real("Rate", o.rate, "Hz", {100, 1e6}, "samples per second");
    p.declare_real("Duration", o.duration, "s", {0.01, 1e5}, "of the recording");
    p.declare_real("Signal to noise", o.signal_to_noise, "dB", {-100, 300},
                   "mean power of the noise-free channels over that of the noise added to each");
  }
  NoiseOptions::declare_parameters(p);
}

EmgOptions EmgOptions::parse_parameters(const Parameters& p) {
  const NoiseOptions noise = NoiseOptions::parse_parameters(p);
  const Parameters::Section section(p, "EMG");
  return {p.real("Rate"), p.real("Duration"), p.real("Signal to noise"), noise};
}

Eigen::MatrixXd convolve_spikes(const std::vector<Muap>& muaps, const std::vector<SpikeTrain>& trains, double rate,
                                Eigen::Index n_samples) {
  require_equal_numbers(muaps.size(), trains.size());
  Eigen::MatrixXd signal = Eigen::MatrixXd::Zero(muaps.empty() ? 0 : muaps.front().waveform.rows(), n_samples);
  for (std::size_t i = 0; i < muaps.size(); ++i) {
    const Muap& muap = muaps[i];
    if (muap.rate != rate)
      throw InputError("the action potential of unit " + std::to_string(muap.unit) + " is sampled at " +
                       format_real(muap.rate) + " Hz but the recording at " + format_real(rate) +
                       " Hz; compute it at the rate of the recording");
    if (muap.waveform.rows() != signal.rows())
      throw InputError("the action potential of unit " + std::to_string(muap.unit) + " has " +
                       std::to_string(muap.waveform.rows()) + " channels but that of unit " +
                       std::to_string(muaps.front().unit) + " has " + std::to_string(signal.rows()));
    if (trains[i].empty()) continue;
    const DelayedWaveform delayed(muap.waveform);
    for (const double spike : trains[i]) delayed.add_to(signal, spike * rate);
  }
  return signal;
}

Recording synthesise_emg(const std::vector<Muap>& muaps, const std::vector<SpikeTrain>& trains,
                         const ElectrodeArray& electrodes, const EmgOptions& options, unsigned seed) {
  for (const auto& muap : muaps)
    if (muap.waveform.rows() != static_cast<Eigen::Index>(electrodes.electrodes.size()))
      throw InputError("the action potential of unit " + std::to_string(muap.unit) + " has " +
                       std::to_string(muap.waveform.rows()) + " channels but there are " +
                       std::to_string(electrodes.electrodes.size()) +
                       " electrodes; both must come from one lead field");
  Recording recording;
  recording.rate = options.rate;
  recording.source = "simulated";
  for (const auto& electrode : electrodes.electrodes) {
    Channel channel;
    channel.name = channel.electrode = electrode.name;
    channel.reference = electrodes.reference.name;
    channel.group = electrode.group;
    if (electrode.kind == ElectrodeKind::needle) channel.electrode_type = "needle";
    if (electrode.kind == ElectrodeKind::wire) channel.electrode_type = "wire";
    channel.position = electrode.position;
    recording.channels.push_back(channel);
  }
  recording.signal = convolve_spikes(muaps, trains, options.rate, std::lround(options.duration * options.rate));
  if (std::isfinite(options.signal_to_noise)) add_noise(recording, options, seed);
  return recording;
}

}  // namespace bmiss
