// Single-fibre action potentials on a forearm from label maps, mesh by mesh: the same two fibres and electrodes, finer
// edges. What still changes between the last two meshes is what the mesh costs.
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "anatomy/fibres.h"
#include "base/mpi_session.h"
#include "base/table.h"
#include "benchmarks/machine.h"
#include "benchmarks/program_run.h"
#include "benchmarks/sections.h"
#include "physiology/action_potential.h"
#include "physiology/muscle_fibre.h"
#include "solvers/lead_field/store.h"
#include "support/test_files.h"

namespace bmiss::bench {
namespace {

constexpr double limit = 0.02;  // of the peak-to-peak amplitude, between the last two meshes

struct Level {
  double interface_edge, largest_edge, electrode_edge;  // [mm]
};
constexpr Level levels[] = {{3.0, 8.0, 1.5}, {2.2, 6.0, 1.1}, {1.6, 4.4, 0.8}};

Overrides settings_of(const Level& level) {
  const auto text = [](double value) { return format("%g", value); };
  Overrides settings = {"Grids/grid1/Rows=4",     "Grids/grid1/Columns=4",
                        "Grids/grid1/Radius=2",   "Contour/Edge length=" + text(level.interface_edge),
                        "Fibres/Step=0.5",        "Mesh/Largest edge=" + text(level.largest_edge),
                        "Solver/Tolerance=1e-10", "Mesh/Electrode edge=" + text(level.electrode_edge)};
  return settings;
}

struct ProbeFibre {
  std::string name, muscle;
  MuscleFibre fibre;
  double depth = 0;  // least distance to an electrode [m]
};

double distance_to(const ElectrodeArray& array, const Eigen::Matrix3Xd& path) {
  double nearest = INFINITY;
  for (const Electrode& e : array.electrodes)
    nearest = std::min(nearest, (path.colwise() - e.position).colwise().norm().minCoeff());
  return nearest;
}

// Without extruded ends, whose length differs from mesh to mesh, and the last 10 mm before them.
Eigen::Matrix3Xd inner_part(const FibrePath& path) {
  const auto front = static_cast<Eigen::Index>(std::ceil((path.beyond_proximal + 10e-3) / path.step)),
             back = static_cast<Eigen::Index>(std::ceil((path.beyond_distal + 10e-3) / path.step));
  return path.points.middleCols(front, path.points.cols() - front - back);
}

// The path of a muscle that lies nearest to or farthest from the electrodes, among those of at least 80 mm.
ProbeFibre probe(const FibreAtlas& atlas, const ElectrodeArray& array, const std::string& muscle, double sign) {
  ProbeFibre best{sign > 0 ? "shallow" : "deep", muscle, {}, 0};
  double best_score = INFINITY;
  for (const FibrePath& path : atlas.paths.at(muscle)) {
    if (path.length_in_limb() < 80e-3) continue;
    const Eigen::Matrix3Xd points = inner_part(path);
    const double depth = distance_to(array, points);
    if (sign * depth >= best_score) continue;
    best_score = sign * depth;
    best.depth = depth;
    best.fibre.path = points;
    best.fibre.step = path.step;
    best.fibre.junction = path.step * static_cast<double>(points.cols() - 1) / 2;
    best.fibre.velocity = 4.0;
    best.fibre.radius = 25e-6;
    best.fibre.intracellular_conductivity = 1.0;
  }
  if (best.fibre.path.cols() == 0) throw std::runtime_error("no fibre of " + muscle + " is 80 mm long");
  return best;
}

double peak_to_peak(const Eigen::VectorXd& signal) {
  return signal.maxCoeff() - signal.minCoeff();
}

// Electrodes that see at least a third of what the best one sees: worst relative change of the peak-to-peak value, and
// of the signals as a whole.
struct Change {
  double peak_to_peak = 0, rms = 0;
};
Change change_of(const Eigen::MatrixXd& coarse, const Eigen::MatrixXd& fine) {
  double largest = 0;
  for (Eigen::Index e = 0; e < fine.rows(); ++e) largest = std::max(largest, peak_to_peak(fine.row(e)));
  Change change;
  for (Eigen::Index e = 0; e < fine.rows(); ++e) {
    const double size = peak_to_peak(fine.row(e));
    if (size < largest / 3) continue;
    change.peak_to_peak = std::max(change.peak_to_peak, std::abs(peak_to_peak(coarse.row(e)) - size) / size);
    change.rms = std::max(change.rms, (coarse.row(e) - fine.row(e)).norm() / fine.row(e).norm());
  }
  return change;
}

std::string percent(double value) {
  return format("%.2f %%", 100 * value);
}

}  // namespace

bool convergence_section(const Overrides& overrides) {
  if (!std::filesystem::exists(test::shared_path("data/anatomy/forearm_bp3d_1mm.nii.gz"))) {
    skip(test::shared_path("data/anatomy/forearm_bp3d_1mm.nii.gz") + " is not here");
    return true;
  }
  const std::string parameters = std::string("'") + BMISS_SOURCE_DIR + "/tests/anatomy/forearm.prm'";
  const test::ScratchFolder folder;
  const auto times = Eigen::VectorXd::LinSpaced(241, 0, 0.03);  // [s]
  const auto action_potential = action_potentials().create("rosenfalck");
  std::vector<ProbeFibre> fibres;
  std::vector<Eigen::MatrixXd> before;
  Table table({"interface edge mm", "unknowns", "fibre", "depth mm", "peak to peak uV", "change", "rms of the change",
               "limit", "verdict"});
  bool kept = true;
  // All programs first: what mpirun starts must not inherit the environment of an MPI process.
  std::vector<RunFacts> runs;
  const auto results_of = [&](const Level& level) { return folder / format("%g", level.interface_edge); };
  for (const Level& level : levels) {
    Overrides settings = settings_of(level);
    settings.insert(settings.end(), overrides.begin(), overrides.end());
    run_program("mesh " + parameters, results_of(level), settings, 0);
    runs.push_back(run_program("leadfield " + parameters, results_of(level), settings, cores() > 1 ? 2 : 1));
  }
  int argc = 0;
  char** argv = nullptr;
  const MpiSession session(argc, argv);
  for (const Level& level : levels) {
    const RunFacts& run = runs[static_cast<std::size_t>(&level - std::begin(levels))];
    const std::string results = results_of(level);
    const auto field = open_lead_field(results + "/lead_field.h5");
    if (fibres.empty()) {
      const FibreAtlas atlas = read_fibres(results + "/fibres.h5");
      fibres = {probe(atlas, field->electrodes(), "extensor_digitorum", 1),
                probe(atlas, field->electrodes(), "flexor_digitorum_profundus", -1)};
      before.resize(fibres.size());
    }
    const bool last = &level == std::end(levels) - 1;
    for (std::size_t i = 0; i < fibres.size(); ++i) {
      const ProbeFibre& probe = fibres[i];
      const Eigen::MatrixXd signals =
          field->potential(probe.fibre.path) * fibre_currents(probe.fibre, *action_potential, times);
      double largest = 0;
      for (Eigen::Index e = 0; e < signals.rows(); ++e) largest = std::max(largest, peak_to_peak(signals.row(e)));
      std::vector<std::string> row = {format("%g", level.interface_edge), run.cell("%.0f", "solver/unknowns"),
                                      probe.name + ", " + probe.muscle, format("%.1f", 1e3 * probe.depth),
                                      format("%.4g", 1e6 * largest)};
      if (before[i].size() == 0) {
        row.insert(row.end(), {"", "", "", ""});
      } else {
        const Change change = change_of(before[i], signals);
        const bool ok = change.peak_to_peak <= limit;
        kept = kept && (ok || !last);
        row.insert(row.end(), {percent(change.peak_to_peak), percent(change.rms), last ? percent(limit) : "",
                               last ? (ok ? "ok" : "FAIL") : ""});
      }
      table.add_row(row);
      before[i] = signals;
    }
  }
  std::cout << table.text() << std::flush;
  return kept;
}

}  // namespace bmiss::bench
