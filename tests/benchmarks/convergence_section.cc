// Single-fibre action potentials on a forearm from label maps, mesh by mesh: fibres and electrodes stay where they are
// in space, only the mesh gets finer. What still changes between the last two meshes is what the mesh costs.
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "anatomy/fibres.h"
#include "base/mpi_session.h"
#include "base/table.h"
#include "benchmarks/machine.h"
#include "benchmarks/probe_fibre.h"
#include "benchmarks/program_run.h"
#include "benchmarks/sections.h"
#include "forward/line_filter.h"
#include "physiology/action_potential.h"
#include "solvers/lead_field/store.h"
#include "support/test_files.h"

namespace bmiss::bench {
namespace {

constexpr double limit = 0.02;             // of the peak-to-peak amplitude, between the last two meshes
constexpr double smallest_part = 1.0 / 3;  // of the largest amplitude: electrodes that see less are left out

struct Level {
  double interface_edge, largest_edge, electrode_edge;  // [mm]
  std::string name() const { return format("%g", interface_edge); }
};
// All edges by a quarter finer from level to level. The largest edge is that inside muscles, where fibres are: it
// decides, not that of the interfaces.
const std::vector<Level> levels = {{2.5, 2.0, 1.0}, {2.0, 1.6, 0.8}, {1.6, 1.28, 0.64}};

struct Probe {
  std::string name, muscle;
  int label;
  Depth which;
  bool limited;
};
const std::vector<Probe> probes = {{"shallow", "extensor_digitorum", 14, Depth::shallowest, true},
                                   {"under it", "extensor_carpi_radialis_brevis", 13, Depth::shallowest, false},
                                   {"deep", "flexor_digitorum_profundus", 26, Depth::deepest, true}};

Overrides settings_of(const Level& level, const std::string& electrodes) {
  const auto text = [](double value) { return format("%g", value); };
  Overrides settings = {"Grids/grid1/Rows=4",
                        "Grids/grid1/Columns=4",
                        "Grids/grid1/Radius=2",
                        "Fibres/Step=0.5",
                        "Contour/Edge length=" + text(level.interface_edge),
                        "Mesh/Largest edge=" + text(level.largest_edge),
                        "Mesh/Electrode edge=" + text(level.electrode_edge)};
  if (!electrodes.empty()) {
    settings.emplace_back("Grids/grid1/Layout=positions");
    settings.emplace_back("Grids/grid1/Positions=" + electrodes);
  }
  return settings;
}

double peak_to_peak(const Eigen::VectorXd& signal) {
  return signal.maxCoeff() - signal.minCoeff();
}

double largest_amplitude(const Eigen::MatrixXd& signals) {
  return (signals.rowwise().maxCoeff() - signals.rowwise().minCoeff()).maxCoeff();
}

// Worst over the electrodes that see enough: relative change of the peak-to-peak value, and of the whole signal.
struct Change {
  double peak_to_peak = 0, rms = 0;
};
Change change_of(const Eigen::MatrixXd& coarse, const Eigen::MatrixXd& fine) {
  const double largest = largest_amplitude(fine);
  Change change;
  for (Eigen::Index e = 0; e < fine.rows(); ++e) {
    const double size = peak_to_peak(fine.row(e));
    if (size < smallest_part * largest) continue;
    change.peak_to_peak = std::max(change.peak_to_peak, std::abs(peak_to_peak(coarse.row(e)) - size) / size);
    change.rms = std::max(change.rms, (coarse.row(e) - fine.row(e)).norm() / fine.row(e).norm());
  }
  return change;
}

// Signals [n_electrodes x n_times] of every probe in the lead field of one level.
std::vector<Eigen::MatrixXd> signals_on(const std::string& folder, const std::vector<ProbeFibre>& fibres) {
  const auto field = open_lead_field(folder + "/lead_field.h5");
  const auto action_potential = action_potentials().create("rosenfalck");
  const auto times = Eigen::VectorXd::LinSpaced(241, 0, 0.03);  // [s]
  std::vector<Eigen::MatrixXd> signals;
  for (const ProbeFibre& probe : fibres)
    signals.push_back(potential_along(*field, probe.fibre.path, probe.fibre.step) *
                      fibre_currents(probe.fibre, *action_potential, times));
  return signals;
}

std::string percent(double value) {
  return format("%.2f %%", 100 * value);
}

// One row for every level and probe; true when every limit is kept.
bool compare(const std::vector<std::string>& folders, const std::vector<RunFacts>& runs,
             const std::vector<ProbeFibre>& fibres) {
  Table table({"interface edge mm", "inside", "unknowns", "fibre", "depth mm", "peak to peak uV", "change", "limit",
               "rms of the change", "verdict"});
  bool kept = true;
  std::vector<Eigen::MatrixXd> before;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const auto signals = signals_on(folders[l], fibres);
    for (std::size_t i = 0; i < probes.size(); ++i) {
      std::vector<std::string> row = {levels[l].name(),
                                      format("%g", levels[l].largest_edge),
                                      runs[l].cell("%.0f", "solver/unknowns"),
                                      probes[i].name + ", " + probes[i].muscle,
                                      format("%.1f", 1e3 * fibres[i].depth),
                                      format("%.4g", 1e6 * largest_amplitude(signals[i]))};
      if (before.empty()) {
        row.insert(row.end(), {"", "", "", ""});
      } else {
        const Change change = change_of(before[i], signals[i]);
        const bool judged = l + 1 == levels.size() && probes[i].limited, ok = change.peak_to_peak <= limit;
        kept = kept && (ok || !judged);
        row.insert(row.end(), {percent(change.peak_to_peak), judged ? format("%.0f %%", 100 * limit) : "",
                               percent(change.rms), judged ? (ok ? "ok" : "FAIL") : ""});
      }
      table.add_row(row);
    }
    before = signals;
  }
  const ProbeRule rule;
  std::cout
      << "  the same fibres, traced on the finest mesh, and the same 16 electrodes in space on every mesh; fibres "
         "at least "
      << format("%.0f mm", 1e3 * rule.clearance) << " inside their muscle and "
      << format("%.0f mm", 1e3 * rule.shortest) << " long; worst electrode of those that see a third of the largest\n"
      << table.text() << std::flush;
  return kept;
}

}  // namespace

