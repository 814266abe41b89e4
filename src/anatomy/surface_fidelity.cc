#include "anatomy/surface_fidelity.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "base/report.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr double degrees = 180 / M_PI;

using Angles = std::map<int, std::vector<float>>;  // label -> one angle for each edge of its interfaces

std::map<int, Roughness> summary(Angles& angles) {
  std::map<int, Roughness> result;
  for (auto& [label, values] : angles) {
    double sum = 0;
    for (const float value : values) sum += value;
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(0.95 * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), nth, values.end());
    result[label] = {sum / static_cast<double>(values.size()), *nth};
  }
  return result;
}

void add_edge(Angles& angles, int label, int other, double angle) {
  for (const int side : {label, other}) angles[side].push_back(static_cast<float>(angle));
}

// Around one edge of the voxel grid, the labels of its four voxels in a circle: faces between the same two labels are
// neighbours when there are just two of them.
void add_voxel_edge(Angles& angles, const std::array<std::int32_t, 4>& around) {
  for (std::size_t n = 0; n < 4; ++n) {
    const std::int32_t a = std::min(around[n], around[(n + 1) % 4]), b = std::max(around[n], around[(n + 1) % 4]);
    if (a == b) continue;
    int count = 0;
    std::size_t last = n;
    bool first = true;
    for (std::size_t m = 0; m < 4; ++m) {
      if (std::min(around[m], around[(m + 1) % 4]) != a || std::max(around[m], around[(m + 1) % 4]) != b) continue;
      first = first && m >= n;
      last = m;
      ++count;
    }
    if (count == 2 && first) add_edge(angles, a, b, last - n == 2 ? 0 : 90 / degrees);
  }
}

double six_volumes(const SurfaceComplex& complex, std::size_t t, const Eigen::Vector3d& origin) {
  const auto& [a, b, c] = complex.triangles[t];
  return (complex.points.col(a) - origin).dot((complex.points.col(b) - origin).cross(complex.points.col(c) - origin));
}

}  // namespace

std::map<int, Roughness> surface_roughness(const SurfaceComplex& complex) {
  struct Use {
    int low, high;
    std::array<int, 2> regions;
    int triangle;
    auto key() const { return std::tie(low, high, regions); }
  };
  std::vector<Use> uses;
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    if (complex.triangle_regions[t][1] < SurfaceComplex::outside) continue;
    for (std::size_t k = 0; k < 3; ++k) {
      const int a = complex.triangles[t][k], b = complex.triangles[t][(k + 1) % 3];
      uses.push_back({std::min(a, b), std::max(a, b), complex.triangle_regions[t], static_cast<int>(t)});
    }
  }
  std::sort(uses.begin(), uses.end(), [](const Use& u, const Use& v) { return u.key() < v.key(); });
  const auto normal = [&](int triangle) {
    const auto& [a, b, c] = complex.triangles[static_cast<std::size_t>(triangle)];
    return Eigen::Vector3d(
        (complex.points.col(b) - complex.points.col(a)).cross(complex.points.col(c) - complex.points.col(a)));
  };
  Angles angles;
  for (std::size_t begin = 0, end; begin < uses.size(); begin = end) {
    end = begin + 1;
    while (end < uses.size() && uses[end].key() == uses[begin].key()) ++end;
    if (end - begin != 2) continue;
    const Eigen::Vector3d n = normal(uses[begin].triangle), m = normal(uses[begin + 1].triangle);
    const auto& [inner, outer] = uses[begin].regions;
    add_edge(angles, complex.region_labels[static_cast<std::size_t>(inner)],
             outer < 0 ? 0 : complex.region_labels[static_cast<std::size_t>(outer)],
             std::atan2(n.cross(m).norm(), n.dot(m)));
  }
  return summary(angles);
}

std::map<int, Roughness> voxel_roughness(const LabelVolume& volume) {
  Angles angles;
  const auto stride = volume.strides();
  for (int axis = 0; axis < 3; ++axis) {
    const int u = (axis + 1) % 3, v = (axis + 2) % 3;
    std::size_t voxel = 0;
    std::array<int, 3> p;
    for (p[2] = 0; p[2] < volume.size[2]; ++p[2])
      for (p[1] = 0; p[1] < volume.size[1]; ++p[1])
        for (p[0] = 0; p[0] < volume.size[0]; ++p[0], ++voxel) {
          if (p[u] + 1 == volume.size[u] || p[v] + 1 == volume.size[v]) continue;
          const std::array<std::int32_t, 4> around{volume.labels[voxel], volume.labels[voxel + stride[u]],
                                                   volume.labels[voxel + stride[u] + stride[v]],
                                                   volume.labels[voxel + stride[v]]};
          if (around[0] != around[1] || around[1] != around[2] || around[2] != around[3])
            add_voxel_edge(angles, around);
        }
  }
  return summary(angles);
}

std::map<int, double> enclosed_volumes(const SurfaceComplex& complex) {
  std::map<int, double> volume;
  if (complex.triangles.empty()) return volume;
  const Eigen::Vector3d origin = complex.points.col(complex.triangles[0][0]);
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    const double part = six_volumes(complex, t, origin) / 6;
    const auto& [inner, outer] = complex.triangle_regions[t];
    volume[complex.region_labels[static_cast<std::size_t>(inner)]] += part;
    if (outer >= 0) volume[complex.region_labels[static_cast<std::size_t>(outer)]] -= part;
  }
  return volume;
}

void report_fidelity(const SurfaceComplex& complex, const LabelVolume& voxels, Report& report) {
  const auto smooth = surface_roughness(complex), stairs = voxel_roughness(voxels);
  const auto volumes = enclosed_volumes(complex);
  const auto angle = [](const std::map<int, Roughness>& roughness, int label) {
    const auto found = roughness.find(label);
    return found == roughness.end() ? Roughness{} : found->second;
  };
  Table table({"label", "voxels mm3", "surfaces mm3", "change mm3", "change %", "between facets deg", "95 % deg",
               "between voxel faces deg", "95 % deg of voxels"});
  auto counts = voxels.counts();
  counts.try_emplace(0, 0);  // the outer surface
  for (const auto& [label, count] : counts) {
    const Roughness now = angle(smooth, label), before = angle(stairs, label);
    std::vector<std::string> row(5, "");
    row[0] = label == 0 ? "outer surface" : std::to_string(label);
    if (label != 0) {
      const double wanted = static_cast<double>(count) * voxels.voxel_volume() * 1e9;
      const auto found = volumes.find(label);
      const double volume = found == volumes.end() ? 0.0 : found->second * 1e9;
      const std::string name = "/label_" + std::to_string(label);
      report.fact("contour/volume_change_mm3" + name, volume - wanted);
      report.fact("contour/volume_error_percent" + name, 100 * (volume / wanted - 1));
      row[1] = format("%.0f", wanted);
      row[2] = format("%.0f", volume);
      row[3] = format("%+.1f", volume - wanted);
      row[4] = format("%+.2f", 100 * (volume / wanted - 1));
    }
    const std::string place =
        "contour/facet_angle_degrees/" + (label == 0 ? std::string("outside") : "label_" + std::to_string(label));
    report.fact(place + "/mean", now.mean * degrees);
    report.fact(place + "/percentile95", now.percentile95 * degrees);
    report.fact(place + "/mean_of_voxels", before.mean * degrees);
    for (const double value : {now.mean, now.percentile95, before.mean, before.percentile95})
      row.push_back(format("%.1f", value * degrees));
    table.add_row(row);
  }
  report.table(table);
}

}  // namespace bmiss
