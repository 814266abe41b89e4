#include "cli/decomposed_units.h"

#include "base/tsv_file.h"
#include "cli/study.h"
#include "inversion/properties/decomposition_picture.h"
#include "inversion/properties/neural_drive.h"
#include "inversion/properties/unit_waveforms.h"
#include "recording/channel_layout.h"
#include "recording/spike_events.h"

namespace bmiss {
namespace {

struct Column {
  std::string name, unit;
  double scale;  // from SI
  Measured UnitProperties::*property;
};

const std::vector<Column>& columns() {
  static const std::vector<Column> list = {{"x", "mm", 1e3, &UnitProperties::x},
                                           {"y", "mm", 1e3, &UnitProperties::y},
                                           {"z", "mm", 1e3, &UnitProperties::z},
                                           {"depth", "mm", 1e3, &UnitProperties::depth},
                                           {"territory_radius", "mm", 1e3, &UnitProperties::territory_radius},
                                           {"innervation_zone", "mm", 1e3, &UnitProperties::innervation_zone},
                                           {"proximal_end", "mm", 1e3, &UnitProperties::proximal_end},
                                           {"distal_end", "mm", 1e3, &UnitProperties::distal_end},
                                           {"velocity", "m_per_s", 1, &UnitProperties::velocity},
                                           {"size", "S_um", 1e6, &UnitProperties::size}};
  return list;
}

std::string or_not_known(bool known, double value) {
  return known ? format_real(value) : "n/a";
}

void write_units(const ModelDecomposition& result, const NeuralDrive& drive, const std::string& path) {
  std::vector<std::string> names = {"unit_id",
                                    "status",
                                    "n_spikes",
                                    "mean_rate_Hz",
                                    "isi_cov",
                                    "silhouette",
                                    "pulse_to_noise_dB",
                                    "recruitment_drive_Hz",
                                    "d_prime",
                                    "explained",
                                    "muscle"};
  for (const Column& c : columns()) {
    names.push_back(c.name + "_" + c.unit);
    names.push_back(c.name + "_sd_" + c.unit);
  }
  TsvFile table;
  table.set_columns(names);
  for (std::size_t i = 0; i < result.units.size(); ++i) {
    const ModelledUnit& u = result.units[i];
    const std::string status = !result.warning.empty() ? "blind: " + result.warning
                               : !u.fit.reason.empty() && !u.fit.converged
                                   ? "accepted; fit not converged: " + u.fit.reason
                                   : "accepted";
    const bool modelled = u.separability > 0, blind = u.unit.pulse_to_noise != 0;
    std::vector<std::string> row = {std::to_string(u.unit.spikes.id),
                                    status,
                                    std::to_string(u.unit.spikes.times.size()),
                                    format_real(u.unit.mean_rate),
                                    format_real(u.unit.isi_cov),
                                    format_real(u.unit.silhouette),
                                    or_not_known(blind, u.unit.pulse_to_noise),
                                    format_real(drive.at_recruitment[i]),
                                    or_not_known(modelled, u.separability),
                                    or_not_known(modelled, u.explained),
                                    u.fitted() ? u.properties.muscle : "n/a"};
    for (const Column& c : columns()) {
      const Measured& m = u.properties.*c.property;
      row.push_back(or_not_known(u.fitted(), c.scale * m.value));
      row.push_back(or_not_known(u.fitted(), c.scale * m.deviation));
    }
    table.add_row(row);
  }
  int id = static_cast<int>(result.units.size());
  for (const RejectedUnit& u : result.rejected) {
    std::vector<std::string> row(names.size(), "n/a");
    row[0] = std::to_string(id++);
    row[1] = "rejected in round " + std::to_string(u.round) + ": " + u.reason;
    row[2] = std::to_string(u.n_spikes);
    table.add_row(row);
  }
  table.write(path);
}

void draw(const Recording& recording, const std::vector<UnitSpikes>& spikes, const NeuralDrive& drive,
          const PrepareOptions& prepare, const std::string& path) {
  const UnitWaveforms waveforms = unit_waveforms(recording, spikes, prepare);
  std::vector<Channel> channels;
  for (const Eigen::Index row : waveforms.channels)
    channels.push_back(recording.channels[static_cast<std::size_t>(row)]);
  draw_decomposition(spikes, drive, waveforms, channel_layout(channels), recording.duration(), path);
}

}  // namespace

void write_decomposition(const Study& study, const Recording& recording, const ModelDecomposition& result,
                         const PrepareOptions& prepare) {
  std::vector<UnitSpikes> spikes;
  for (const auto& unit : result.units) spikes.push_back(unit.unit.spikes);
  const NeuralDrive drive = neural_drive(spikes, recording.duration());
  write_spike_events(spikes, recording.rate, study.file("decomposed_events.tsv"));
  write_units(result, drive, study.file("units.tsv"));
  write_neural_drive(drive, study.file("neural_drive.tsv"));
  draw(recording, spikes, drive, prepare, study.file("decomposition.png"));
}

}  // namespace bmiss
