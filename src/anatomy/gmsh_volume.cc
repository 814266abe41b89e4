#include "anatomy/gmsh_volume.h"

#include <gmsh.h>

#include <algorithm>
#include <ctime>
#include <future>
#include <map>
#include <set>
#include <utility>

#include "anatomy/gmsh_session.h"
#include "anatomy/ordered_blocks.h"
#include "anatomy/size_field.h"
#include "anatomy/tet_shape.h"
#include "base/errors.h"

namespace bmiss {

namespace {

constexpr int linear_line = 1, linear_triangle = 2, linear_tet = 4;  // Gmsh's element types
constexpr double to_millimetres = 1e3;  // Gmsh's absolute tolerances suit numbers of order one

std::size_t tag_of(int point) {
  return static_cast<std::size_t>(point) + 1;
}

// The complex cut into the pieces Gmsh wants: surfaces that separate one pair of regions, and the curves where they
// meet.
struct Pieces {
  std::map<std::array<int, 2>, int> surface_of_pair;
  std::vector<std::vector<int>> surface_triangles;           // surface -> triangles
  std::map<std::vector<int>, int> curve_of_surfaces;         // set of meeting surfaces -> curve
  std::vector<std::vector<std::array<int, 2>>> curve_edges;  // curve -> edges
  std::vector<std::set<int>> surface_curves;                 // surface -> curves
  std::vector<int> curve_of_point;                           // -1: not on a curve
};

Pieces find_pieces(const SurfaceComplex& complex) {
  Pieces pieces;
  struct EdgeUse {
    std::array<int, 2> edge;
    int surface;
    bool operator<(const EdgeUse& o) const { return edge != o.edge ? edge < o.edge : surface < o.surface; }
  };
  std::vector<EdgeUse> uses;
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    std::array<int, 2> pair = complex.triangle_regions[t];
    std::sort(pair.begin(), pair.end());
    const auto [found, is_new] =
        pieces.surface_of_pair.emplace(pair, static_cast<int>(pieces.surface_triangles.size()));
    if (is_new) pieces.surface_triangles.emplace_back();
    pieces.surface_triangles[static_cast<std::size_t>(found->second)].push_back(static_cast<int>(t));
    for (std::size_t k = 0; k < 3; ++k) {
      const int a = complex.triangles[t][k], b = complex.triangles[t][(k + 1) % 3];
      uses.push_back({{std::min(a, b), std::max(a, b)}, found->second});
    }
  }
  std::sort(uses.begin(), uses.end());
  pieces.surface_curves.resize(pieces.surface_triangles.size());
  pieces.curve_of_point.assign(static_cast<std::size_t>(complex.points.cols()), -1);
  for (std::size_t i = 0; i < uses.size();) {
    std::size_t end = i;
    std::vector<int> meeting;
    while (end < uses.size() && uses[end].edge == uses[i].edge) meeting.push_back(uses[end++].surface);
    if (meeting.size() != 2 || meeting[0] != meeting[1]) {
      const auto [found, is_new] =
          pieces.curve_of_surfaces.emplace(meeting, static_cast<int>(pieces.curve_edges.size()));
      if (is_new) pieces.curve_edges.emplace_back();
      const int curve = found->second;
      pieces.curve_edges[static_cast<std::size_t>(curve)].push_back(uses[i].edge);
      for (const int surface : meeting) pieces.surface_curves[static_cast<std::size_t>(surface)].insert(curve);
      for (const int point : uses[i].edge) {
        int& owner = pieces.curve_of_point[static_cast<std::size_t>(point)];
        if (owner < 0) owner = curve;
      }
    }
    i = end;
  }
  return pieces;
}

void add_nodes(const SurfaceComplex& complex, int dimension, int entity, const std::vector<int>& points) {
  std::vector<std::size_t> tags;
  std::vector<double> coordinates;
  for (const int point : points) {
    tags.push_back(tag_of(point));
    for (int axis = 0; axis < 3; ++axis) coordinates.push_back(complex.points(axis, point) * to_millimetres);
  }
  gmsh::model::mesh::addNodes(dimension, entity, tags, coordinates);
}

// Entities carry the number of their piece plus one.
void build_surfaces(const SurfaceComplex& complex, const Pieces& pieces) {
  std::vector<std::vector<int>> curve_points(pieces.curve_edges.size()),
      surface_points(pieces.surface_triangles.size());
  std::vector<int> owner(static_cast<std::size_t>(complex.points.cols()), -1);
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    std::array<int, 2> pair = complex.triangle_regions[t];
    std::sort(pair.begin(), pair.end());
    for (const int point : complex.triangles[t])
      owner[static_cast<std::size_t>(point)] = pieces.surface_of_pair.at(pair);
  }
  for (int point = 0; point < static_cast<int>(owner.size()); ++point) {
    const int curve = pieces.curve_of_point[static_cast<std::size_t>(point)];
    BMISS_ASSERT(owner[static_cast<std::size_t>(point)] >= 0);
    if (curve >= 0)
      curve_points[static_cast<std::size_t>(curve)].push_back(point);
    else
      surface_points[static_cast<std::size_t>(owner[static_cast<std::size_t>(point)])].push_back(point);
  }
  for (std::size_t c = 0; c < pieces.curve_edges.size(); ++c) {
    gmsh::model::addDiscreteEntity(1, static_cast<int>(c) + 1);
    add_nodes(complex, 1, static_cast<int>(c) + 1, curve_points[c]);
  }
  for (std::size_t s = 0; s < pieces.surface_triangles.size(); ++s) {
    std::vector<int> curves;
    for (const int curve : pieces.surface_curves[s]) curves.push_back(curve + 1);
    gmsh::model::addDiscreteEntity(2, static_cast<int>(s) + 1, curves);
    add_nodes(complex, 2, static_cast<int>(s) + 1, surface_points[s]);
  }
  for (std::size_t c = 0; c < pieces.curve_edges.size(); ++c) {
    std::vector<std::size_t> nodes;
    for (const auto& edge : pieces.curve_edges[c])
      for (const int point : edge) nodes.push_back(tag_of(point));
    gmsh::model::mesh::addElementsByType(static_cast<int>(c) + 1, linear_line, {}, nodes);
  }
  for (std::size_t s = 0; s < pieces.surface_triangles.size(); ++s) {
    std::vector<std::size_t> nodes;
    for (const int t : pieces.surface_triangles[s])
      for (const int point : complex.triangles[static_cast<std::size_t>(t)]) nodes.push_back(tag_of(point));
    gmsh::model::mesh::addElementsByType(static_cast<int>(s) + 1, linear_triangle, {}, nodes);
  }
}

