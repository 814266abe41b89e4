#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "anatomy/fibre_tracer.h"
#include "anatomy/fibres.h"
#include "anatomy/muscle_tets.h"
#include "anatomy/seeds.h"
#include "base/errors.h"
#include "base/parameters.h"

namespace bmiss {
namespace {

// Away from the first section seeds fill only what lies farther than this from every fibre so far [seed spacings].
constexpr double covered_radius = 1.2;
// A chord of the resampled path may cut a corner of the wall by this part of the step.
constexpr double largest_departure = 0.2;

// Which places have a fibre near: a hash grid of the points of fibres.
class Coverage {
public:
  explicit Coverage(double radius) : radius_(radius) {}
  void add(const Eigen::Vector3d& x) { cells_[cell_of(x)].push_back(x); }
  bool contains(const Eigen::Vector3d& x) const {
    const Cell centre = cell_of(x);
    for (long i = -1; i <= 1; ++i)
      for (long j = -1; j <= 1; ++j)
        for (long k = -1; k <= 1; ++k) {
          const auto found = cells_.find({centre[0] + i, centre[1] + j, centre[2] + k});
          if (found == cells_.end()) continue;
          for (const Eigen::Vector3d& other : found->second)
            if ((other - x).squaredNorm() < radius_ * radius_) return true;
        }
    return false;
  }

private:
  using Cell = std::array<long, 3>;
  Cell cell_of(const Eigen::Vector3d& x) const {
    return {std::lround(x[0] / radius_), std::lround(x[1] / radius_), std::lround(x[2] / radius_)};
  }
  double radius_;
  std::map<Cell, std::vector<Eigen::Vector3d>> cells_;
};

// The whole fibre through a seed, proximal to distal.
struct WholeWay {
  std::vector<TetPosition> positions;
  std::vector<double> length;  // from the first position [m]
  double seed_at = 0;          // [m]
  int proximal_end = MuscleTets::wall, distal_end = MuscleTets::wall;
};

WholeWay trace_both_ways(const FibreTracer& tracer, const TetPosition& seed, double longest) {
  WholeWay whole;
  FibreWay back = tracer.trace(seed, -1, longest), onward = tracer.trace(seed, 1, longest);
  whole.proximal_end = back.end;
  whole.distal_end = onward.end;
  whole.positions.assign(back.positions.rbegin(), back.positions.rend());
  const std::size_t seed_index = whole.positions.size() - 1;
  whole.positions.insert(whole.positions.end(), onward.positions.begin() + 1, onward.positions.end());
  whole.length.assign(whole.positions.size(), 0.0);
  for (std::size_t i = 1; i < whole.positions.size(); ++i)
    whole.length[i] = whole.length[i - 1] + (whole.positions[i].x - whole.positions[i - 1].x).norm();
  whole.seed_at = whole.length[seed_index];
  return whole;
}

// Lengths of its two ends that lie in extruded tetrahedra.
void measure_extensions(const MuscleTets& piece, const WholeWay& whole, FibrePath& path) {
  const auto extruded = [&](std::size_t i) {
    return piece.extruded[static_cast<std::size_t>(whole.positions[i].tet)] != 0;
  };
  std::size_t first = 0, last = whole.positions.size() - 1;
  while (first < last && extruded(first)) ++first;
  while (last > first && extruded(last)) --last;
  path.beyond_proximal = whole.length[first];
  path.beyond_distal = whole.length.back() - whole.length[last];
}

bool is_cut(int code) {
  return code == MuscleTets::proximal_cut || code == MuscleTets::distal_cut || code == MuscleTets::side_cut;
}

// The way at equal steps of arc length, as near to `step` as its length allows.
FibrePath resample(const MuscleTets& piece, const WholeWay& whole, double step) {
  const auto& length = whole.length;
  const long n = std::max(1L, std::lround(length.back() / step));
  FibrePath path;
  path.step = length.back() / static_cast<double>(n);
  path.seed_at = whole.seed_at;
  path.cut_proximal = is_cut(whole.proximal_end);
  path.cut_distal = is_cut(whole.distal_end);
  measure_extensions(piece, whole, path);
  path.points.resize(3, n + 1);
  std::size_t segment = 1;
  for (long i = 0; i <= n; ++i) {
    const double s = std::min(path.step * static_cast<double>(i), length.back());
    while (segment + 1 < length.size() && length[segment] < s) ++segment;
    const double part_length = length[segment] - length[segment - 1];
    const double part = part_length > 0 ? std::clamp((s - length[segment - 1]) / part_length, 0.0, 1.0) : 0.0;
    const Eigen::Vector3d &a = whole.positions[segment - 1].x, &b = whole.positions[segment].x;
    path.points.col(i) = a + part * (b - a);
  }
  return path;
}

// Does a chord between points of the path cut through the wall? The way itself never does, so only chords that depart
// from it can.
bool leaves(const MuscleTets& piece, const WholeWay& whole, const FibrePath& path) {
  const double tolerance = largest_departure * path.step;
  std::size_t segment = 0;
  for (Eigen::Index i = 0; i + 1 < path.points.cols(); ++i) {
    const double s = path.step * (static_cast<double>(i) + 0.5);
    while (segment + 2 < whole.length.size() && whole.length[segment + 1] < s) ++segment;
    const TetPosition &a = whole.positions[segment], &b = whole.positions[segment + 1];
    const double part =
        (s - whole.length[segment]) / std::max(whole.length[segment + 1] - whole.length[segment], 1e-12);
    const Eigen::Vector3d middle = (path.points.col(i) + path.points.col(i + 1)) / 2;
    if ((a.x + std::clamp(part, 0.0, 1.0) * (b.x - a.x) - middle).norm() <= tolerance) continue;
    const TetMove move = move_straight(piece, a, middle);
    if ((move.reached.x - middle).norm() > tolerance) return true;
  }
  return false;
}

// Gaussian mean of the places of a way along it. Beyond its ends it goes on as its mirror image in the end point, which
// keeps the end points.
std::vector<Eigen::Vector3d> averaged_places(const WholeWay& whole, double width) {
  const auto n = static_cast<long>(whole.positions.size());
  const double total = whole.length.back();
  const auto place = [&](long j) -> const Eigen::Vector3d& { return whole.positions[static_cast<std::size_t>(j)].x; };
  const auto at = [&](long j) { return whole.length[static_cast<std::size_t>(std::clamp(j, 0L, n - 1))]; };
  std::vector<Eigen::Vector3d> result;
  for (long i = 0; i < n; ++i) {
    Eigen::Vector3d sum = Eigen::Vector3d::Zero();
    double weights = 0;
    const auto add = [&](long j, const Eigen::Vector3d& x, double distance) {
      if (std::abs(distance) > 3 * width) return false;
      const double weight = (at(j + 1) - at(j - 1)) * std::exp(-0.5 * distance * distance / (width * width));
      sum += weight * x;
      weights += weight;
      return true;
    };
    for (long j = i; j >= 0 && add(j, place(j), at(i) - at(j)); --j) {
    }
    for (long j = i + 1; j < n && add(j, place(j), at(j) - at(i)); ++j) {
    }
    for (long j = 1; j < n && add(j, 2 * place(0) - place(j), at(j) + at(i)); ++j) {
    }
    for (long j = n - 2; j >= 0 && add(j, 2 * place(n - 1) - place(j), 2 * total - at(j) - at(i)); --j) {
    }
    result.push_back(i == 0 || i == n - 1 || weights == 0 ? place(i) : Eigen::Vector3d(sum / weights));
  }
  return result;
}

// The way with its corners averaged away. Where a fibre slides along a rough wall its way has kinks, and each would act
// as a source of its own: action potentials are made of second derivatives along the fibre. Where the smooth way would
// cut through a wall it stays nearer to the way as traced, which never does.
WholeWay smoothed(const MuscleTets& piece, const WholeWay& whole, double width) {
  WholeWay result = whole;
  if (width == 0) return result;
  const std::vector<Eigen::Vector3d> wanted = averaged_places(whole, width);
  std::vector<double> share(wanted.size(), 1.0);
  for (bool all_inside = false; !all_inside;) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const TetPosition& traced = whole.positions[i];
      result.positions[i] =
          share[i] == 0 ? traced : move_straight(piece, traced, traced.x + share[i] * (wanted[i] - traced.x)).reached;
    }
    all_inside = true;
    for (std::size_t i = 1; i < wanted.size(); ++i) {
      if (share[i - 1] == 0 && share[i] == 0) continue;
      const Eigen::Vector3d& goal = result.positions[i].x;
      if ((move_straight(piece, result.positions[i - 1], goal).reached.x - goal).norm() < 1e-7) continue;
      all_inside = false;
      for (const std::size_t k : {i - 1, i}) share[k] = share[k] > 0.05 ? share[k] / 2 : 0;
    }
  }
  for (std::size_t i = 1; i < result.positions.size(); ++i)
    result.length[i] = result.length[i - 1] + (result.positions[i].x - result.positions[i - 1].x).norm();
  result.seed_at = whole.seed_at * result.length.back() / whole.length.back();
  return result;
}

