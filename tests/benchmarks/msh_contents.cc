#include "benchmarks/msh_contents.h"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unordered_map>

#include "anatomy/mesh_file.h"

namespace bmiss::bench {
namespace {

class MshFile {
public:
  explicit MshFile(const std::string& path) : path_(path), stream_(path, std::ios::binary) {
    require(stream_.good(), "cannot be opened");
  }

  // False at the end of the file.
  bool next_section(std::string& name) {
    while (std::getline(stream_, name))
      if (!name.empty() && name[0] == '$' && name.rfind("$End", 0) != 0) return true;
    return false;
  }
  std::string line() {
    std::string text;
    std::getline(stream_, text);
    return text;
  }
  template <typename T>
  std::vector<T> take(std::size_t count) {
    std::vector<T> values(count);
    stream_.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(T)));
    require(stream_.good(), "ends early");
    return values;
  }
  template <typename T>
  T one() {
    return take<T>(1)[0];
  }
  void require(bool condition, const std::string& complaint) const {
    if (!condition) throw std::runtime_error(path_ + ": " + complaint);
  }

private:
  std::string path_;
  std::ifstream stream_;
};

using Groups = std::map<std::pair<int, int>, int>;  // dimension, entity -> physical group

void read_format(MshFile& file) {
  std::istringstream words(file.line());
  std::string version;
  int binary = 0, size = 0;
  words >> version >> binary >> size;
  file.require(version == "4.1" && binary == 1 && size == 8, "is not a binary .msh 4.1 with 8-byte sizes");
  file.require(file.one<std::int32_t>() == 1, "was written with the other byte order");
}

void read_names(MshFile& file, MshContents& mesh) {
  const int count = std::stoi(file.line());
  for (int i = 0; i < count; ++i) {
    std::istringstream words(file.line());
    int dimension = 0, group = 0;
    words >> dimension >> group;
    const std::string text = words.str();
    const std::size_t begin = text.find('"') + 1;
    if (dimension == 3) mesh.volume_names[group] = text.substr(begin, text.rfind('"') - begin);
  }
}

void read_entities(MshFile& file, Groups& groups) {
  const auto counts = file.take<std::uint64_t>(4);
  for (int dimension = 0; dimension <= 3; ++dimension)
    for (std::uint64_t i = 0; i < counts[static_cast<std::size_t>(dimension)]; ++i) {
      const auto entity = file.one<std::int32_t>();
      file.take<double>(dimension == 0 ? 3 : 6);  // a place, a box
      const auto of_entity = file.take<std::int32_t>(file.one<std::uint64_t>());
      if (dimension > 0) file.take<std::int32_t>(file.one<std::uint64_t>());  // what bounds it
      if (dimension < 2) continue;
      file.require(of_entity.size() <= 1, "has an entity in several physical groups");
      if (!of_entity.empty()) groups[{dimension, entity}] = of_entity[0];
    }
}

void read_nodes(MshFile& file, MshContents& mesh, std::unordered_map<std::uint64_t, int>& place) {
  const auto header = file.take<std::uint64_t>(4);  // blocks, nodes, least and largest tag
  mesh.points.resize(3, static_cast<Eigen::Index>(header[1]));
  int next = 0;
  for (std::uint64_t block = 0; block < header[0]; ++block) {
    const auto entity = file.take<std::int32_t>(3);  // dimension, tag, parametric
    file.require(entity[2] == 0, "holds parametric nodes");
    const auto tags = file.take<std::uint64_t>(file.one<std::uint64_t>());
    const auto coordinates = file.take<double>(3 * tags.size());
    for (std::size_t i = 0; i < tags.size(); ++i, ++next) {
      file.require(place.emplace(tags[i], next).second, "holds a node twice");
      mesh.points.col(next) = Eigen::Map<const Eigen::Vector3d>(&coordinates[3 * i]);
    }
  }
}

void read_elements(MshFile& file, const Groups& groups, const std::unordered_map<std::uint64_t, int>& place,
                   MshContents& mesh) {
  const auto header = file.take<std::uint64_t>(4);  // blocks, elements, least and largest tag
  for (std::uint64_t block = 0; block < header[0]; ++block) {
    const auto entity = file.take<std::int32_t>(3);  // dimension, tag, type
    const int dimension = entity[0];
    file.require((dimension == 2 && entity[2] == 2) || (dimension == 3 && entity[2] == 4),
                 "holds elements of type " + std::to_string(entity[2]));
    const auto found = groups.find({dimension, entity[1]});
    file.require(found != groups.end(), "has elements in no physical group");
    const std::size_t corners = static_cast<std::size_t>(dimension) + 1, count = file.one<std::uint64_t>();
    const auto numbers = file.take<std::uint64_t>(count * (corners + 1));
    for (std::size_t e = 0; e < count; ++e) {
      std::array<int, 4> vertices{};
      for (std::size_t k = 0; k < corners; ++k) {
        const auto node = place.find(numbers[e * (corners + 1) + 1 + k]);
        file.require(node != place.end(), "has an element whose node is missing");
        vertices[k] = node->second;
      }
      if (dimension == 3) {
        mesh.tets.push_back(vertices);
        mesh.tet_labels.push_back(found->second);
        mesh.tet_extruded.push_back(entity[1] >= first_extruded_entity ? 1 : 0);
      } else {
        mesh.triangles.push_back({vertices[0], vertices[1], vertices[2]});
        mesh.triangle_parts.push_back(found->second);
      }
    }
  }
}

}  // namespace

MshContents read_msh_contents(const std::string& path) {
  MshFile file(path);
  MshContents mesh;
  Groups groups;
  std::unordered_map<std::uint64_t, int> place;
  for (std::string section; file.next_section(section);) {
    if (section == "$MeshFormat") read_format(file);
    if (section == "$PhysicalNames") read_names(file, mesh);
    if (section == "$Entities") read_entities(file, groups);
    if (section == "$Nodes") read_nodes(file, mesh, place);
    if (section == "$Elements") read_elements(file, groups, place, mesh);
  }
  file.require(!mesh.tets.empty(), "holds no tetrahedra");
  return mesh;
}

}  // namespace bmiss::bench
