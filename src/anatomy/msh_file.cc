// Writing .msh by Gmsh's own library. Node and element tags are places in the mesh plus one, so that a reader which
// goes by tag gets everything back in the same order.
#include <gmsh.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include "anatomy/gmsh_session.h"
#include "anatomy/mesh_file.h"
#include "anatomy/tet_shape.h"
#include "base/errors.h"
#include "base/output_file.h"

namespace bmiss {

namespace {

std::string name_of_part(int part) {
  switch (static_cast<BoundaryPart>(part)) {
    case BoundaryPart::skin:
      return "skin surface";
    case BoundaryPart::proximal:
      return "proximal end";
    case BoundaryPart::distal:
      return "distal end";
    case BoundaryPart::cut:
      return "cut by the image";
    case BoundaryPart::extension:
      return "surface of extruded ends";
  }
  return "part " + std::to_string(part);
}

// Adds each element to its discrete entity.
template <std::size_t n>
void add_elements(int element_type, const std::vector<std::array<int, n>>& elements, const std::vector<int>& entity_of,
                  std::size_t first_tag) {
  std::map<int, std::pair<std::vector<std::size_t>, std::vector<std::size_t>>> tags_and_nodes;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    auto& [tags, nodes] = tags_and_nodes[entity_of[i]];
    tags.push_back(first_tag + i);
    for (const int v : elements[i]) nodes.push_back(static_cast<std::size_t>(v) + 1);
  }
  for (const auto& [entity, content] : tags_and_nodes)
    gmsh::model::mesh::addElementsByType(entity, element_type, content.first, content.second);
}

void build_model(const TetMesh& mesh) {
  gmsh::model::add("limb");
  std::map<int, std::string> parts;
  std::map<int, std::set<int>> entities_of_label;
  std::vector<int> entity_of_tet = mesh.tet_labels;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    if (mesh.is_extruded(t)) entity_of_tet[t] += first_extruded_entity;
    entities_of_label[mesh.tet_labels[t]].insert(entity_of_tet[t]);
  }
  for (const int part : mesh.triangle_parts) parts.emplace(part, name_of_part(part));
  for (const auto& [part, name] : parts) gmsh::model::addDiscreteEntity(2, part);
  for (const auto& [label, entities] : entities_of_label)
    for (const int entity : entities) gmsh::model::addDiscreteEntity(3, entity);
  std::vector<std::size_t> tags(mesh.n_points());
  std::iota(tags.begin(), tags.end(), std::size_t{1});
  std::vector<double> coordinates;
  coordinates.reserve(3 * mesh.n_points());
  for (const double x : mesh.points.reshaped()) coordinates.push_back(lattice_millimetres(lattice_index(x)));
  gmsh::model::mesh::addNodes(3, *entities_of_label.begin()->second.begin(), tags, coordinates);
  add_elements(4, mesh.tets, entity_of_tet, 1);
  add_elements(2, mesh.triangles, mesh.triangle_parts, mesh.n_tets() + 1);
  for (const auto& [label, entities] : entities_of_label) {
    gmsh::model::addPhysicalGroup(3, {entities.begin(), entities.end()}, label);
    const auto found = mesh.tissue_names.find(label);
    gmsh::model::setPhysicalName(3, label,
                                 found == mesh.tissue_names.end() ? "tissue " + std::to_string(label) : found->second);
  }
  for (const auto& [part, name] : parts) {
    gmsh::model::addPhysicalGroup(2, {part}, part);
    gmsh::model::setPhysicalName(2, part, name);
  }
}

// Gmsh does not tell when the disk is full: the end of the file must be there.
void require_complete(const std::string& partial, const std::string& path) {
  std::ifstream stream(partial, std::ios::binary | std::ios::ate);
  const auto size = stream ? static_cast<std::streamoff>(stream.tellg()) : 0;
  const std::streamoff tail = std::min<std::streamoff>(size, 64);
  std::string text(static_cast<std::size_t>(tail), '\0');
  stream.seekg(size - tail);
  stream.read(text.data(), tail);
  if (text.find("$EndElements") == std::string::npos) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    throw InputError("the mesh could not be written completely; check the folder and its free space", path);
  }
}

}  // namespace

void write_msh(const TetMesh& mesh, const std::string& path) {
  BMISS_ASSERT(!mesh.tets.empty());
  { OutputFile probe(path); }  // the usual sentence when the place cannot be written to
  const std::string partial = temporary_name(path);
  {
    GmshSession session;
    session.guard<InputError>("writing the mesh " + path, [&] {
      build_model(mesh);
      gmsh::option::setNumber("Mesh.MshFileVersion", 4.1);
      gmsh::option::setNumber("Mesh.Binary", 1);
      gmsh::option::setNumber("Mesh.SaveAll", 0);
      gmsh::write(partial);
    });
  }
  require_complete(partial, path);
  publish(path);
}

}  // namespace bmiss
