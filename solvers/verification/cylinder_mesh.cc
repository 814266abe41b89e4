// Concentric rings of vertices, joined to triangles and extruded along the axis; every prism is cut into three
// tetrahedra.
#include "solvers/verification/cylinder_mesh.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

const double pi = std::acos(-1.0);

// Places from `from` to `to` whose spacing follows `size`, the end points included.
std::vector<double> graded(double from, double to, const std::function<double(double)>& size) {
  constexpr int samples = 2000;
  std::vector<double> count(samples + 1, 0.0);  // cells between `from` and each sample
  const double step = (to - from) / samples;
  for (int i = 0; i < samples; ++i)
    count[static_cast<std::size_t>(i) + 1] = count[static_cast<std::size_t>(i)] + step / size(from + (i + 0.5) * step);
  const int n = std::max(1, static_cast<int>(std::lround(count.back())));
  std::vector<double> places = {from};
  std::size_t s = 0;
  for (int k = 1; k < n; ++k) {
    const double target = count.back() * k / n;
    while (count[s + 1] < target) ++s;
    places.push_back(from + step * (static_cast<double>(s) + (target - count[s]) / (count[s + 1] - count[s])));
  }
  places.push_back(to);
  return places;
}

// The same through several fixed places.
std::vector<double> graded_through(std::vector<double> fixed, const std::function<double(double)>& size) {
  std::sort(fixed.begin(), fixed.end());
  std::vector<double> places = {fixed.front()};
  for (std::size_t i = 1; i < fixed.size(); ++i) {
    if (fixed[i] - places.back() < 1e-9) continue;
    const auto part = graded(places.back(), fixed[i], size);
    places.insert(places.end(), part.begin() + 1, part.end());
  }
  return places;
}

// The bound of a layer; infinite where there is none.
double bound_of(const CylinderMeshOptions& options, std::size_t layer) {
  const bool bounded = layer < options.layer_edges.size() && options.layer_edges[layer] > 0;
  return bounded ? options.layer_edges[layer] : std::numeric_limits<double>::infinity();
}

// Of the layers that hold the radius: two at an interface.
double bound_at(const CylinderMeshOptions& options, double r) {
  constexpr double same = 1e-9;
  double bound = std::numeric_limits<double>::infinity(), inner = 0;
  for (std::size_t layer = 0; layer < options.radii.size(); inner = options.radii[layer++])
    if (r > inner - same && r < options.radii[layer] + same) bound = std::min(bound, bound_of(options, layer));
  return bound;
}

double angle_between(double a, double b) {
  return std::abs(std::remainder(a - b, 2 * pi));
}

class CrossSection {
public:
  explicit CrossSection(const CylinderMeshOptions& options) : options_(options) {
    points.push_back(Eigen::Vector2d::Zero());
    std::vector<double> fixed = {0.0};
    fixed.insert(fixed.end(), options.radii.begin(), options.radii.end());
    const auto radii =
        graded_through(fixed, [&](double r) { return std::min(size(options.radii.back() - r), bound_at(options, r)); });
    std::vector<double> inner_angles;
    int inner_first = 0;
    for (std::size_t ring = 1; ring < radii.size(); ++ring) {
      const double middle = 0.5 * (radii[ring - 1] + radii[ring]);
      const int label = 1 + static_cast<int>(std::upper_bound(options.radii.begin(), options.radii.end(), middle) -
                                             options.radii.begin());
      const auto angles = ring_angles(radii[ring]);
      const int first = static_cast<int>(points.size());
      for (const double a : angles) points.emplace_back(radii[ring] * std::cos(a), radii[ring] * std::sin(a));
      join(inner_first, inner_angles, first, angles, label);
      inner_first = first;
      inner_angles = angles;
    }
  }

  std::vector<Eigen::Vector2d> points;
  std::vector<std::array<int, 3>> triangles;
  std::vector<int> labels;

private:
  double size(double distance) const {
    return std::min(options_.coarsest, options_.finest + options_.growth * distance);
  }

  // Starts at the first focus (or zero), so that the rings line up there; a vertex at every focus.
  std::vector<double> ring_angles(double r) const {
    const double start = options_.foci.empty() ? 0.0 : options_.foci.front().theta;
    const double bound = bound_at(options_, r);
    const auto local = [&](double a) {
      double nearest = std::numeric_limits<double>::infinity();
      for (const auto& focus : options_.foci)
        nearest = std::min(nearest,
                           std::hypot(r * std::sin(angle_between(a, focus.theta) / 2) * 2, options_.radii.back() - r));
      // At least seven vertices a ring.
      return std::min(std::min(size(nearest), bound) / r, 2 * pi / 7);
    };
    std::vector<double> fixed = {start, start + 2 * pi};
    for (const auto& focus : options_.foci) {
      double a = std::fmod(focus.theta - start, 2 * pi);
      if (a < 0) a += 2 * pi;
      fixed.push_back(start + a);
    }
    auto angles = graded_through(fixed, local);
    angles.pop_back();
    return angles;
  }

  void join(int inner, const std::vector<double>& inner_angles, int outer, const std::vector<double>& outer_angles,
            int label) {
    const int n_in = static_cast<int>(inner_angles.size()), n_out = static_cast<int>(outer_angles.size());
    const auto add = [&](int a, int b, int c) {
      triangles.push_back({a, b, c});
      labels.push_back(label);
    };
    if (n_in == 0) {  // the fan around the axis
      for (int j = 0; j < n_out; ++j) add(inner, outer + j, outer + (j + 1) % n_out);
      return;
    }
    int i = 0, j = 0;
    while (i < n_in || j < n_out) {
      const int a = inner + i % n_in, b = outer + j % n_out, next_a = inner + (i + 1) % n_in,
                next_b = outer + (j + 1) % n_out;
      const auto length = [&](int p, int q) {
        return (points[static_cast<std::size_t>(p)] - points[static_cast<std::size_t>(q)]).norm();
      };
      const bool outward = i == n_in || (j < n_out && length(a, next_b) <= length(next_a, b));
      if (outward) {
        add(a, b, next_b);
        ++j;
      } else {
        add(a, b, next_a);
        ++i;
      }
    }
  }

