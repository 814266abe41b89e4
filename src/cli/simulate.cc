// bmiss simulate: lead field, motor units, drive -> MUAPs and a recording with its true spikes.
#include <cmath>
#include <filesystem>
#include <limits>

#include "anatomy/surface_locator.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/nearest_name.h"
#include "base/output_file.h"
#include "base/report.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "cli/forward_model.h"
#include "cli/stages.h"
#include "cli/study.h"
#include "forward/emg.h"
#include "forward/motor_unit_placement.h"
#include "forward/muap.h"
#include "forward/muap_picture.h"
#include "forward/referenced_lead_field.h"
#include "forward/territory_sites.h"
#include "physiology/drive.h"
#include "recording/recording_file.h"
#include "recording/spike_events.h"

namespace bmiss {
namespace {

// What every rank knows.
struct MotorPool {
  std::unique_ptr<LeadField> lead_field;
  std::string muscle;
  std::unique_ptr<MotoneuronPool> pool;
  MuscleFrame frame;
  std::vector<MotorUnit> units;
  std::vector<Muap> muaps;
};

// The same on every rank; only rank 0 reads the mesh, and only when the place of the units depends on it.
std::vector<MotorUnit> place_units(const Study& study, const MotorPool& made, const std::vector<FibrePath>& paths) {
  PlacementOptions placement = PlacementOptions::parse_parameters(study.parameters());
  placement.n_units = made.pool->size();
  const SiteOptions options = SiteOptions::parse_parameters(study.parameters());
  if (options.everywhere()) return place_motor_units(made.muscle, paths, placement, study.seed());
  std::vector<int> sites;
  on_rank_zero(MPI_COMM_WORLD, [&] {
    const Surface skin = skin_of(study.folder());
    sites = territory_sites(made.muscle, paths, made.lead_field->electrodes().electrodes, made.frame,
                            SurfaceLocator(skin), options);
  });
  auto n_sites = static_cast<int>(sites.size());
  MPI_Bcast(&n_sites, 1, MPI_INT, 0, MPI_COMM_WORLD);
  sites.resize(static_cast<std::size_t>(n_sites));
  MPI_Bcast(sites.data(), n_sites, MPI_INT, 0, MPI_COMM_WORLD);
  return place_motor_units(made.muscle, paths, sites, placement, study.seed());
}

MotorPool make_motor_pool(const Study& study, double rate, Report& report) {
  const Parameters& p = study.parameters();
  MotorPool result;
  result.lead_field = lead_field_of(study, study.folder());
  const FibreAtlas atlas = read_fibres(study.file("fibres.h5"));
  result.muscle = muscle_of(study, atlas, result.lead_field->electrodes());
  const auto action_potential = action_potential_of(study);
  result.pool = motoneuron_pools().create(study.text("Motor units", "Pool"));
  result.pool->parse_parameters(p);
  result.frame = muscle_frame(result.lead_field->electrodes().electrodes, atlas.lines_of_action.at(result.muscle));
  result.units = place_units(study, result, atlas.paths.at(result.muscle));
  const int label = TissueTable::read(study.file("mesh_tissues.txt")).by_name(result.muscle).label;
  for (MotorUnit& unit : result.units) unit.label = label;
  const int n_samples = muap_samples(result.units, *action_potential, rate);
  SynthesisOptions options;
  options.communicator = MPI_COMM_WORLD;
  result.muaps =
      synthesise_muaps(result.units, *result.lead_field, *action_potential, rate, n_samples, report, options);
  return result;
}

void write_units(const Study& study, const MotorPool& made, const std::vector<SpikeTrain>& trains) {
  const Surface skin = skin_of(study.folder());
  const SurfaceLocator locator(skin);
  TsvFile table;
  table.set_columns({"unit_id", "muscle", "x_mm", "y_mm", "z_mm", "depth_mm", "territory_radius_mm",
                     "innervation_zone_mm", "proximal_end_mm", "distal_end_mm", "velocity_m_per_s", "n_fibres",
                     "size_S_um", "recruitment_threshold", "n_spikes", "peak_to_peak_uV"});
  for (std::size_t i = 0; i < made.units.size(); ++i) {
    const MotorUnit& u = made.units[i];
    const UnitPlace place = place_of(u, made.frame, locator);
    const auto& w = made.muaps[i].waveform;
    const double largest = (w.rowwise().maxCoeff() - w.rowwise().minCoeff()).maxCoeff();
    table.add_row({std::to_string(u.id), u.muscle, format_real(place.position.x() * 1e3),
                   format_real(place.position.y() * 1e3), format_real(place.position.z() * 1e3),
                   format_real(place.depth * 1e3), format_real(u.territory_radius * 1e3),
                   format_real(place.innervation_zone * 1e3), format_real(place.proximal_end * 1e3),
                   format_real(place.distal_end * 1e3), format_real(place.velocity), std::to_string(u.n_fibres),
                   format_real(place.size * 1e6), format_real(made.pool->recruitment_threshold(static_cast<int>(i))),
                   std::to_string(trains[i].size()), format_real(largest * 1e6)});
  }
  table.write(study.file("true_units.tsv"));
}

void write_simulation(const Study& study, const MotorPool& made, const EmgOptions& options, Report& report) {
  const auto& [lead_field, muscle, pool, frame, units, muaps] = made;
  const DriveOptions drive = DriveOptions::parse_parameters(study.parameters());
  const auto trains =
      pool->fire(trapezoid_drive(drive, options.duration, options.rate), options.rate, study.seed() + 1);
  const Recording recording = synthesise_emg(muaps, trains, lead_field->electrodes(), options, study.seed() + 2);

  const BidsName name;
  std::filesystem::remove_all(study.file("recording"));  // an earlier one may have had other electrodes
  const std::string edf = write_bids_recording(recording, study.file("recording"), name);
  std::vector<UnitSpikes> truth;
  std::size_t active = 0, spikes = 0;
  for (std::size_t i = 0; i < trains.size(); ++i) {
    if (trains[i].empty()) continue;
    truth.push_back({units[i].id, trains[i]});
    ++active;
    spikes += trains[i].size();
  }
  write_spike_events(truth, options.rate, events_path(study.file("recording"), name, "truth"));
  write_muaps(muaps, units, *lead_field, study.file("muaps.h5"));
  write_units(study, made, trains);

  // Picture: the largest unit that fires.
  std::size_t shown = 0;
  for (std::size_t i = 0; i < trains.size(); ++i)
    if (!trains[i].empty()) shown = i;
  draw_muap(muaps[shown], lead_field->electrodes(), study.file("muap.png"));

  const double rms = std::sqrt(recording.signal.squaredNorm() / static_cast<double>(recording.signal.size()));
  Table table({"simulated", "value", "unit"});
  table.add_row({"muscle", muscle, ""});
  table.add_row({"motor units (active)", std::to_string(units.size()) + " (" + std::to_string(active) + ")", ""});
  table.add_row({"spikes", std::to_string(spikes), ""});
  table.add_row({"channels", std::to_string(recording.channels.size()), ""});
  table.add_row({"duration", format("%.1f", recording.duration()), "s"});
  table.add_row({"EMG rms", format("%.2f", rms * 1e6), "µV"});
  report.table(table);
  report.fact("simulate/active units", static_cast<double>(active));
  report.fact("simulate/emg rms, V", rms);
  report.line("  wrote " + edf);
}

}  // namespace

void run_simulate(const Study& study, Report& report) {
  const Phase phase(report, "simulate");
  const EmgOptions options = EmgOptions::parse_parameters(study.parameters());
  const MotorPool made = make_motor_pool(study, options.rate, report);
  on_rank_zero(MPI_COMM_WORLD, [&] { write_simulation(study, made, options, report); });
}

}  // namespace bmiss
