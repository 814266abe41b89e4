#include "anatomy/mesh_estimate.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>

#include "anatomy/label_map.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {

namespace {

// Fitted to meshes of a calf, a forearm and phantoms at edge lengths of 1.5 to 4 mm.
constexpr double triangles_per_square = 2.0;  // of an edge length, of the area of voxel faces
constexpr double mean_edge = 0.93;            // of a contoured triangle, in edge lengths
constexpr double tet_volume = 0.1;            // in cubes of the wanted edge
constexpr double tets_per_prism = 3;
constexpr double layers_of_ends = 4;  // of the size of the cut; farther ones are coarser
constexpr double bytes_at_rest = 1.0e8, bytes_per_voxel = 40, bytes_per_lattice_point = 45, bytes_per_tet = 1000;

struct Shape {
  double inner_area = 0, outer_area = 0, cut_area = 0;  // of voxel faces [m^2]
  double box = 0;                                       // volume of the image [m^3]
  double voxel = 0;                                     // [m^3]
  std::size_t n_voxels = 0;
  std::vector<float> distance;  // of body voxels to the nearest interface [m]
  std::vector<char> fibres;     // of the same voxels: in a muscle with an edge length of its own?
};

// Two sweeps of a chamfer transform along the axes and diagonals.
void spread(const LabelMap& map, std::vector<float>& distance) {
  const Eigen::Vector3d spacing = map.spacing();
  for (const int sign : {1, -1}) {
    const auto first = [&](std::size_t axis) { return sign > 0 ? 0 : map.size[axis] - 1; };
    for (int k = first(2); k >= 0 && k < map.size[2]; k += sign)
      for (int j = first(1); j >= 0 && j < map.size[1]; j += sign)
        for (int i = first(0); i >= 0 && i < map.size[0]; i += sign) {
          float& here = distance[map.index(i, j, k)];
          for (int step = 1; step < 8; ++step) {
            const int x = i - sign * (step & 1), y = j - sign * ((step >> 1) & 1), z = k - sign * (step >> 2);
            if (x < 0 || y < 0 || z < 0 || x >= map.size[0] || y >= map.size[1] || z >= map.size[2]) continue;
            const double way = Eigen::Vector3d(step & 1, (step >> 1) & 1, step >> 2).cwiseProduct(spacing).norm();
            here = std::min(here, distance[map.index(x, y, z)] + static_cast<float>(way));
          }
        }
  }
}

Shape shape_of(const LabelMap& map, const std::vector<int>& dropped_labels, const std::set<int>& fibre_labels) {
  Shape shape;
  const Eigen::Vector3d spacing = map.spacing();
  shape.voxel = spacing.prod();
  shape.n_voxels = map.labels.size();
  shape.box = shape.voxel * static_cast<double>(shape.n_voxels);
  std::vector<int> label(map.labels.begin(), map.labels.end());
  for (int& l : label)
    if (std::find(dropped_labels.begin(), dropped_labels.end(), l) != dropped_labels.end()) l = 0;
  std::vector<float> distance(label.size(), std::numeric_limits<float>::max());
  const auto half = static_cast<float>(0.5 * spacing.minCoeff());
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 0; j < map.size[1]; ++j)
      for (int i = 0; i < map.size[0]; ++i) {
        const std::size_t here = map.index(i, j, k);
        if ((k == 0 || k + 1 == map.size[2]) && label[here] != 0) {
          shape.cut_area += spacing[0] * spacing[1];
          distance[here] = half;
        }
        for (int axis = 0; axis < 3; ++axis) {
          std::array<int, 3> next{i, j, k};
          const auto a = static_cast<std::size_t>(axis);
          if (++next[a] >= map.size[a]) continue;
          const std::size_t there = map.index(next[0], next[1], next[2]);
          if (label[here] == label[there]) continue;
          (label[here] == 0 || label[there] == 0 ? shape.outer_area : shape.inner_area) += shape.voxel / spacing[axis];
          distance[here] = distance[there] = half;
        }
      }
  spread(map, distance);
  for (std::size_t v = 0; v < label.size(); ++v)
    if (label[v] != 0) {
      shape.distance.push_back(distance[v]);
      shape.fibres.push_back(fibre_labels.count(label[v]) > 0 ? 1 : 0);
    }
  return shape;
}

