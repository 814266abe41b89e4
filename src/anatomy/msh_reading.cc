// Reading .msh files of any origin: what bmiss needs of them is checked here, once.
#include <gmsh.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <unordered_map>

#include "anatomy/gmsh_session.h"
#include "anatomy/mesh_file.h"
#include "anatomy/tet_shape.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/output_file.h"
#include "base/table.h"
#include "base/units.h"

namespace bmiss {

namespace {

// What the file holds, before it is judged. Elements refer to node tags.
struct RawMesh {
  std::unordered_map<std::size_t, std::array<double, 3>> nodes;
  struct Element {
    std::size_t tag;
    std::array<std::size_t, 4> nodes;
    int group;
    bool extruded;
  };
  std::vector<Element> tets, triangles;
  std::map<int, std::string> volume_names, surface_names;
};

void require_msh_header(const std::string& path) {
  require_readable(path, "mesh file");
  std::ifstream stream(path, std::ios::binary);
  std::string first;
  std::getline(stream, first);
  const bool known =
      first.rfind("$MeshFormat", 0) == 0 || first.rfind("$Comments", 0) == 0 || first.rfind("$NOD", 0) == 0;
  if (!known)
    throw InputError(
        "this is not a Gmsh mesh: it should start with '$MeshFormat'; convert it to .msh, for instance with Gmsh",
        path);
  // Gmsh picks the reader by the extension.
  if (std::filesystem::path(path).extension() != ".msh")
    throw InputError("a Gmsh mesh must have the extension .msh; rename the file", path);
}

void read_elements(int dimension, int entity, int group, const std::string& path,
                   std::vector<RawMesh::Element>& elements) {
  const int wanted = dimension == 3 ? 4 : 2;
  const std::size_t per_element = dimension == 3 ? 4 : 3;
  std::vector<int> types;
  std::vector<std::vector<std::size_t>> tags, nodes;
  gmsh::model::mesh::getElements(types, tags, nodes, dimension, entity);
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] != wanted) {
      if (dimension == 2) continue;  // the outer triangles are then made from the tets
      std::string name;
      int d, order, n, n_primary;
      std::vector<double> coordinates;
      gmsh::model::mesh::getElementProperties(types[i], name, d, order, n, coordinates, n_primary);
      throw InputError("the mesh holds elements of type '" + name +
                           "', but only linear tetrahedra can be read; export first-order tetrahedra",
                       path);
    }
    if (dimension == 3 && group == 0)
      throw InputError(
          std::to_string(tags[i].size()) + " tetrahedra (the first has the tag " + std::to_string(tags[i][0]) +
              ") belong to no physical group, so their tissue is unknown; define a physical volume for each tissue",
          path);
    for (std::size_t e = 0; e < tags[i].size(); ++e) {
      RawMesh::Element element{tags[i][e], {}, group, entity == first_extruded_entity + group};
      for (std::size_t k = 0; k < per_element; ++k) element.nodes[k] = nodes[i][per_element * e + k];
      elements.push_back(element);
    }
  }
}

// The one physical group of an entity, 0 when there is none.
int group_of(int dimension, int entity, const std::string& path) {
  std::vector<int> groups;
  gmsh::model::getPhysicalGroupsForEntity(dimension, entity, groups);
  if (groups.empty()) return 0;
  if (dimension == 3 && groups.size() > 1)
    throw InputError("volume " + std::to_string(entity) + " belongs to " + std::to_string(groups.size()) +
                         " physical groups (" + std::to_string(groups[0]) + ", " + std::to_string(groups[1]) +
                         ", …), so its tissue is ambiguous; keep one",
                     path);
  return std::abs(groups[0]);
}

RawMesh read_raw(const std::string& path) {
  RawMesh raw;
  GmshSession session;
  session.guard<InputError>(path + ": the mesh cannot be read", [&] { gmsh::open(path); });
  std::vector<std::size_t> tags;
  std::vector<double> coordinates, parametric;
  gmsh::model::mesh::getNodes(tags, coordinates, parametric);
  for (std::size_t i = 0; i < tags.size(); ++i)
    raw.nodes.emplace(tags[i],
                      std::array<double, 3>{coordinates[3 * i], coordinates[3 * i + 1], coordinates[3 * i + 2]});
  for (const int dimension : {2, 3}) {
    gmsh::vectorpair entities;
    gmsh::model::getEntities(entities, dimension);
    for (const auto& [d, entity] : entities) {
      const int group = group_of(dimension, entity, path);
      if (dimension == 2 && group == 0) continue;
      read_elements(dimension, entity, group, path, dimension == 3 ? raw.tets : raw.triangles);
      std::string name;
      if (group != 0) gmsh::model::getPhysicalName(dimension, group, name);
      (dimension == 3 ? raw.volume_names : raw.surface_names)[group] = name;
    }
  }
  if (raw.tets.empty()) throw InputError("the mesh holds no tetrahedra; a volume mesh is needed, not a surface", path);
  const auto by_tag = [](const RawMesh::Element& a, const RawMesh::Element& b) { return a.tag < b.tag; };
  std::sort(raw.tets.begin(), raw.tets.end(), by_tag);
  std::sort(raw.triangles.begin(), raw.triangles.end(), by_tag);
  return raw;
}

