#include "benchmarks/mesh_soundness.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "base/table.h"

namespace bmiss::bench {
namespace {

using Triangle = std::array<int, 3>;
using Edge = std::array<int, 2>;

// Facets of a tet with p1-p0, p2-p0, p3-p0 right-handed, turned outward.
constexpr int facets_of_tet[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};

// The same three vertices, the smallest first, in the same sense of rotation.
Triangle rotated(Triangle t) {
  std::rotate(t.begin(), std::min_element(t.begin(), t.end()), t.end());
  return t;
}

Triangle sorted(Triangle t) {
  std::sort(t.begin(), t.end());
  return t;
}

Eigen::Vector3d corner(const MshContents& mesh, int vertex) {
  return mesh.points.col(vertex);
}

double tet_volume_of(const MshContents& mesh, const std::array<int, 4>& t) {
  const Eigen::Vector3d o = corner(mesh, t[0]);
  return (corner(mesh, t[1]) - o).cross(corner(mesh, t[2]) - o).dot(corner(mesh, t[3]) - o) / 6;
}

struct Facet {
  Triangle key, outward;  // vertices ascending; turned out of the tet
  int tet;
  bool operator<(const Facet& o) const { return key != o.key ? key < o.key : tet < o.tet; }
};

std::vector<Facet> all_facets(const MshContents& mesh) {
  std::vector<Facet> facets;
  facets.reserve(4 * mesh.tets.size());
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    for (const auto& [a, b, c] : facets_of_tet) {
      const Triangle outward{mesh.tets[t][static_cast<std::size_t>(a)], mesh.tets[t][static_cast<std::size_t>(b)],
                             mesh.tets[t][static_cast<std::size_t>(c)]};
      facets.push_back({sorted(outward), rotated(outward), static_cast<int>(t)});
    }
  std::sort(facets.begin(), facets.end());
  return facets;
}

// Facets of the same vertices, group by group.
template <typename Action>
void for_each_group(const std::vector<Facet>& facets, const Action& action) {
  for (std::size_t i = 0, end = 0; i < facets.size(); i = end) {
    while (end < facets.size() && facets[end].key == facets[i].key) ++end;
    action(i, end);
  }
}

void count_facets(const MshContents& mesh, Conformity& result) {
  const auto facets = all_facets(mesh);
  std::vector<Triangle> outer, listed;
  for_each_group(facets, [&](std::size_t i, std::size_t end) {
    if (end - i > 2) ++result.shared_wrongly;
    if (end - i == 2 && facets[i].outward == facets[i + 1].outward) ++result.same_side;
    if (end - i == 1) outer.push_back(facets[i].outward);
  });
  for (const Triangle& t : mesh.triangles) listed.push_back(rotated(t));
  std::sort(outer.begin(), outer.end());
  std::sort(listed.begin(), listed.end());
  std::vector<Triangle> difference;
  std::set_difference(outer.begin(), outer.end(), listed.begin(), listed.end(), std::back_inserter(difference));
  result.unlisted = difference.size();
  difference.clear();
  std::set_difference(listed.begin(), listed.end(), outer.begin(), outer.end(), std::back_inserter(difference));
  result.unfounded = difference.size();
}

// Each directed edge of a closed surface has one triangle, and so has its opposite.
void count_bad_edges(const MshContents& mesh, Conformity& result) {
  std::map<Edge, std::array<int, 2>> uses;  // triangles that run along it, and against it
  for (const Triangle& t : mesh.triangles)
    for (std::size_t k = 0; k < 3; ++k) {
      const int a = t[k], b = t[(k + 1) % 3];
      ++uses[{std::min(a, b), std::max(a, b)}][a < b ? 0 : 1];
    }
  for (const auto& [edge, count] : uses)
    if (count[0] != 1 || count[1] != 1) ++result.bad_edges;
}

// The opposite edges of a vertex's triangles form one cycle.
void count_bad_vertices(const MshContents& mesh, Conformity& result) {
  std::map<int, std::vector<Edge>> links;
  for (const Triangle& t : mesh.triangles)
    for (std::size_t k = 0; k < 3; ++k) links[t[k]].push_back({t[(k + 1) % 3], t[(k + 2) % 3]});
  for (const auto& [vertex, link] : links) {
    std::map<int, int> next;
    for (const Edge& edge : link) next[edge[0]] = edge[1];
    std::size_t steps = 0;
    int at = link.front()[0];
    do {
      const auto found = next.find(at);
      if (found == next.end()) break;
      at = found->second;
      ++steps;
    } while (at != link.front()[0] && steps <= link.size());
    if (next.size() != link.size() || steps != link.size()) ++result.bad_vertices;
  }
}

std::size_t count_shells(const MshContents& mesh) {
  std::vector<int> parent(static_cast<std::size_t>(mesh.points.cols()));
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](int v) {
    while (parent[static_cast<std::size_t>(v)] != v)
      v = parent[static_cast<std::size_t>(v)] = parent[static_cast<std::size_t>(parent[static_cast<std::size_t>(v)])];
    return v;
  };
  std::set<int> roots;
  for (const Triangle& t : mesh.triangles)
    for (const int v : t) parent[static_cast<std::size_t>(root(v))] = root(t[0]);
  for (const Triangle& t : mesh.triangles) roots.insert(root(t[0]));
  return roots.size();
}

double enclosed_volume(const MshContents& mesh) {
  const Eigen::Vector3d origin = mesh.points.rowwise().mean();
  double sum = 0;
  for (const auto& [a, b, c] : mesh.triangles)
    sum += (corner(mesh, a) - origin).cross(corner(mesh, b) - origin).dot(corner(mesh, c) - origin) / 6;
  return sum;
}

void say(std::string& text, double count, const std::string& what) {
  if (count > 0) text += (text.empty() ? "" : ", ") + format("%.0f ", count) + what;
}

// From the outward normals n: the angle between facets i and j is pi minus that between their normals.
double smallest_dihedral(const MshContents& mesh, const std::array<int, 4>& tet) {
  std::array<Eigen::Vector3d, 4> normals;
  for (std::size_t f = 0; f < 4; ++f) {
    const auto vertex = [&](int k) { return corner(mesh, tet[static_cast<std::size_t>(facets_of_tet[f][k])]); };
    normals[f] = (vertex(1) - vertex(0)).cross(vertex(2) - vertex(0)).normalized();
  }
  double least = M_PI;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = i + 1; j < 4; ++j)
      least = std::min(least, std::acos(std::clamp(-normals[i].dot(normals[j]), -1.0, 1.0)));
  return tet_volume_of(mesh, tet) > 0 ? least : -least;
}