MeshEstimate estimate(const Shape& shape, const ContourOptions& contour, const VolumeMeshOptions& volume,
                      std::size_t electrodes) {
  const double h = contour.edge_length, square = h * h;
  MeshEstimate result;
  result.triangles = triangles_per_square * (shape.inner_area + shape.outer_area + shape.cut_area) / square;
  for (std::size_t v = 0; v < shape.distance.size(); ++v) {
    double edge = std::min(volume.largest_edge, mean_edge * h + volume.growth * shape.distance[v]);
    if (shape.fibres[v] != 0 && volume.muscle_edge > 0) edge = std::min(edge, volume.muscle_edge);
    result.tets += shape.voxel / (tet_volume * std::pow(edge, 3));
  }
  if (volume.skin_thickness != 0) result.tets += tets_per_prism * triangles_per_square * shape.outer_area / square;
  if (volume.end_extension != 0)
    result.tets += tets_per_prism * layers_of_ends * triangles_per_square * shape.cut_area / square;
  // Bisection leaves edges of about 0.7 times the longest; each triangle carries a prism of skin and some of depth.
  const double fine = 0.7 * volume.electrode_edge, coarse = mean_edge * h;
  if (fine < coarse) {
    const double patch =
        std::min(static_cast<double>(electrodes) * M_PI * std::pow(volume.electrode_radius, 2), 0.5 * shape.outer_area);
    result.tets += 3 * tets_per_prism * patch / (0.43 * fine * fine);
  }
  result.bytes = bytes_at_rest + bytes_per_voxel * static_cast<double>(shape.n_voxels) +
                 bytes_per_lattice_point * shape.box / (square * h) + bytes_per_tet * result.tets;
  return result;
}

// A number after `key` in a file such as /proc/meminfo; infinite when it is not there.
double number_in(const std::string& path, const std::string& key, double factor) {
  std::ifstream stream(path);
  std::string word;
  while (key.empty() || stream >> word) {
    if (!key.empty() && word != key) continue;
    double value = 0;
    if (stream >> value) return factor * value;
    break;
  }
  return std::numeric_limits<double>::infinity();
}

std::string gigabytes(double bytes) {
  return format(bytes < 1e10 ? "%.2f" : "%.0f", bytes / 1e9) + " GB";
}

}  // namespace

MeshEstimate estimate_mesh(const LabelMap& map, const std::vector<int>& dropped_labels, const ContourOptions& contour,
                           const VolumeMeshOptions& volume, std::size_t electrodes) {
  return estimate(shape_of(map, dropped_labels, volume.fibre_labels), contour, volume, electrodes);
}

double available_memory() {
  const double free = number_in("/proc/meminfo", "MemAvailable:", 1024);
  const double group = number_in("/sys/fs/cgroup/memory.max", "", 1);  // "max": no limit
  const double used = number_in("/sys/fs/cgroup/memory.current", "", 1);
  return std::isfinite(group) && std::isfinite(used) ? std::min(free, std::max(group - used, 0.0)) : free;
}

void declare_memory_limit(Parameters& parameters) {
  const Parameters::Section section(parameters, "Mesh");
  parameters.declare_real("Memory", 0, "GB", {0, std::numeric_limits<double>::infinity()},
                          "that meshing may need by estimate; 0: what the machine has available");
}

double parse_memory_limit(const Parameters& parameters) {
  const Parameters::Section section(parameters, "Mesh");
  const double limit = parameters.real("Memory");
  return limit > 0 ? limit : available_memory();
}

MeshEstimate require_memory(const LabelMap& map, const std::vector<int>& dropped_labels, const ContourOptions& contour,
                            const VolumeMeshOptions& volume, std::size_t electrodes, double limit, Report& report) {
  const Shape shape = shape_of(map, dropped_labels, volume.fibre_labels);
  const MeshEstimate wanted = estimate(shape, contour, volume, electrodes);
  report.fact("mesh/estimate/triangles", wanted.triangles);
  report.fact("mesh/estimate/tetrahedra", wanted.tets);
  report.fact("mesh/estimate/memory bytes", wanted.bytes);
  if (wanted.bytes <= limit) {
    report.line("  estimate: " + format("%.0f", wanted.tets / 1e3) + " thousand tetrahedra, " +
                gigabytes(wanted.bytes) + " of memory");
    return wanted;
  }
  constexpr double step = 1.05, longest = 20e-3;
  ContourOptions coarser = contour;
  while (coarser.edge_length < longest && estimate(shape, coarser, volume, electrodes).bytes > limit)
    coarser.edge_length *= step;
  const std::string advice =
      coarser.edge_length < longest
          ? "an edge length of " + format("%.2g", 1.02 * coarser.edge_length * 1e3) + " mm would fit"
          : std::string(
                "no edge length would fit; use a larger 'Mesh/Largest edge' or 'Mesh/Electrode edge', or a smaller "
                "image");
  throw InputError("meshing with 'Contour/Edge length' = " + format("%g", contour.edge_length * 1e3) +
                   " mm would make about " + format("%.2g", wanted.tets / 1e6) + " million tetrahedra and need about " +
                   gigabytes(wanted.bytes) + " of memory, but only " + gigabytes(limit) + " may be used; " + advice +
                   ", or raise 'Mesh/Memory'");
}

}  // namespace bmiss
