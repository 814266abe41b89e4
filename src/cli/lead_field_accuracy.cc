#include "cli/lead_field_accuracy.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "anatomy/fibres.h"
#include "anatomy/mesh_file.h"
#include "base/hdf5_file.h"
#include "base/report.h"
#include "base/table.h"
#include "cli/study.h"
#include "forward/probe_fibres.h"
#include "solvers/lead_field/file_layout.h"
#include "solvers/lead_field/store.h"

namespace bmiss {
namespace {

constexpr std::size_t most_muscles = 3;
constexpr double bearable = 0.1;  // estimated error of an action potential

// Those that the study names, else all.
std::vector<std::string> muscles_of(const Study& study, const FibreAtlas& atlas) {
  std::set<std::string> names = {study.text("Motor units", "Muscle")};
  for (const GridOptions& grid : study.grids()) names.insert(grid.muscle);
  std::vector<std::string> all, named;
  for (const auto& entry : atlas.paths) {
    all.push_back(entry.first);
    if (names.count(entry.first) > 0) named.push_back(entry.first);
  }
  return named.empty() ? all : named;
}

void show_probes(const Study& study, Report& report) {
  const FibreAtlas atlas = read_fibres(study.file("fibres.h5"));
  const auto lead_field = open_lead_field(study.file("lead_field.h5"));
  const auto probes = examine_probe_fibres(atlas, muscles_of(study, atlas), *lead_field, most_muscles);
  if (probes.empty()) return;
  Table table({"action potential of one fibre in", "depth, mm", "peak to peak, nV", "estimated error"});
  std::vector<double> depths, sizes, errors;
  for (const ProbeFibre& probe : probes) {
    table.add_row({probe.muscle, format("%.1f", 1e3 * probe.depth), format("%.3g", 1e9 * probe.peak_to_peak),
                   format("%.1f %%", 100 * probe.error)});
    depths.push_back(probe.depth);
    sizes.push_back(probe.peak_to_peak);
    errors.push_back(probe.error);
  }
  report.table(table);
  report.fact("lead field/probe fibres/depth, m", depths);
  report.fact("lead field/probe fibres/peak to peak, V", sizes);
  report.fact("lead field/probe fibres/estimated relative error", errors);
  if (const double worst = *std::max_element(errors.begin(), errors.end()); worst > bearable)
    report.warn("action potentials of single fibres may be wrong by " + format("%.0f %%", 100 * worst) +
                "; a smaller 'Mesh/Muscle edge' helps");
}

void write_indicator(const Study& study, const TetMesh& mesh) {
  const auto indicator = Hdf5File(study.file("lead_field.h5"), Hdf5File::Mode::read).read_all<float>(element_indicator);
  if (indicator.size() != mesh.n_tets()) return;
  Eigen::RowVectorXd density(static_cast<Eigen::Index>(indicator.size()));
  for (std::size_t t = 0; t < indicator.size(); ++t)
    density[static_cast<Eigen::Index>(t)] = std::log10(std::max<double>(indicator[t], 1e-30) / mesh.volume(t));
  write_vtu(mesh, study.file("lead_field_error.vtu"), {{"log10 of the error indicator per volume", density}}, {});
}

}  // namespace

void show_accuracy(const Study& study, const TetMesh& mesh, Report& report) {
  const Phase phase(report, "accuracy");
  show_probes(study, report);
  write_indicator(study, mesh);
}

}  // namespace bmiss
