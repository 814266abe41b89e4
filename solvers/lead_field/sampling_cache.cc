#include "solvers/lead_field/sampling_cache.h"

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/provenance.h"

namespace fs = std::filesystem;

namespace bmiss {
namespace {

constexpr const char* sampling_format = "bmiss sampling 1";
constexpr const char* prefix = "sampling-";

std::string file_of(const std::string& folder, const std::string& key) {
  return (fs::path(folder) / (prefix + key + ".h5")).string();
}

// Of all that is kept: what a damaged disk changed is not used.
std::string checksum(const SamplingOperator& s) {
  ContentHash hash;
  hash.add(std::vector<int>{s.degree}).add(s.nodes).add(s.elements).add(s.mean_edges).add(s.first).add(s.points);
  hash.add(s.barycentric.data(), static_cast<std::size_t>(s.barycentric.size()) * sizeof(double));
  return hash.hex();
}

void remove_oldest(const std::string& folder) {
  std::vector<fs::directory_entry> kept;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) == 0 && entry.path().extension() == ".h5") kept.push_back(entry);
  }
  if (kept.size() <= most_kept_samplings) return;
  std::sort(kept.begin(), kept.end(),
            [&](const auto& a, const auto& b) { return a.last_write_time(ignored) > b.last_write_time(ignored); });
  for (std::size_t i = most_kept_samplings; i < kept.size(); ++i) fs::remove(kept[i].path(), ignored);
}

}  // namespace

std::string sampling_key(const std::string& mesh_hash, int degree, const FieldPoints& points) {
  ContentHash hash;
  hash.add(std::string(sampling_format)).add(mesh_hash).add(static_cast<double>(degree));
  hash.add(reach_of_conductor).add(reach_of_tissue).add(points.labels);
  hash.add(points.places.data(), static_cast<std::size_t>(points.places.size()) * sizeof(double));
  return hash.hex();
}

std::optional<SamplingOperator> read_sampling(const std::string& folder, const std::string& key) {
  const std::string path = file_of(folder, key);
  if (!fs::exists(path)) return {};
  try {
    const Hdf5File file(path, Hdf5File::Mode::read);
    if (file.text_attribute("/", "format") != sampling_format || file.text_attribute("/", "key") != key) return {};
    SamplingOperator s;
    s.degree = static_cast<int>(file.real_attribute("/", "degree"));
    s.nodes = file.read_all<int>("/nodes");
    s.elements = file.read_all<int>("/elements");
    s.mean_edges = file.read_all<double>("/mean_edges");
    s.first = file.read_all<int>("/first");
    s.points = file.read_all<int>("/points");
    s.barycentric.resize(4, static_cast<Eigen::Index>(s.points.size()));
    file.read("/barycentric", s.barycentric.data(), {0, 0}, {s.points.size(), 4});
    if (file.text_attribute("/", "checksum") != checksum(s)) return {};
    return s;
  } catch (const InputError&) {  // damaged
    return {};
  }
}

void keep_sampling(const SamplingOperator& s, const std::string& folder, const std::string& key) {
  try {
    Hdf5File file(file_of(folder, key), Hdf5File::Mode::create);
    file.set_attribute("/", "format", sampling_format);
    file.set_attribute("/", "key", key);
    file.set_attribute("/", "degree", static_cast<double>(s.degree));
    file.set_attribute("/", "checksum", checksum(s));
    file.write_all("/nodes", s.nodes, {s.nodes.size()}, "1", "numbers of the nodes in the mesh");
    file.write_all("/elements", s.elements, {s.elements.size()}, "1", "nodes of each tetrahedron, places in /nodes");
    file.write_all("/mean_edges", s.mean_edges, {s.mean_edges.size()}, "m", "mean edge of each tetrahedron");
    file.write_all("/first", s.first, {s.first.size()}, "1", "first point of each tetrahedron");
    file.write_all("/points", s.points, {s.points.size()}, "1", "numbers of the points, by tetrahedron");
    file.create_dataset<double>("/barycentric", {s.n_points(), 4}, "1", "coordinates of the points, by tetrahedron");
    file.write("/barycentric", s.barycentric.data(), {0, 0}, {s.n_points(), 4});
    file.finish();
    remove_oldest(folder);
  } catch (const InputError&) {  // not writable, or full
  }
}

}  // namespace bmiss