// Gmsh knows a region by its exact set of surfaces; cavities belong into the same loop.
void build_volumes(const SurfaceComplex& complex, const Pieces& pieces) {
  std::vector<std::vector<int>> loops(complex.region_labels.size());
  for (const auto& [pair, surface] : pieces.surface_of_pair)
    for (const int region : pair)
      if (region >= 0) loops[static_cast<std::size_t>(region)].push_back(surface + 1);
  for (std::size_t region = 0; region < loops.size(); ++region) {
    BMISS_ASSERT(!loops[region].empty());
    const int loop = gmsh::model::geo::addSurfaceLoop(loops[region], static_cast<int>(region) + 1);
    gmsh::model::geo::addVolume({loop}, static_cast<int>(region) + 1);
  }
  gmsh::model::geo::synchronize();
}

// Returns the CPU time of Gmsh's meshing alone [s].
double generate(const SizeField& size, Tetrahedralizer method) {
  gmsh::option::setNumber("Mesh.Algorithm3D", method == Tetrahedralizer::hxt ? 10 : 1);
  gmsh::option::setNumber("Mesh.MaxNumThreads3D", 1);
  gmsh::option::setNumber("Mesh.MeshSizeExtendFromBoundary", 0);
  gmsh::option::setNumber("Mesh.MeshSizeFromPoints", 0);
  gmsh::option::setNumber("Mesh.Renumber", 0);  // our points keep their tags
  gmsh::model::mesh::setSizeCallback([&size](int dimension, int tag, double x, double y, double z) {
    const int region = dimension == 3 ? tag - 1 : -1;
    return size.at(Eigen::Vector3d(x, y, z) / to_millimetres, region) * to_millimetres;
  });
  const std::clock_t start = std::clock();  // of the process; nothing else runs in it meanwhile
  gmsh::model::mesh::generate(3);
  const std::clock_t end = std::clock();
  gmsh::model::mesh::removeSizeCallback();
  return static_cast<double>(end - start) / CLOCKS_PER_SEC;
}