bool convergence_section(const Overrides& overrides) {
  const std::string map = test::shared_path("data/anatomy/forearm_bp3d_1mm.nii.gz");
  if (!std::filesystem::exists(map)) {
    skip(map + " is not here");
    return true;
  }
  const std::string parameters = std::string("'") + BMISS_SOURCE_DIR + "/tests/anatomy/forearm.prm'";
  const test::ScratchFolder scratch;
  // All programs first: what mpirun starts must not inherit the environment of an MPI process.
  std::vector<RunFacts> runs;
  std::vector<std::string> folders;
  for (const Level& level : levels) {
    const std::string placed = folders.empty() ? "" : folders.front() + "/electrodes.tsv";
    folders.push_back(scratch / level.name());
    Overrides settings = settings_of(level, placed);
    settings.insert(settings.end(), overrides.begin(), overrides.end());
    run_program("mesh " + parameters, folders.back(), settings, 0);
    runs.push_back(run_program("leadfield " + parameters, folders.back(), settings, cores() > 1 ? 2 : 1));
  }
  int argc = 0;
  char** argv = nullptr;
  const MpiSession session(argc, argv);
  const FibreAtlas atlas = read_fibres(folders.back() + "/fibres.h5");
  const ElectrodeArray array = open_lead_field(folders.back() + "/lead_field.h5")->electrodes();
  const LabelMap labels = read_label_map(map);
  std::vector<ProbeFibre> fibres;
  for (const Probe& probe : probes)
    fibres.push_back(find_probe(atlas, labels, array, probe.muscle, probe.label, probe.which, {}));
  return compare(folders, runs, fibres);
}

}  // namespace bmiss::bench