  const CylinderMeshOptions& options_;
};

void require_valid(const CylinderMeshOptions& o) {
  double inner = 0;
  for (const double r : o.radii) {
    if (r <= inner)
      throw InputError("the layer radius " + format("%g m", r) +
                       " does not exceed the one inside it; give increasing radii");
    inner = r;
  }
  if (o.radii.empty() || o.length <= 0 || o.finest <= 0 || o.coarsest < o.finest || o.growth < 0)
    throw InputError(
        "the cylinder mesh has no layers, or a length or size that is not positive; give radii, length > 0 and 0 < "
        "finest <= coarsest");
  if (o.layer_edges.size() > o.radii.size())
    throw InputError("there are " + std::to_string(o.layer_edges.size()) + " edges of layers but only " +
                     std::to_string(o.radii.size()) + " layers; give at most one for each");
  for (const auto& focus : o.foci)
    if (focus.z < 0 || focus.z > o.length)
      throw InputError("the focus at z = " + format("%g m", focus.z) +
                       " lies outside the cylinder; keep it between the ends");
}

void add_boundary(TetMesh& mesh, const CrossSection& section, int n_levels) {
  const int n = static_cast<int>(section.points.size());
  const auto add = [&](std::array<int, 3> t, BoundaryPart part) {
    mesh.triangles.push_back(t);
    mesh.triangle_parts.push_back(static_cast<int>(part));
  };
  for (const auto& [a, b, c] : section.triangles) {
    add({a, c, b}, BoundaryPart::proximal);
    const int top = (n_levels - 1) * n;
    add({a + top, b + top, c + top}, BoundaryPart::distal);
  }
  // The outermost ring is the last run of vertices; its edges belong to one triangle only.
  std::map<std::pair<int, int>, int> uses;
  for (const auto& t : section.triangles)
    for (std::size_t e = 0; e < 3; ++e) ++uses[std::minmax(t[e], t[(e + 1) % 3])];
  for (const auto& t : section.triangles)
    for (std::size_t e = 0; e < 3; ++e) {
      const int a = t[e], b = t[(e + 1) % 3];  // counter-clockwise: the outside is on the right
      if (uses[std::minmax(a, b)] != 1) continue;
      for (int k = 0; k + 1 < n_levels; ++k) {
        const int a0 = a + k * n, b0 = b + k * n, a1 = a0 + n, b1 = b0 + n;
        if (a < b) {  // the diagonal leaves the lower number at the bottom, as in the prisms
          add({a0, b0, b1}, BoundaryPart::skin);
          add({a0, b1, a1}, BoundaryPart::skin);
        } else {
          add({a0, b0, a1}, BoundaryPart::skin);
          add({b0, b1, a1}, BoundaryPart::skin);
        }
      }
    }
}

}  // namespace

TetMesh make_layered_cylinder_mesh(const CylinderMeshOptions& options) {
  require_valid(options);
  const CrossSection section(options);
  std::vector<double> fixed = {0.0, options.length};
  for (const auto& focus : options.foci) fixed.push_back(focus.z);
  double coarsest = options.coarsest;
  for (std::size_t layer = 0; layer < options.radii.size(); ++layer)
    coarsest = std::min(coarsest, bound_of(options, layer));
  const auto levels = graded_through(fixed, [&](double z) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto& focus : options.foci) nearest = std::min(nearest, std::abs(z - focus.z));
    return std::min(coarsest, options.finest + options.growth * nearest);
  });

  TetMesh mesh;
  const int n = static_cast<int>(section.points.size()), n_levels = static_cast<int>(levels.size());
  mesh.points.resize(3, n * n_levels);
  for (int k = 0; k < n_levels; ++k)
    for (int i = 0; i < n; ++i)
      mesh.points.col(k * n + i) << section.points[static_cast<std::size_t>(i)], levels[static_cast<std::size_t>(k)];
  for (int k = 0; k + 1 < n_levels; ++k)
    for (std::size_t t = 0; t < section.triangles.size(); ++t) {
      auto [a, b, c] = section.triangles[t];
      // Sorted by number, so that neighbouring prisms cut their common face along the same diagonal.
      int low = std::min({a, b, c}), high = std::max({a, b, c}), mid = a + b + c - low - high;
      const bool even = (low == a && mid == b) || (low == b && mid == c) || (low == c && mid == a);
      const int l0 = low + k * n, m0 = mid + k * n, h0 = high + k * n, l1 = l0 + n, m1 = m0 + n, h1 = h0 + n;
      for (std::array<int, 4> tet : {std::array<int, 4>{l0, m0, h0, h1}, {l0, m0, h1, m1}, {l0, m1, h1, l1}}) {
        if (!even) std::swap(tet[1], tet[2]);
        mesh.tets.push_back(tet);
        mesh.tet_labels.push_back(section.labels[t]);
      }
    }
  add_boundary(mesh, section, n_levels);
  for (std::size_t layer = 1; layer <= options.radii.size(); ++layer)
    mesh.tissue_names[static_cast<int>(layer)] = "layer" + std::to_string(layer);
  return mesh;
}

FibreDirections axial_directions(const TetMesh& mesh) {
  return Eigen::Vector3d::UnitZ().replicate(1, static_cast<Eigen::Index>(mesh.n_tets()));
}

}  // namespace bmiss
