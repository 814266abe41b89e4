#include "anatomy/fibres.h"
#include "base/errors.h"
#include "base/hdf5_file.h"

namespace bmiss {
namespace {

const std::string kind_of_file = "bmiss fibre atlas";

// All paths behind one another: path i has the points offsets[i] … offsets[i + 1] - 1.
struct Concatenated {
  std::vector<std::string> muscles;
  std::vector<int> muscle_of_path;
  std::vector<long> offsets{0};
  std::vector<double> steps, points;
  std::vector<double> extras;  // [n_paths x 3] seed_at, beyond_proximal, beyond_distal
  std::vector<int> cuts;       // [n_paths x 2] cut_proximal, cut_distal
};

Concatenated concatenate(const FibreAtlas& atlas) {
  Concatenated all;
  for (const auto& [muscle, paths] : atlas.paths) {
    for (const FibrePath& path : paths) {
      all.muscle_of_path.push_back(static_cast<int>(all.muscles.size()));
      all.offsets.push_back(all.offsets.back() + path.points.cols());
      all.steps.push_back(path.step);
      all.extras.insert(all.extras.end(), {path.seed_at, path.beyond_proximal, path.beyond_distal});
      all.cuts.insert(all.cuts.end(), {path.cut_proximal ? 1 : 0, path.cut_distal ? 1 : 0});
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
  if (all.extras.size() != 3 * n || all.cuts.size() != 2 * n) reject(path, "facts about the paths are missing");
  if (all.muscle_of_path.size() != n || all.offsets.size() != n + 1 || all.offsets[0] != 0)
    reject(path, "numbers of paths, steps and offsets differ");
  if (all.points.size() != 3 * static_cast<std::size_t>(all.offsets.back())) reject(path, "points are missing");
  for (std::size_t i = 0; i < n; ++i) {
    if (all.offsets[i + 1] <= all.offsets[i]) reject(path, "a path without points");
    if (all.muscle_of_path[i] < 0 || all.muscle_of_path[i] >= static_cast<int>(all.muscles.size()))
      reject(path, "a path of an unnamed muscle");
  }
}

// Lines of action and counts of seeds, by muscle.
void write_facts(const FibreAtlas& atlas, Hdf5File& file) {
  std::vector<std::string> names;
  std::vector<double> lines;
  std::vector<int> counts;
  for (const auto& [name, line] : atlas.lines_of_action) {
    names.push_back(name);
    lines.insert(lines.end(), line.data(), line.data() + 3);
    const auto found = atlas.seeds.find(name);
    const SeedCounts seeds = found != atlas.seeds.end() ? found->second : SeedCounts();
    counts.insert(counts.end(), {seeds.seeds, seeds.too_short, seeds.left, seeds.unended});
  }
  file.write_names("/muscles/names", names, "muscles whose fibres were traced");
  file.write_all("/muscles/line_of_action", lines, {names.size(), 3}, "1", "unit vector, proximal to distal");
  file.write_all("/muscles/seeds", counts, {names.size(), 4}, "1",
                 "seeds tried; those rejected: path too short, path leaves the muscle, no end");
}

void read_facts(const Hdf5File& file, const std::string& path, FibreAtlas& atlas) {
  const auto names = file.read_names("/muscles/names");
  const auto lines = file.read_all<double>("/muscles/line_of_action");
  const auto counts = file.read_all<int>("/muscles/seeds");
  if (lines.size() != 3 * names.size() || counts.size() != 4 * names.size())
    reject(path, "facts about muscles are missing");
  for (std::size_t i = 0; i < names.size(); ++i) {
    atlas.lines_of_action[names[i]] = {lines[3 * i], lines[3 * i + 1], lines[3 * i + 2]};
    atlas.seeds[names[i]] = {counts[4 * i], counts[4 * i + 1], counts[4 * i + 2], counts[4 * i + 3]};
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
  file.write_all(
      "/paths/seed_and_extensions", all.extras, {all.extras.size() / 3, 3}, "m",
      "of each path: arc length from the first point to the seed, lengths of its proximal and distal ends that "
      "lie in extruded ends of the limb");
  file.write_all("/paths/cut_ends", all.cuts, {all.cuts.size() / 2, 2}, "1",
                 "of each path: 1 where its proximal, distal end is at a cut, beyond which the fibre goes on");
  write_facts(atlas, file);
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
  all.extras = file.read_all<double>("/paths/seed_and_extensions");
  all.cuts = file.read_all<int>("/paths/cut_ends");
  check(all, path);
  read_facts(file, path, atlas);
  for (const auto& muscle : all.muscles) atlas.paths[muscle];
  for (std::size_t i = 0; i < all.steps.size(); ++i) {
    FibrePath fibre;
    fibre.step = all.steps[i];
    fibre.seed_at = all.extras[3 * i];
    fibre.beyond_proximal = all.extras[3 * i + 1];
    fibre.beyond_distal = all.extras[3 * i + 2];
    fibre.cut_proximal = all.cuts[2 * i] != 0;
    fibre.cut_distal = all.cuts[2 * i + 1] != 0;
    fibre.points = Eigen::Map<const Eigen::Matrix3Xd>(all.points.data() + 3 * all.offsets[i], 3,
                                                      all.offsets[i + 1] - all.offsets[i]);
    atlas.paths[all.muscles[static_cast<std::size_t>(all.muscle_of_path[i])]].push_back(std::move(fibre));
  }
  return atlas;
}

}  // namespace bmiss