// Points used by tets in the order of their tags, in metres.
void take_tets(const RawMesh& raw, double unit, const std::string& path, TetMesh& mesh,
               std::unordered_map<std::size_t, int>& number) {
  std::vector<std::size_t> used;
  for (const auto& tet : raw.tets) used.insert(used.end(), tet.nodes.begin(), tet.nodes.end());
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  mesh.points.resize(3, static_cast<Eigen::Index>(used.size()));
  for (std::size_t i = 0; i < used.size(); ++i) {
    const auto found = raw.nodes.find(used[i]);
    if (found == raw.nodes.end())
      throw InputError(
          "an element refers to node " + std::to_string(used[i]) + ", which the mesh lacks; export it again", path);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (!std::isfinite(found->second[axis]))
        throw InputError(
            "node " + std::to_string(used[i]) + " has a coordinate that is not a number; export the mesh again", path);
      mesh.points(static_cast<Eigen::Index>(axis), static_cast<Eigen::Index>(i)) = found->second[axis] * unit;
    }
    number.emplace(used[i], static_cast<int>(i));
  }
  for (const auto& tet : raw.tets) {
    mesh.tets.push_back(
        {number.at(tet.nodes[0]), number.at(tet.nodes[1]), number.at(tet.nodes[2]), number.at(tet.nodes[3])});
    mesh.tet_labels.push_back(tet.group);
  }
  if (std::none_of(raw.tets.begin(), raw.tets.end(), [](const auto& tet) { return tet.extruded; })) return;
  for (const auto& tet : raw.tets) mesh.tet_extruded.push_back(tet.extruded ? 1 : 0);
}

void require_limb_size(const TetMesh& mesh, const std::string& unit, const std::string& path) {
  constexpr double smallest = 20e-3, largest = 2.0;  // [m] across
  const Eigen::Vector3d extent = mesh.points.rowwise().maxCoeff() - mesh.points.rowwise().minCoeff();
  const double across = extent.maxCoeff();
  if (across >= smallest && across <= largest) return;
  const Eigen::Vector3d in_file = extent / unit_factor(unit);
  std::string fitting;
  for (const char* other : {"mm", "m", "cm", "um"}) {
    const double metres = in_file.maxCoeff() * unit_factor(other);
    if (metres < smallest || metres > largest) continue;
    fitting += (fitting.empty() ? "'" : "' or '") + std::string(other);
  }
  throw InputError(
      "the mesh is " + format("%.4g", in_file[0]) + " x " + format("%.4g", in_file[1]) + " x " +
          format("%.4g", in_file[2]) + " " + unit + " across, but a limb is between 20 mm and 2 m; " +
          (fitting.empty() ? "check the mesh: no usual unit fits" : "set the unit of the mesh to " + fitting + "'"),
      path);
}

// Names of volumes are free, but the name of another tissue means that labels were mixed up.
void require_own_name(int label, const std::string& name, const TissueTable& tissues, const std::string& path) {
  for (const Tissue& tissue : tissues.tissues())
    if (tissue.name == name && tissue.label != label)
      throw InputError("the volume with the label " + std::to_string(label) + " is called '" + name +
                           "' in the mesh, but in the tissue table that is label " + std::to_string(tissue.label) +
                           " and label " + std::to_string(label) + " is '" + tissues.by_label(label).name +
                           "'; make the labels of mesh and table agree",
                       path);
}

void require_known_labels(TetMesh& mesh, const RawMesh& raw, const TissueTable& tissues, const std::string& path) {
  std::map<int, std::size_t> counts;
  for (const int label : mesh.tet_labels) ++counts[label];
  for (const auto& [label, count] : counts) {
    const std::string& name = raw.volume_names.at(label);
    if (tissues.has_label(label)) {
      require_own_name(label, name, tissues, path);
      mesh.tissue_names[label] = tissues.by_label(label).name;
      continue;
    }
    std::string known;
    for (const Tissue& tissue : tissues.tissues()) known += (known.empty() ? "" : ", ") + std::to_string(tissue.label);
    throw InputError(std::to_string(count) + " tetrahedra carry the label " + std::to_string(label) +
                         (name.empty() ? "" : " ('" + name + "')") + ", which the tissue table lacks (it has " + known +
                         "); add a line for it to the table",
                     path);
  }
}