void require_directions(const TetMesh& mesh, const FibreDirections& directions, const MuscleTets& muscle, int label) {
  const auto found = mesh.tissue_names.find(label);
  const std::string tissue = (found == mesh.tissue_names.end() ? "tissue" : "tissue '" + found->second + "'") +
                             " (label " + std::to_string(label) + ")";
  if (muscle.size() == 0) throw InputError(tissue + " has no tetrahedra in the mesh, so no fibres can be traced in it");
  for (const std::size_t tet : muscle.source)
    if (std::abs(directions.col(static_cast<Eigen::Index>(tet)).norm() - 1) > 1e-6)
      throw InputError(tissue + " has no fibre direction in tetrahedron " + std::to_string(tet) +
                       "; only tissues of kind 'muscle' have fibres");
}

// Seeds and fibres of one piece, added to `result`.
void trace_piece(const MuscleTets& piece, const Eigen::Matrix3Xd& directions, const FibreMuscle& asked,
                 const StreamlineOptions& options, unsigned seed, TracedFibres& result) {
  std::vector<char> eligible(piece.tets.size());
  for (int tet = 0; tet < piece.size(); ++tet) {
    const Eigen::Vector3d x = piece.centroid(tet);
    const auto inside = [&](const Attachment& end) { return !end.plane || end.plane->height(x) < 0; };
    eligible[static_cast<std::size_t>(tet)] =
        piece.extruded[static_cast<std::size_t>(tet)] == 0 && inside(asked.origin) && inside(asked.insertion) ? 1 : 0;
  }
  if (std::count(eligible.begin(), eligible.end(), 1) == 0) return;
  const double wall_angle =
      asked.pennation > 0 ? std::min(options.wall_angle, asked.pennation / 2) : options.wall_angle;
  const FibreTracer tracer(piece, directions, asked, wall_angle);
  // No fibre winds: three times the piece's diagonal stops circling in a damaged field.
  const double longest = 3 * (piece.points.rowwise().maxCoeff() - piece.points.rowwise().minCoeff()).norm();
  Coverage coverage(covered_radius / std::sqrt(options.seeds_per_area));
  bool first_section = true;
  for (const CrossSection& section : sections_along(piece, directions, eligible)) {
    std::vector<TetPosition> seeds = seeds_on(piece, section, eligible, options.seeds_per_area, seed);
    if (!first_section)
      seeds.erase(std::remove_if(seeds.begin(), seeds.end(),
                                 [&](const TetPosition& position) { return coverage.contains(position.x); }),
                  seeds.end());
    first_section = false;
    for (const TetPosition& start : seeds) {
      ++result.counts.seeds;
      const WholeWay whole = trace_both_ways(tracer, start, longest);
      for (const TetPosition& position : whole.positions) coverage.add(position.x);
      if (whole.length.back() < options.shortest || whole.positions.size() < 2) {
        ++result.counts.too_short;
        continue;
      }
      if (whole.proximal_end == FibreWay::unended || whole.distal_end == FibreWay::unended) {
        ++result.counts.unended;
        continue;
      }
      const WholeWay smooth = smoothed(piece, whole, options.smoothing);
      FibrePath path = resample(piece, smooth, options.step);
      if (leaves(piece, smooth, path))
        ++result.counts.left;
      else
        result.paths.push_back(std::move(path));
    }
  }
}

}  // namespace

