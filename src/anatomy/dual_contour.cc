#include "anatomy/dual_contour.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "anatomy/cell_sheets.h"
#include "anatomy/surface_complex.h"

namespace bmiss {
namespace {

using Place = std::array<int, 3>;

// Cell (i, j, k) has the lattice points (i-1 .. i, …) as corners; its centre lies at (i, j, k) * step.
class CellVertices {
public:
  CellVertices(const ContourLattice& lattice, const LabelField& field, QuadComplex& complex)
      : lattice_(lattice), field_(field), complex_(complex), size_(lattice.points.size) {
    first_vertex_.assign(static_cast<std::size_t>(size_[0] + 1) * (size_[1] + 1) * (size_[2] + 1), -1);
  }

  // The vertex of the sheet that crosses this edge of the cell.
  int vertex_of(const Place& cell, int edge) {
    const std::size_t number =
        static_cast<std::size_t>(cell[0]) +
        static_cast<std::size_t>(size_[0] + 1) *
            (static_cast<std::size_t>(cell[1]) + static_cast<std::size_t>(size_[1] + 1) * cell[2]);
    int& first = first_vertex_[number];
    if (first < 0) {
      first = static_cast<int>(complex_.points.size());
      make(cell, number);
    }
    int vertex = first;
    while ((edges_of_vertex_[vertex] >> edge & 1u) == 0) ++vertex;
    return vertex;
  }
  // The same for the edge between two neighbouring corners of the cell.
  int vertex_between(const Place& cell, const Place& one, const Place& other) {
    int axis = 0, corner = 0;
    while (one[axis] == other[axis]) ++axis;
    for (int a = 0; a < 3; ++a) corner |= (std::min(one[a], other[a]) - cell[a] + 1) << a;
    return vertex_of(cell, edge_number(corner, axis));
  }

private:
  struct Corner {
    Eigen::Vector3d place;
    int region, label;
  };

  int label_of(int region) const {
    if (region >= 0) return lattice_.region_label[region];
    return region == SurfaceComplex::outside ? 0 : -1;
  }

  void make(const Place& cell, std::size_t number) {
    const Eigen::Vector3d& step = lattice_.points.spacing;
    std::array<bool, 3> pinned;
    Eigen::Vector3d centre;
    for (int axis = 0; axis < 3; ++axis) {
      pinned[axis] = cell[axis] == 0 || cell[axis] == size_[axis];
      centre[axis] = cell[axis] * step[axis];
    }
    std::array<Corner, 8> corner;
    std::array<int, 8> region;
    std::array<Place, 8> places;
    for (int c = 0; c < 8; ++c) {
      Place& place = places[c];
      for (int axis = 0; axis < 3; ++axis) place[axis] = cell[axis] - 1 + (c >> axis & 1);
      corner[c].place = lattice_.place_of(place);
      // Crossings of a pinned cell are looked for in the plane of the image's side.
      for (int axis = 0; axis < 3; ++axis)
        if (pinned[axis]) corner[c].place[axis] = centre[axis];
      region[c] = corner[c].region = lattice_.region_at(place);
      corner[c].label = label_of(region[c]);
    }
    const CellSheets sheets(region, [&](const std::array<int, 4>& face) {
      const int a = corner[face[0]].label, b = corner[face[1]].label;
      return a < 0 || b < 0 || lattice_.passes_between(places[face[0]], places[face[2]], a, b, field_);
    });
    const std::size_t first = complex_.points.size();
    for (int sheet = 0; sheet < n_edge_numbers; ++sheet)
      if (sheets.of_edge(sheet) == sheet) add_vertex(sheets, sheet, corner);
    Eigen::Vector3d low = Eigen::Vector3d::Zero(), high = low;  // mean sides of the cell
    for (int c = 0; c < 8; ++c)
      for (int axis = 0; axis < 3; ++axis) (c >> axis & 1 ? high : low)[axis] += corner[c].place[axis] / 4;
    // A region of a single point is all around it, wherever its neighbours are.
    for (int c = 0; c < 8; ++c)
      if (region[c] >= 0 && complex_.tiny[region[c]] != 0)
        for (int axis = 0; axis < 3; ++axis) (c >> axis & 1 ? high : low)[axis] = corner[c].place[axis];
    for (int axis = 0; axis < 3; ++axis)
      if (pinned[axis]) low[axis] = high[axis] = centre[axis];
    const Eigen::Vector3d middle = 0.5 * (low + high);
    for (std::size_t v = first; v < complex_.points.size(); ++v) {
      complex_.centres.push_back(centre);
      complex_.middles.push_back(middle);
      complex_.rooms.push_back(0.5 * QuadComplex::share_of_cell * (high - low));
      complex_.pinned.push_back(pinned);
      complex_.cell.push_back(number);
      if (complex_.points.size() == first + 1) complex_.homes[v] = middle;
    }
    for (std::size_t v = first; v < complex_.points.size(); ++v) complex_.confine(v);
  }