std::string place_of(const TetMesh& mesh, std::size_t tet) {
  const Eigen::Vector3d c = mesh.centroid(tet) * 1e3;
  return "near (" + format("%.2f", c[0]) + ", " + format("%.2f", c[1]) + ", " + format("%.2f", c[2]) + ") mm";
}

// Vertex order is a matter of convention and is put right; a tetrahedron that lies on the wrong side of its facet is
// not.
void orient(TetMesh& mesh, const RawMesh& raw, const std::string& path) {
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    auto& tet = mesh.tets[t];
    double longest = 0;
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = i + 1; j < 4; ++j)
        longest = std::max(longest, (mesh.points.col(tet[i]) - mesh.points.col(tet[j])).norm());
    const double volume = mesh.volume(t);
    if (std::abs(volume) <= 1e-8 * std::pow(longest, 3))
      throw InputError("tetrahedron " + std::to_string(raw.tets[t].tag) + " " + place_of(mesh, t) +
                           " is degenerate (its volume is " + format("%.3g", volume * 1e9) +
                           " mm^3); optimise the mesh before it is read",
                       path);
    if (volume < 0) std::swap(tet[2], tet[3]);
  }
  const auto facets = sorted_facets(mesh.tets);
  for (std::size_t i = 0; i + 1 < facets.size(); ++i) {
    if (facets[i].key != facets[i + 1].key) continue;
    const auto t = static_cast<std::size_t>(facets[i].tet), u = static_cast<std::size_t>(facets[i + 1].tet);
    if (i + 2 < facets.size() && facets[i + 2].key == facets[i].key)
      throw InputError("a facet of tetrahedron " + std::to_string(raw.tets[t].tag) + " " + place_of(mesh, t) +
                           " is shared by more than two tetrahedra; repair the mesh",
                       path);
    if (is_even(facet_vertices(mesh.tets[t], facets[i].facet)) ==
        is_even(facet_vertices(mesh.tets[u], facets[i + 1].facet)))
      throw InputError("tetrahedra " + std::to_string(raw.tets[t].tag) + " and " + std::to_string(raw.tets[u].tag) +
                           " " + place_of(mesh, t) + " overlap: one of them is inverted; repair the mesh",
                       path);
  }
}

int part_of(int group, std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const auto& [word, part] :
       {std::pair{"proximal", BoundaryPart::proximal}, std::pair{"distal", BoundaryPart::distal},
        std::pair{"cut by the image", BoundaryPart::cut}, std::pair{"extruded", BoundaryPart::extension}})
    if (name.find(word) != std::string::npos || group == static_cast<int>(part)) return static_cast<int>(part);
  return static_cast<int>(BoundaryPart::skin);
}

// The boundary comes from the tets; the file's triangles tell the part (inner surfaces are ignored, unnamed facets are
// skin). Order: the file's first, so that a mesh of our own comes back as it was.
void take_boundary(const RawMesh& raw, const std::unordered_map<std::size_t, int>& number, TetMesh& mesh) {
  std::map<std::array<int, 3>, std::array<int, 3>> outer;
  for (const auto& facet : boundary_facets(mesh.tets)) outer.emplace(ascending(facet), facet);
  for (const auto& triangle : raw.triangles) {
    std::array<int, 3> vertices;
    bool inside = true;
    for (std::size_t k = 0; k < 3; ++k) {
      const auto found = number.find(triangle.nodes[k]);
      inside = inside && found != number.end();
      if (inside) vertices[k] = found->second;
    }
    const auto found = inside ? outer.find(ascending(vertices)) : outer.end();
    if (found == outer.end()) continue;
    // The file's own rotation where it points outward already.
    mesh.triangles.push_back(is_even(vertices) == is_even(found->second) ? vertices : found->second);
    mesh.triangle_parts.push_back(part_of(triangle.group, raw.surface_names.at(triangle.group)));
    outer.erase(found);
  }
  for (const auto& [key, facet] : outer) {
    mesh.triangles.push_back(facet);
    mesh.triangle_parts.push_back(static_cast<int>(BoundaryPart::skin));
  }
}

}  // namespace

TetMesh read_msh(const std::string& path, const std::string& unit, const TissueTable& tissues) {
  const double factor = unit_factor(unit);
  require_msh_header(path);
  const RawMesh raw = read_raw(path);
  TetMesh mesh;
  std::unordered_map<std::size_t, int> number;
  take_tets(raw, factor, path, mesh, number);
  require_limb_size(mesh, unit, path);
  require_known_labels(mesh, raw, tissues, path);
  orient(mesh, raw, path);
  take_boundary(raw, number, mesh);
  return mesh;
}

}  // namespace bmiss
