#include "anatomy/end_extension.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "anatomy/climbing_front.h"
#include "anatomy/limb_ends.h"
#include "anatomy/place_text.h"
#include "anatomy/tet_polish.h"
#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {

namespace {

constexpr double polish_target = 10 * M_PI / 180;  // what ClimbingFront aims at
constexpr double reach_of_borders = 0.1;           // of their edges: thin tissues must stay thin

// Moves points of the extension only: neither those on the cut nor out of the plane of the cap.
void polish_from(TetMesh& mesh, std::size_t first_tet, Eigen::Index first_point) {
  const std::vector<std::array<int, 4>> tets(mesh.tets.begin() + static_cast<std::ptrdiff_t>(first_tet),
                                             mesh.tets.end());
  const std::vector<int> labels(mesh.tet_labels.begin() + static_cast<std::ptrdiff_t>(first_tet),
                                mesh.tet_labels.end());
  std::vector<bool> flat;
  std::vector<std::array<int, 3>> triangles;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    const auto& t = mesh.triangles[i];
    if (std::all_of(t.begin(), t.end(), [&](int v) { return v < first_point; })) continue;
    triangles.push_back(t);
    flat.push_back(mesh.triangle_parts[i] != static_cast<int>(BoundaryPart::extension));
  }
  VertexFreedom freedom = vertex_freedom(mesh.points, tets, labels, triangles, flat, reach_of_borders);
  std::fill(freedom.reach.begin(), freedom.reach.begin() + first_point, 0.0);
  polish_tets(mesh.points, tets, freedom, polish_target);
}

struct CutEnd {
  std::string name;
  BoundaryPart part = BoundaryPart::proximal;
  double radius = 0;    // of a disc as large as the cut [m]
  double decay = 0;     // [m]
  double distance = 0;  // to the nearest electrode [m]
  double error() const { return truncation_error(distance, decay); }
};

// To the plane of the cut; electrodes beside it count as lying on it.
double distance_to(const LimbCut& cut, const Eigen::Matrix3Xd& electrodes, double otherwise) {
  if (electrodes.cols() == 0) return otherwise;
  const Eigen::VectorXd depth = (electrodes.colwise() - cut.centre).transpose() * -cut.normal;
  return std::max(depth.minCoeff(), 0.0);
}

std::vector<CutEnd> cut_ends(const TetMesh& mesh, const TissueTable& tissues, const Eigen::Matrix3Xd& electrodes) {
  const LimbCuts cuts = limb_cuts(mesh);
  const double half = 0.5 * limb_frame(cuts, skin_surface(mesh)).length;
  std::vector<CutEnd> ends;
  for (const auto& [cut, name, part] : {std::tuple{&cuts.proximal, "proximal", BoundaryPart::proximal},
                                        std::tuple{&cuts.distal, "distal", BoundaryPart::distal}}) {
    if (cut->area == 0) continue;
    CutEnd end;
    end.name = name;
    end.part = part;
    end.radius = std::sqrt(cut->area / M_PI);
    end.decay = decay_length(mesh.points, cut->triangles, labels_under(mesh, cut->triangles), tissues);
    end.distance = distance_to(*cut, electrodes, half);
    ends.push_back(end);
  }
  return ends;
}

// What the other end leaves of the allowed error, at least half of it.
double length_needed(const CutEnd& end, const std::vector<CutEnd>& ends) {
  double others = 0;
  for (const CutEnd& other : ends)
    if (other.part != end.part) others += other.error();
  const double allowed = std::max(largest_truncation_error / 2, largest_truncation_error - others);
  return std::max(0.0, distance_for_error(0.99 * allowed, end.decay) - end.distance);
}

std::string percent(double share) {
  return format("%.2g", 100 * share) + " %";
}

}  // namespace

EndExtension extend_end(TetMesh& mesh, BoundaryPart end, double length) {
  BMISS_ASSERT(length > 0);
  const std::size_t tets_before = mesh.n_tets();
  const Eigen::Index points_before = mesh.points.cols();
  EndExtension result;
  result.layers = ClimbingFront(mesh, end).climb(length);
  result.tets = mesh.n_tets() - tets_before;
  if (result.tets == 0) return result;
  polish_from(mesh, tets_before, points_before);
  for (std::size_t t = tets_before; t < mesh.n_tets(); ++t)
    if (mesh.volume(t) <= 0)
      throw NumericalError("the extension of the limb beyond its cut holds an inverted tetrahedron near " +
                           place_of(mesh.centroid(t)) + "; set 'Mesh/End extension' to 0");
  return result;
}

void extend_ends(TetMesh& mesh, const TissueTable& tissues, const Eigen::Matrix3Xd& electrodes, double length,
                 Report& report) {
  const std::vector<CutEnd> ends = cut_ends(mesh, tissues, electrodes);
  double before = 0, after = 0;
  for (const CutEnd& end : ends) {
    const double wanted = length < 0 ? length_needed(end, ends) : length;
    EndExtension extension;
    if (wanted > 0) extension = extend_end(mesh, end.part, wanted);
    const double error = truncation_error(end.distance + wanted, end.decay);
    before += end.error();
    after += error;
    report.line("  " + end.name + " end " + format("%.0f", end.distance * 1e3) + " mm from the electrodes (radius " +
                format("%.0f", end.radius * 1e3) + " mm, fields decay over " + format("%.0f", end.decay * 1e3) +
                " mm): truncation error " + percent(end.error()) +
                (wanted > 0 ? ", " + percent(error) + " after extruding it by " + format("%.1f", wanted * 1e3) +
                                  " mm (" + std::to_string(extension.tets) + " tetrahedra in " +
                                  std::to_string(extension.layers) + " layers)"
                            : ""));
    const std::string fact = "mesh/" + end.name + " end/";
    report.fact(fact + "decay length mm", end.decay * 1e3);
    report.fact(fact + "distance to electrodes mm", end.distance * 1e3);
    report.fact(fact + "extension mm", wanted * 1e3);
    report.fact(fact + "tetrahedra", static_cast<double>(extension.tets));
  }
  report.fact("mesh/truncation error of insulated cuts", before);
  report.fact("mesh/truncation error", after);
  if (after > largest_truncation_error)
    report.warn("the insulated ends of the limb disturb potentials at the electrodes by about " + percent(after) +
                "; set 'Mesh/End extension' to -1 for less than " + percent(largest_truncation_error));
}

}  // namespace bmiss