FilledRegions collect(const SurfaceComplex& complex) {
  std::vector<std::size_t> tags;
  std::vector<double> coordinates, parametric;
  gmsh::model::mesh::getNodes(tags, coordinates, parametric);
  const auto n_surface = static_cast<std::size_t>(complex.points.cols());
  std::vector<std::size_t> all_elements, all_nodes;
  gmsh::model::mesh::getElementsByType(linear_tet, all_elements, all_nodes);
  const std::set<std::size_t> used(all_nodes.begin(), all_nodes.end());  // HXT may leave points without tetrahedra
  std::map<std::size_t, std::size_t> inner;  // tag -> place in the list, ascending tags: the numbering is reproducible
  for (std::size_t i = 0; i < tags.size(); ++i)
    if (tags[i] > n_surface && used.count(tags[i]) > 0) inner.emplace(tags[i], i);
  FilledRegions filled;
  filled.points.resize(3, static_cast<Eigen::Index>(n_surface + inner.size()));
  filled.points.leftCols(complex.points.cols()) = complex.points;
  std::map<std::size_t, int> number;
  int next = static_cast<int>(n_surface);
  for (const auto& [tag, place] : inner) {
    for (int axis = 0; axis < 3; ++axis)
      filled.points(axis, next) = coordinates[3 * place + static_cast<std::size_t>(axis)] / to_millimetres;
    number.emplace(tag, next++);
  }
  for (std::size_t region = 0; region < complex.region_labels.size(); ++region) {
    std::vector<std::size_t> elements, nodes;
    gmsh::model::mesh::getElementsByType(linear_tet, elements, nodes, static_cast<int>(region) + 1);
    for (std::size_t i = 0; i < elements.size(); ++i) {
      std::array<int, 4> tet;
      for (std::size_t k = 0; k < 4; ++k) {
        const std::size_t tag = nodes[4 * i + k];
        tet[k] = tag <= n_surface ? static_cast<int>(tag) - 1 : number.at(tag);
      }
      filled.tets.push_back(tet);
      filled.tet_regions.push_back(static_cast<int>(region));
    }
  }
  return filled;
}

void check(const SurfaceComplex& complex, const FilledRegions& filled) {
  std::vector<std::size_t> counts(complex.region_labels.size(), 0);
  for (const int region : filled.tet_regions) ++counts[static_cast<std::size_t>(region)];
  for (std::size_t region = 0; region < counts.size(); ++region)
    if (counts[region] == 0)
      throw NumericalError("region " + std::to_string(region) + " (label " +
                           std::to_string(complex.region_labels[region]) + ") was left without tetrahedra");
  // Each triangle must be a facet between its two regions, and no other facet may lie between regions.
  using Facet = std::pair<std::array<int, 3>, std::array<int, 2>>;  // vertices, regions (-1: outside), both ascending
  std::vector<Facet> expected, found;
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    std::array<int, 2> regions = complex.triangle_regions[t];
    for (int& region : regions) region = std::max(region, -1);
    std::sort(regions.begin(), regions.end());
    expected.emplace_back(ascending(complex.triangles[t]), regions);
  }
  const auto facets = sorted_facets(filled.tets);
  for (std::size_t i = 0; i < facets.size();) {
    const bool shared = i + 1 < facets.size() && facets[i + 1].key == facets[i].key;
    std::array<int, 2> regions{shared ? filled.tet_regions[static_cast<std::size_t>(facets[i + 1].tet)] : -1,
                               filled.tet_regions[static_cast<std::size_t>(facets[i].tet)]};
    std::sort(regions.begin(), regions.end());
    if (regions[0] != regions[1]) found.emplace_back(facets[i].key, regions);
    i += shared ? 2 : 1;
  }
  std::sort(expected.begin(), expected.end());
  if (expected != found)
    throw NumericalError("the tetrahedra have " + std::to_string(found.size()) +
                         " facets on tissue interfaces and the outer surface, which are not the " +
                         std::to_string(expected.size()) + " triangles there (a void, a leak or a torn interface)");
}

// Of Gmsh's points in the heap [bytes]: plain, of curves and of surfaces, and what they may grow to.
const std::vector<std::size_t> sizes_of_points{56, 72, 88};

FilledRegions run_gmsh(const SurfaceComplex& complex, const Pieces& pieces, const SizeField& size,
                       Tetrahedralizer method) {
  GmshSession session;
  FilledRegions filled;
  session.guard<NumericalError>("filling the limb with tetrahedra by " + name_of(method), [&] {
    gmsh::model::add("limb");
    const OrderedBlocks blocks(static_cast<std::size_t>(complex.points.cols()) + complex.triangles.size(),
                               sizes_of_points);
    build_surfaces(complex, pieces);
    build_volumes(complex, pieces);
    const double cpu_seconds = generate(size, method);
    filled = collect(complex);
    filled.cpu_seconds = cpu_seconds;
  });
  return filled;
}

}  // namespace

std::string name_of(Tetrahedralizer method) {
  return method == Tetrahedralizer::hxt ? "HXT" : "Delaunay";
}

FilledRegions fill_regions(const SurfaceComplex& complex, const SizeField& size, Tetrahedralizer method) {
  // Gmsh hands the points to HXT in the order of their addresses, and the mesh depends on that order. A thread of its
  // own has its own heap, prepared by OrderedBlocks: the same input then gives the same mesh whatever the program did
  // before.
  const Pieces pieces = find_pieces(complex);
  const FilledRegions filled =
      std::async(std::launch::async, [&] { return run_gmsh(complex, pieces, size, method); }).get();
  check(complex, filled);
  return filled;
}

}  // namespace bmiss