  void add_vertex(const CellSheets& sheets, int sheet, const std::array<Corner, 8>& corner) {
    Eigen::Vector3d sum = Eigen::Vector3d::Zero(), middles = sum;
    int crossings = 0, edges = 0;
    unsigned used = 0;
    std::vector<int> labels;
    for (int c = 0; c < 8; ++c)
      for (int axis = 0; axis < 3; ++axis) {
        const int edge = edge_number(c, axis), d = c | 1 << axis;
        if (d == c || sheets.of_edge(edge) != sheet) continue;
        used |= 1u << edge;
        middles += 0.5 * (corner[c].place + corner[d].place);
        ++edges;
        for (const int end : {c, d})
          if (corner[end].label >= 0) labels.push_back(corner[end].label);
        if (corner[c].label < 0 || corner[d].label < 0 || corner[c].label == corner[d].label) continue;
        sum += crossing(corner[c].place, corner[d].place, corner[c].label, corner[d].label);
        ++crossings;
      }
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    complex_.points.push_back((crossings > 0 ? sum : middles) / (crossings > 0 ? crossings : edges));
    complex_.homes.push_back(middles / edges);
    complex_.labels.push_back(std::move(labels));
    edges_of_vertex_.push_back(used);
  }

  // Where phi_a - phi_b changes sign between two corners (Illinois method: the field saturates away from interfaces, so
  // that one secant is not enough); half way where cleaning has overruled the field.
  Eigen::Vector3d crossing(const Eigen::Vector3d& from, const Eigen::Vector3d& to, int a, int b) const {
    double low = 0, high = 1, at_low = field_.difference(from, a, b), at_high = field_.difference(to, a, b);
    if (!(at_low > 0 && at_high < 0)) return 0.5 * (from + to);
    double t = 0.5;
    for (int step = 0, last_side = 0; step < 8; ++step) {
      t = (low * at_high - high * at_low) / (at_high - at_low);
      const double value = field_.difference(from + t * (to - from), a, b);
      if (std::abs(value) < 1e-3) break;
      const int side = value > 0 ? 1 : -1;
      (side > 0 ? low : high) = t;
      (side > 0 ? at_low : at_high) = value;
      if (side == last_side) (side > 0 ? at_high : at_low) *= 0.5;
      last_side = side;
    }
    return from + t * (to - from);
  }