void StreamlineOptions::declare_parameters(Parameters& parameters) {
  const Parameters::Section section(parameters, "Fibres");
  parameters.declare_real("Seeds per area", 1.0, "1/mm2", {1e-3, 1000}, "fibre paths per area across the fibres");
  parameters.declare_real("Step", 0.5, "mm", {0.05, 5}, "between the points of a fibre path");
  parameters.declare_real("Shortest fibre", 20, "mm", {1, 1000}, "shorter paths are dropped");
  parameters.declare_real("Smoothing", 3, "mm", {0, 20},
                          "Gaussian width along a fibre, over which kinks of its path are averaged");
  parameters.declare_real(
      "Wall angle", 30, "deg", {1, 90},
      "fibres that meet the muscle's wall more steeply end there, others run along it; in a pennate "
      "muscle at most half the pennation");
}

StreamlineOptions StreamlineOptions::parse_parameters(const Parameters& parameters) {
  const Parameters::Section section(parameters, "Fibres");
  StreamlineOptions options;
  options.seeds_per_area = parameters.real("Seeds per area");
  options.step = parameters.real("Step");
  options.shortest = parameters.real("Shortest fibre");
  options.smoothing = parameters.real("Smoothing");
  options.wall_angle = parameters.real("Wall angle");
  return options;
}

TracedFibres trace_fibres(const TetMesh& mesh, const FibreDirections& directions, const FibreMuscle& asked,
                          const StreamlineOptions& options, unsigned seed) {
  BMISS_ASSERT(directions.cols() == static_cast<Eigen::Index>(mesh.n_tets()));
  BMISS_ASSERT(options.seeds_per_area > 0 && options.step > 0);
  MuscleTets muscle = muscle_tets(mesh, asked.label);
  require_directions(mesh, directions, muscle, asked.label);
  mark_attachments(mesh, asked, muscle);
  TracedFibres result;
  for (int number = 0; number < muscle.n_pieces; ++number) {
    const MuscleTets piece = muscle.piece(number);
    const Eigen::Vector3d size = piece.points.rowwise().maxCoeff() - piece.points.rowwise().minCoeff();
    if (size.norm() < options.shortest) continue;
    Eigen::Matrix3Xd own(3, piece.size());
    for (int tet = 0; tet < piece.size(); ++tet)
      own.col(tet) = directions.col(static_cast<Eigen::Index>(piece.source[static_cast<std::size_t>(tet)]));
    trace_piece(piece, own, asked, options, seed + 7919u * static_cast<unsigned>(number), result);
  }
  return result;
}

}  // namespace bmiss
