#include "inversion/refine/muscle_field.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/report.h"
#include "forward/line_filter.h"
#include "inversion/refine/path_curvature.h"

namespace bmiss {
namespace {

constexpr Eigen::Index points_at_once = 40000;  // that a lead field is asked for
constexpr double end_direction = 5e-3;          // length of the end of a path that continues it straight on [m]

Eigen::Vector3d middle_of(const ElectrodeArray& array) {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (const auto& electrode : array.electrodes) sum += electrode.position;
  return sum / static_cast<double>(std::max<std::size_t>(1, array.electrodes.size()));
}

// Arc length where the path crosses the plane: of its crossings the one nearest to the middle of the path, else of the
// straight continuation of the end that is nearer to the plane.
double crossing(const FibrePath& path, const Eigen::VectorXd& heights) {
  const Eigen::Index n = heights.size();
  double best = -1;
  for (Eigen::Index k = 0; k + 1 < n; ++k) {
    if ((heights[k] < 0) == (heights[k + 1] < 0)) continue;
    const double s = path.step * (static_cast<double>(k) + heights[k] / (heights[k] - heights[k + 1]));
    if (best < 0 || std::abs(s - path.length() / 2) < std::abs(best - path.length() / 2)) best = s;
  }
  if (best >= 0) return best;
  const auto reach = std::clamp<Eigen::Index>(std::lround(end_direction / path.step), 1, n - 1);
  const bool at_start = std::abs(heights[0]) < std::abs(heights[n - 1]);
  const Eigen::Index end = at_start ? 0 : n - 1, inner = at_start ? reach : n - 1 - reach;
  const double length = path.step * static_cast<double>(reach);
  const double rise = (heights[end] - heights[inner]) / length;  // towards the end
  const double beyond = rise * heights[end] < 0 ? std::abs(heights[end] / rise) : std::abs(heights[end]);
  return at_start ? -beyond : path.length() + beyond;
}

Eigen::Vector3d point_at(const FibrePath& path, double s) {
  const Eigen::Index n = path.points.cols();
  const auto k = std::clamp<Eigen::Index>(static_cast<Eigen::Index>(std::floor(s / path.step)), 0, n - 2);
  const double x = s / path.step - static_cast<double>(k);
  if (x >= 0 && x <= 1) return path.points.col(k) + x * (path.points.col(k + 1) - path.points.col(k));
  const auto reach = std::clamp<Eigen::Index>(std::lround(end_direction / path.step), 1, n - 1);
  const Eigen::Vector3d direction =
      x < 0 ? path.points.col(reach) - path.points.col(0) : path.points.col(n - 1) - path.points.col(n - 1 - reach);
  const Eigen::Vector3d end = x < 0 ? path.points.col(0) : path.points.col(n - 1);
  return end + direction.normalized() * (x < 0 ? s : s - path.length());
}

bool is_near(const Eigen::Matrix3Xd& points, const ElectrodeArray& electrodes, double reach) {
  for (Eigen::Index k = 0; k < points.cols(); k += 4)
    for (const auto& electrode : electrodes.electrodes)
      if ((points.col(k) - electrode.position).squaredNorm() <= reach * reach) return true;
  return false;
}

}  // namespace

SectionFrame make_section_frame(const FibreAtlas& atlas, const std::string& muscle, const ElectrodeArray& electrodes) {
  const auto& paths = atlas.paths.at(muscle);
  SectionFrame frame;
  const auto line = atlas.lines_of_action.find(muscle);
  frame.along = Eigen::Vector3d::Zero();
  if (line != atlas.lines_of_action.end()) frame.along = line->second;
  if (!(frame.along.norm() > 0))
    for (const auto& path : paths) frame.along += path.points.rightCols<1>() - path.points.leftCols<1>();
  frame.along.normalize();
  const Eigen::Vector3d grid = middle_of(electrodes);
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();
  double low = 1e30, high = -1e30;
  for (const auto& path : paths) {
    centre += path.points.col(path.points.cols() / 2) / static_cast<double>(paths.size());
    const Eigen::RowVectorXd heights = frame.along.transpose() * path.points;
    low = std::min(low, heights.minCoeff()), high = std::max(high, heights.maxCoeff());
  }
  const double height = frame.along.dot(grid);
  const bool over_muscle = height > low && height < high;
  frame.origin = centre + frame.along * ((over_muscle ? height : 0.5 * (low + high)) - frame.along.dot(centre));
  const Eigen::Vector3d towards = grid - frame.origin;
  frame.across_2 = towards - frame.along * frame.along.dot(towards);
  frame.across_2 = frame.across_2.norm() > 1e-6 ? frame.across_2.normalized() : frame.along.unitOrthogonal();
  frame.across_1 = frame.across_2.cross(frame.along);
  return frame;
}

std::vector<SectionedPath> paths_in_reach(const FibreAtlas& atlas, const std::string& muscle, const SectionFrame& frame,
                                          const ElectrodeArray& electrodes, double reach) {
  std::vector<SectionedPath> result;
  for (const FibrePath& path : atlas.paths.at(muscle)) {
    if (path.points.cols() < 5 || !is_near(path.points, electrodes, reach)) continue;
    const Eigen::VectorXd heights = ((path.points.colwise() - frame.origin).transpose() * frame.along);
    SectionedPath sectioned;
    sectioned.points = path.points;
    sectioned.step = path.step;
    sectioned.beyond_proximal = path.beyond_proximal;
    sectioned.beyond_distal = path.beyond_distal;
    sectioned.origin = crossing(path, heights);
    const Eigen::Vector3d at = point_at(path, sectioned.origin) - frame.origin;
    sectioned.place << frame.across_1.dot(at), frame.across_2.dot(at);
    result.push_back(std::move(sectioned));
  }
  return result;
}

FibreGrid grid_of(const std::vector<SectionedPath>& paths, double step) {
  double low = 0, high = 0;
  for (const auto& path : paths) {
    low = std::min(low, -path.origin);
    high = std::max(high, path.length() - path.origin);
  }
  FibreGrid grid;
  grid.step = step;
  grid.first = static_cast<Eigen::Index>(std::floor(low / step));
  grid.size = static_cast<Eigen::Index>(std::ceil(high / step)) - grid.first + 1;
  return grid;
}

Eigen::MatrixXf sample_curvature(std::vector<SectionedPath>& paths, const LeadField& lead_field, const FibreGrid& grid,
                                 const MuapModelOptions& options, Report& report) {
  const auto n_electrodes = static_cast<Eigen::Index>(lead_field.electrodes().electrodes.size());
  const Eigen::Index n_rows = options.channel_operator.size() > 0 ? options.channel_operator.rows() : n_electrodes;
  Eigen::MatrixXf result(n_rows * grid.size, static_cast<Eigen::Index>(paths.size()));
  Progress progress(report, "fields along fibres", paths.size());
  for (std::size_t first = 0; first < paths.size();) {
    std::size_t last = first;
    Eigen::Index n_points = 0;
    while (last < paths.size() && (last == first || n_points + paths[last].points.cols() <= points_at_once))
      n_points += paths[last++].points.cols();
    FieldPoints wanted;
    wanted.places.resize(3, n_points);
    for (Eigen::Index at = 0, p = static_cast<Eigen::Index>(first); p < static_cast<Eigen::Index>(last); ++p) {
      const auto& points = paths[static_cast<std::size_t>(p)].points;
      wanted.places.middleCols(at, points.cols()) = points;
      at += points.cols();
    }
    FieldSamples samples = lead_field.sample(wanted);
    if (options.channel_operator.size() > 0) samples.potential = options.channel_operator * samples.potential;
    for (Eigen::Index at = 0; first < last; ++first, progress.advance()) {
      SectionedPath& path = paths[first];
      const Eigen::Index n = path.points.cols();
      path.smoothing_widths = samples.smoothing_widths.segment(at, n);
      const Eigen::MatrixXd smooth =
          smoothed_along(samples.potential.middleCols(at, n), path.step, path.smoothing_widths);
      const Eigen::MatrixXd curvature = path_curvature(smooth, path.step, path.origin, grid, options.end_scatter);
      Eigen::Map<Eigen::MatrixXf>(result.col(static_cast<Eigen::Index>(first)).data(), n_rows, grid.size) =
          curvature.cast<float>();
      at += n;
    }
  }
  return result;
}

Eigen::MatrixXd curvature_map(const SectionedPath& path, const FibreGrid& grid, double end_scatter) {
  const Eigen::Index n = path.points.cols();
  return path_curvature(smoothed_along(Eigen::MatrixXd::Identity(n, n), path.step, path.smoothing_widths), path.step,
                        path.origin, grid, end_scatter);
}

}  // namespace bmiss
