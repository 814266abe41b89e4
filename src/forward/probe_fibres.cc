#include "forward/probe_fibres.h"

#include <algorithm>
#include <limits>

#include "forward/line_filter.h"
#include "physiology/muscle_fibre.h"

namespace bmiss {
namespace {

constexpr double shortest = 40e-3;          // [m]
constexpr double smallest_part = 1.0 / 3;   // of the largest amplitude
constexpr double interval = 1.0 / 4096;     // of the signals [s]
const std::string standard = "rosenfalck";  // action potential

struct Candidate {
  const FibrePath* path;
  double depth;
};

double depth_of(const FibrePath& path, const Eigen::Matrix3Xd& electrodes) {
  double least = std::numeric_limits<double>::infinity();
  for (Eigen::Index e = 0; e < electrodes.cols(); ++e)
    least = std::min(least, (path.points.colwise() - electrodes.col(e)).colwise().squaredNorm().minCoeff());
  return std::sqrt(least);
}

// Long fibres of a muscle by depth.
std::vector<Candidate> candidates(const std::vector<FibrePath>& paths, const Eigen::Matrix3Xd& electrodes) {
  std::vector<Candidate> found;
  for (const FibrePath& path : paths)
    if (path.length() >= shortest) found.push_back({&path, depth_of(path, electrodes)});
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.depth < b.depth; });
  return found;
}

double peak_to_peak(const Eigen::RowVectorXd& signal) {
  return signal.maxCoeff() - signal.minCoeff();
}

ProbeFibre examine(const std::string& muscle, const Candidate& candidate, const LeadField& lead_field) {
  MuscleFibre fibre;
  fibre.path = candidate.path->points;
  fibre.step = candidate.path->step;
  fibre.junction = fibre.length() / 2;
  const auto action_potential = action_potentials().create(standard);
  const double latest = (fibre.length() / 2 + action_potential->extent()) / fibre.velocity;
  const auto n = static_cast<Eigen::Index>(latest / interval) + 2;
  const Eigen::MatrixXd currents =
      fibre_currents(fibre, *action_potential, Eigen::VectorXd::LinSpaced(n, 0, interval * static_cast<double>(n - 1)));
  const Eigen::MatrixXd field = lead_field.potential(fibre.path);
  const Eigen::VectorXd widths = lead_field.smoothing_widths(fibre.path);
  const Eigen::MatrixXd smooth = smoothed_along(field, fibre.step, widths) * currents,
                        smoother = smoothed_along(field, fibre.step, 2 * widths) * currents;
  ProbeFibre probe{muscle, candidate.depth, 0, 0};
  for (const auto& signal : smooth.rowwise()) probe.peak_to_peak = std::max(probe.peak_to_peak, peak_to_peak(signal));
  for (Eigen::Index e = 0; e < smooth.rows(); ++e)
    if (peak_to_peak(smooth.row(e)) >= smallest_part * probe.peak_to_peak)
      probe.error = std::max(probe.error, (smoother.row(e) - smooth.row(e)).norm() / smooth.row(e).norm());
  return probe;
}

}  // namespace

std::vector<ProbeFibre> examine_probe_fibres(const FibreAtlas& atlas, const std::vector<std::string>& muscles,
                                             const LeadField& lead_field, std::size_t most_muscles) {
  const auto& electrodes = lead_field.electrodes().electrodes;
  Eigen::Matrix3Xd places(3, static_cast<Eigen::Index>(electrodes.size()));
  for (std::size_t e = 0; e < electrodes.size(); ++e) places.col(static_cast<Eigen::Index>(e)) = electrodes[e].position;
  std::vector<std::pair<std::string, std::vector<Candidate>>> found;
  for (const std::string& muscle : muscles) {
    const auto paths = atlas.paths.find(muscle);
    if (paths == atlas.paths.end()) continue;
    if (auto list = candidates(paths->second, places); !list.empty()) found.emplace_back(muscle, std::move(list));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.second.front().depth < b.second.front().depth; });
  if (found.size() > most_muscles) found.resize(most_muscles);
  std::vector<ProbeFibre> probes;
  for (const auto& [muscle, list] : found)
    for (const std::size_t place : {std::size_t(0), list.size() / 2, list.size() - 1})
      if (place == 0 || place > list.size() / 2 || list.size() > 2)
        probes.push_back(examine(muscle, list[place], lead_field));
  return probes;
}

}  // namespace bmiss
