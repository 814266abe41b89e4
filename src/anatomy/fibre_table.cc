#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "anatomy/fibres.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr double curvature_base = 10e-3;  // [m]

struct Moments {
  double sum = 0, squares = 0, weight = 0;
  void add(double value, double share) {
    sum += share * value;
    squares += share * value * value;
    weight += share;
  }
  double mean() const { return sum / weight; }
  double deviation() const { return std::sqrt(std::max(0.0, squares / weight - mean() * mean())); }
};

struct Measures {
  Moments length, in_limb;     // over fibres
  Moments pennation, curving;  // over arc length
  double sharpest = 0;         // [1/m]
};

// Paths count inside the limb only.
void measure(const FibrePath& path, const Eigen::Vector3d& line_of_action, Measures& all) {
  all.length.add(path.length(), 1);
  all.in_limb.add(path.length_in_limb(), 1);
  const auto first = static_cast<Eigen::Index>(std::ceil(path.beyond_proximal / path.step - 1e-9));
  const Eigen::Index last =
      path.points.cols() - 1 - static_cast<Eigen::Index>(std::ceil(path.beyond_distal / path.step - 1e-9));
  for (Eigen::Index i = first + 1; i <= last; ++i) {
    const Eigen::Vector3d tangent = (path.points.col(i) - path.points.col(i - 1)).normalized();
    all.pennation.add(std::acos(std::min(1.0, std::abs(tangent.dot(line_of_action)))), path.step);
  }
  const auto base = std::max<Eigen::Index>(1, std::lround(curvature_base / path.step));
  for (Eigen::Index i = first + base; i + base <= last; ++i) {
    const Eigen::Vector3d before = (path.points.col(i) - path.points.col(i - base)).normalized(),
                          after = (path.points.col(i + base) - path.points.col(i)).normalized();
    const double curvature =
        std::atan2(before.cross(after).norm(), before.dot(after)) / (static_cast<double>(base) * path.step);
    all.curving.add(curvature, path.step);
    all.sharpest = std::max(all.sharpest, curvature);
  }
}

// Mean direction of the fibres, where the atlas holds none.
Eigen::Vector3d mean_chord(const std::vector<FibrePath>& paths) {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (const FibrePath& path : paths) sum += path.points.rightCols<1>() - path.points.leftCols<1>();
  return sum.normalized();
}

std::string percent(int part, int whole) {
  return whole > 0 ? format("%.1f", 100.0 * part / whole) : "-";
}

}  // namespace

Table fibre_table(const FibreAtlas& atlas) {
  Table table({"muscle", "fibres", "length [mm]", "sd [mm]", "in the limb [mm]", "pennation [deg]", "curvature [1/m]",
               "largest [1/m]", "rejected [%]", "too short [%]", "left muscle [%]", "no end [%]"});
  std::map<std::string, SeedCounts> muscles = atlas.seeds;
  for (const auto& [muscle, paths] : atlas.paths) muscles[muscle];
  for (const auto& [muscle, counts] : muscles) {
    const auto found = atlas.paths.find(muscle);
    std::vector<std::string> row{muscle, "0", "-", "-", "-", "-", "-", "-"};
    if (found != atlas.paths.end() && !found->second.empty()) {
      const auto line = atlas.lines_of_action.find(muscle);
      const Eigen::Vector3d axis = line != atlas.lines_of_action.end() ? line->second : mean_chord(found->second);
      Measures all;
      for (const FibrePath& path : found->second) measure(path, axis, all);
      row = {muscle,
             std::to_string(found->second.size()),
             format("%.1f", all.length.mean() * 1e3),
             format("%.1f", all.length.deviation() * 1e3),
             format("%.1f", all.in_limb.mean() * 1e3),
             all.pennation.weight > 0 ? format("%.1f", all.pennation.mean() * 180 / M_PI) : "-",
             all.curving.weight > 0 ? format("%.1f", all.curving.mean()) : "-",
             all.curving.weight > 0 ? format("%.1f", all.sharpest) : "-"};
    }
    row.push_back(percent(counts.rejected(), counts.seeds));
    row.push_back(percent(counts.too_short, counts.seeds));
    row.push_back(percent(counts.left, counts.seeds));
    row.push_back(percent(counts.unended, counts.seeds));
    table.add_row(row);
  }
  return table;
}

}  // namespace bmiss