double percentile1(std::vector<double> values) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 100);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

// Looks for labels around a place.
class Neighbourhood {
public:
  Neighbourhood(const LabelMap& map, double reach) : map_(map), to_voxel_(map.voxel_to_world.inverse()), reach_(reach) {
    const Eigen::Vector3d spacing = map.spacing();
    for (int axis = 0; axis < 3; ++axis) around_[axis] = static_cast<int>(std::ceil(reach / spacing[axis]));
  }
  // `label` 0 is also beyond the image. `p` in metres.
  bool holds(int label, const Eigen::Vector3d& p) const {
    const Eigen::Vector3d at = to_voxel_ * p;
    const Eigen::Vector3i middle = at.array().round().cast<int>();
    for (int k = middle[2] - around_[2]; k <= middle[2] + around_[2]; ++k)
      for (int j = middle[1] - around_[1]; j <= middle[1] + around_[1]; ++j)
        for (int i = middle[0] - around_[0]; i <= middle[0] + around_[0]; ++i) {
          const bool inside = i >= 0 && j >= 0 && k >= 0 && i < map_.size[0] && j < map_.size[1] && k < map_.size[2];
          if ((inside ? map_.at(i, j, k) : 0) != label) continue;
          if ((map_.voxel_to_world * Eigen::Vector3d(i, j, k) - p).norm() <= reach_) return true;
        }
    return false;
  }

private:
  const LabelMap& map_;
  Eigen::Affine3d to_voxel_;
  double reach_;
  int around_[3] = {};
};

}  // namespace

bool Conformity::conforming() const {
  return inverted + shared_wrongly + same_side + unlisted + unfounded == 0 && volume_mismatch < 1e-9;
}