  const ContourLattice& lattice_;
  const LabelField& field_;
  QuadComplex& complex_;
  Place size_;
  std::vector<int> first_vertex_;          // of each cell
  std::vector<unsigned> edges_of_vertex_;  // bits: the edges of its sheet
};

Place moved(Place place, int axis, int by) {
  place[axis] += by;
  return place;
}

// The sheets beside a passage: in the cell below its face and in the one above.
std::array<std::array<int, 2>, 2> sheets_beside(CellVertices& cells, const LatticePassage& passage, int axis) {
  std::array<std::array<int, 2>, 2> sheets;
  for (const int above : {0, 1}) {
    Place cell;
    for (int a = 0; a < 3; ++a) cell[a] = std::max(passage.joined[0][a], passage.joined[1][a]);
    cell[axis] += above;
    for (const int n : {0, 1}) sheets[above][n] = cells.vertex_between(cell, passage.beside[n], passage.joined[0]);
  }
  return sheets;
}

// Where a region passes between two others on a side of the image, its part of the cut ends at the vertex of the corner
// that CellSheets keeps apart: one more quad from there, over the cells beside it, to the vertex of the other sheet.
void close_cut(QuadComplex& complex, CellVertices& cells, const ContourLattice& lattice, const LatticePassage& passage,
               int axis) {
  const Place &apart = passage.beside[0], &opposite = passage.beside[1];
  const int b = (axis + 1) % 3, c = (axis + 2) % 3, along_b = opposite[b] - apart[b], along_c = opposite[c] - apart[c];
  for (const bool at_high : {false, true}) {
    if (apart[axis] != (at_high ? lattice.points.size[axis] - 1 : 0)) continue;
    const int outward = at_high ? 1 : -1;
    Place cell;
    for (int a = 0; a < 3; ++a) cell[a] = std::max(apart[a], opposite[a]);
    if (at_high) ++cell[axis];
    const Place by_b = moved(apart, b, along_b), by_c = moved(apart, c, along_c);
    // The cells beside may hold a passage too. Then the vertices of this edge and of the cut differ there, and of the
    // two quads one takes the one and the other the other.
    const auto beside = [&](const Place& point, int across, int step) {
      return step < 0 ? cells.vertex_between(moved(cell, across, 1), point, moved(point, axis, outward))
                      : cells.vertex_between(moved(cell, across, -1), apart, point);
    };
    std::array<int, 4> quad{cells.vertex_between(cell, apart, by_b), beside(by_b, c, along_c),
                            cells.vertex_between(cell, by_b, moved(by_b, axis, outward)), beside(by_c, b, along_b)};
    if (along_b * along_c * outward < 0) std::reverse(quad.begin(), quad.end());
    const Place beyond = moved(by_b, axis, outward);
    complex.quads.push_back(quad);
    complex.sides.push_back({by_b, beyond});
    complex.regions.push_back({lattice.region_at(by_b), lattice.region_at(beyond)});
  }
}

}  // namespace

QuadComplex contour_lattice(const ContourLattice& lattice, const LabelField& field) {
  QuadComplex complex;
  constexpr int few_points = 4;
  std::vector<int> points_of_region(lattice.region_label.size(), 0);
  for (const int region : lattice.region)
    if (region >= 0) ++points_of_region[region];
  for (const int points : points_of_region) complex.tiny.push_back(points < few_points ? 1 : 0);
  CellVertices cells(lattice, field, complex);
  const Place& size = lattice.points.size;
  Place p;
  for (p[2] = -1; p[2] < size[2]; ++p[2])
    for (p[1] = -1; p[1] < size[1]; ++p[1])
      for (p[0] = -1; p[0] < size[0]; ++p[0])
        for (int axis = 0; axis < 3; ++axis) {
          Place q = p;
          ++q[axis];
          const int b = (axis + 1) % 3, c = (axis + 2) % 3;
          if (p[b] < 0 || p[c] < 0) continue;  // an edge outside the image
          const int low = lattice.region_at(p), high = lattice.region_at(q);
          if (low == high || (low < 0 && high < 0)) continue;
          // The four cells around the edge; their normal points along it.
          std::array<int, 4> quad;
          const int around[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
          for (int n = 0; n < 4; ++n) {
            Place cell = p;
            cell[axis] = p[axis] + 1;
            cell[b] += around[n][0];
            cell[c] += around[n][1];
            const int lower_corner = (1 - around[n][0]) << b | (1 - around[n][1]) << c;
            quad[n] = cells.vertex_of(cell, edge_number(lower_corner, axis));
          }
          const bool low_is_inner = high < 0 || (low >= 0 && low < high);
          if (!low_is_inner) std::reverse(quad.begin(), quad.end());
          complex.quads.push_back(quad);
          complex.regions.push_back(low_is_inner ? std::array<int, 2>{low, high} : std::array<int, 2>{high, low});
          complex.sides.push_back(low_is_inner ? std::array<Place, 2>{p, q} : std::array<Place, 2>{q, p});
        }
  for (const LatticePassage& passage : lattice.passages) {
    int normal = 0;
    while (passage.joined[0][normal] != passage.joined[1][normal]) ++normal;
    complex.passages.push_back(sheets_beside(cells, passage, normal));
    close_cut(complex, cells, lattice, passage, normal);
  }
  return complex;
}

}  // namespace bmiss
