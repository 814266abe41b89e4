#include <cmath>

#include "anatomy/fibres.h"
#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/table.h"

namespace bmiss {
namespace {

const std::string kind_of_file = "bmiss fibre atlas";

// All paths behind one another: path i has the points offsets[i] … offsets[i + 1] - 1.
struct Concatenated {
  std::vector<std::string> muscles;
  std::vector<int> muscle_of_path;
  std::vector<long> offsets{0};
  std::vector<double> steps, points;
};

Concatenated concatenate(const FibreAtlas& atlas) {
  Concatenated all;
  for (const auto& [muscle, paths] : atlas.paths) {
    for (const FibrePath& path : paths) {
      all.muscle_of_path.push_back(static_cast<int>(all.muscles.size()));
      all.offsets.push_back(all.offsets.back() + path.points.cols());
      all.steps.push_back(path.step);
      all.points.insert(all.points.end(), path.points.data(), path.points.data() + path.points.size());
    }
    all.muscles.push_back(muscle);
  }
  return all;
}

[[noreturn]] void reject(const std::string& path, const std::string& what) {
  throw InputError("the fibre file is damaged (" + what + "); write it again", path);
}

void check(const Concatenated& all, const std::string& path) {
  const std::size_t n = all.steps.size();
  if (all.muscle_of_path.size() != n || all.offsets.size() != n + 1 || all.offsets[0] != 0)
    reject(path, "numbers of paths, steps and offsets differ");
  if (all.points.size() != 3 * static_cast<std::size_t>(all.offsets.back())) reject(path, "points are missing");
  for (std::size_t i = 0; i < n; ++i) {
    if (all.offsets[i + 1] <= all.offsets[i]) reject(path, "a path without points");
    if (all.muscle_of_path[i] < 0 || all.muscle_of_path[i] >= static_cast<int>(all.muscles.size()))
      reject(path, "a path of an unnamed muscle");
  }
}

}  // namespace

void write_fibres(const FibreAtlas& atlas, const std::string& path) {
  const Concatenated all = concatenate(atlas);
  Hdf5File file(path, Hdf5File::Mode::create);
  file.set_attribute("/", "kind", kind_of_file);
  file.set_attribute("/", "mesh_hash", atlas.mesh_hash);
  const auto n_tets = static_cast<std::size_t>(atlas.directions.cols());
  file.write_all<double>("/directions", {atlas.directions.data(), atlas.directions.data() + atlas.directions.size()},
                         {n_tets, 3}, "1",
                         "unit vector along the fibres of each tetrahedron, proximal to distal; zero: no fibres");
  file.write_names("/paths/muscles", all.muscles, "names of the muscles");
  file.write_all("/paths/muscle", all.muscle_of_path, {all.muscle_of_path.size()}, "1",
                 "number of each path's muscle in /paths/muscles");
  file.write_all("/paths/offsets", all.offsets, {all.offsets.size()}, "1",
                 "first point of each path in /paths/points, and the end");
  file.write_all("/paths/step", all.steps, {all.steps.size()}, "m", "arc length between the points of each path");
  file.write_all("/paths/points", all.points, {all.points.size() / 3, 3}, "m",
                 "points of all paths, proximal to distal, RAS");
  file.finish();
}

FibreAtlas read_fibres(const std::string& path) {
  const Hdf5File file(path, Hdf5File::Mode::read);
  if (!file.has_attribute("/", "kind") || file.text_attribute("/", "kind") != kind_of_file)
    throw InputError("the HDF5 file holds no fibres; give one that 'bmiss mesh' wrote", path);
  FibreAtlas atlas;
  atlas.mesh_hash = file.text_attribute("/", "mesh_hash");
  const auto directions = file.read_all<double>("/directions");
  atlas.directions =
      Eigen::Map<const Eigen::Matrix3Xd>(directions.data(), 3, static_cast<Eigen::Index>(directions.size() / 3));
  Concatenated all;
  all.muscles = file.read_names("/paths/muscles");
  all.muscle_of_path = file.read_all<int>("/paths/muscle");
  all.offsets = file.read_all<long>("/paths/offsets");
  all.steps = file.read_all<double>("/paths/step");
  all.points = file.read_all<double>("/paths/points");
  check(all, path);
  for (const auto& muscle : all.muscles) atlas.paths[muscle];
  for (std::size_t i = 0; i < all.steps.size(); ++i) {
    FibrePath fibre;
    fibre.step = all.steps[i];
    fibre.points = Eigen::Map<const Eigen::Matrix3Xd>(all.points.data() + 3 * all.offsets[i], 3,
                                                      all.offsets[i + 1] - all.offsets[i]);
    atlas.paths[all.muscles[static_cast<std::size_t>(all.muscle_of_path[i])]].push_back(std::move(fibre));
  }
  return atlas;
}

Table fibre_table(const FibreAtlas& atlas) {
  Table table({"muscle", "fibres", "length [mm]", "sd [mm]", "angle to axis [deg]"});
  for (const auto& [muscle, paths] : atlas.paths) {
    if (paths.empty()) {
      table.add_row({muscle, "0", "-", "-", "-"});
      continue;
    }
    double sum = 0, squares = 0;
    Eigen::Vector3d axis = Eigen::Vector3d::Zero();
    for (const FibrePath& path : paths) {
      sum += path.length();
      squares += path.length() * path.length();
      axis += path.points.col(path.points.cols() - 1) - path.points.col(0);
    }
    axis.normalize();
    double angle = 0, weight = 0;  // mean over arc length
    for (const FibrePath& path : paths)
      for (Eigen::Index i = 1; i < path.points.cols(); ++i) {
        const Eigen::Vector3d tangent = (path.points.col(i) - path.points.col(i - 1)).normalized();
        angle += path.step * std::acos(std::min(1.0, std::abs(tangent.dot(axis))));
        weight += path.step;
      }
    const double n = static_cast<double>(paths.size()), mean = sum / n;
    table.add_row({muscle, std::to_string(paths.size()), format("%.1f", mean * 1e3),
                   format("%.1f", std::sqrt(std::max(0.0, squares / n - mean * mean)) * 1e3),
                   format("%.1f", angle / weight * 180 / M_PI)});
  }
  return table;
}

}  // namespace bmiss