std::string Conformity::conforming_text() const {
  if (conforming()) return "yes";
  std::string text;
  say(text, static_cast<double>(inverted), "inverted tets");
  say(text, static_cast<double>(shared_wrongly), "facets of > 2 tets");
  say(text, static_cast<double>(same_side), "overlaps");
  say(text, static_cast<double>(unlisted), "open facets");
  say(text, static_cast<double>(unfounded), "loose triangles");
  return text.empty() ? "volume off by " + format("%.1e", volume_mismatch) : text;
}

std::string Conformity::manifold_text() const {
  std::string text;
  say(text, static_cast<double>(bad_edges), "bad edges");
  say(text, static_cast<double>(bad_vertices), "bad vertices");
  if (shells > 1) say(text, static_cast<double>(shells), "shells");
  return text.empty() ? "yes" : text;
}

Conformity examine_conformity(const MshContents& mesh) {
  Conformity result;
  double volume = 0;
  for (const auto& tet : mesh.tets) {
    const double v = tet_volume_of(mesh, tet);
    volume += v;
    if (v <= 0) ++result.inverted;
  }
  count_facets(mesh, result);
  count_bad_edges(mesh, result);
  count_bad_vertices(mesh, result);
  result.shells = count_shells(mesh);
  result.volume_mismatch = std::abs(volume / enclosed_volume(mesh) - 1);
  return result;
}

Shapes measure_shapes(const MshContents& mesh) {
  std::vector<double> all, of_limb;
  std::vector<Edge> edges;
  edges.reserve(6 * mesh.tets.size());
  for (std::size_t t = 0; t < mesh.tets.size(); ++t) {
    const auto& tet = mesh.tets[t];
    all.push_back(smallest_dihedral(mesh, tet) * 180 / M_PI);
    if (mesh.tet_extruded[t] == 0) of_limb.push_back(all.back());
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = i + 1; j < 4; ++j) edges.push_back({std::min(tet[i], tet[j]), std::max(tet[i], tet[j])});
  }
  std::sort(edges.begin(), edges.end());
  const auto n_edges = std::unique(edges.begin(), edges.end()) - edges.begin();
  Shapes shapes;
  shapes.least_dihedral = *std::min_element(all.begin(), all.end());
  shapes.least_dihedral_of_limb = *std::min_element(of_limb.begin(), of_limb.end());
  shapes.percentile1 = percentile1(all);
  shapes.percentile1_of_limb = percentile1(of_limb);
  shapes.quadratic_nodes = static_cast<std::size_t>(mesh.points.cols() + n_edges);
  return shapes;
}

std::map<int, double> volumes(const MshContents& mesh) {
  std::map<int, double> result;
  for (std::size_t t = 0; t < mesh.tets.size(); ++t)
    if (mesh.tet_extruded[t] == 0) result[mesh.tet_labels[t]] += tet_volume_of(mesh, mesh.tets[t]);
  return result;
}

Interfaces compare_interfaces(const MshContents& mesh, const LabelMap& map, int skin_label, double reach) {
  const Neighbourhood around(map, reach * 1e-3);
  const auto facets = all_facets(mesh);
  Interfaces result;
  for_each_group(facets, [&](std::size_t i, std::size_t end) {
    if (end - i != 2) return;
    const auto s = static_cast<std::size_t>(facets[i].tet), t = static_cast<std::size_t>(facets[i + 1].tet);
    const int labels[] = {mesh.tet_labels[s], mesh.tet_labels[t]};
    if (labels[0] == labels[1] || mesh.tet_extruded[s] != 0 || mesh.tet_extruded[t] != 0) return;
    const auto& [a, b, c] = facets[i].key;
    const Eigen::Vector3d centre = (corner(mesh, a) + corner(mesh, b) + corner(mesh, c)) / 3e3;
    ++result.facets;
    const bool found = std::all_of(std::begin(labels), std::end(labels), [&](int label) {
      return around.holds(label, centre) || (label == skin_label && around.holds(0, centre));
    });
    if (!found) ++result.misplaced;
  });
  return result;
}

}  // namespace bmiss::bench
