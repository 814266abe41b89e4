#include "anatomy/harmonic_directions.h"

#include <limits>
#include <vector>

#include "anatomy/electrodes.h"
#include "anatomy/harmonic_field.h"
#include "anatomy/muscle_ends.h"
#include "anatomy/muscle_tets.h"
#include "anatomy/piece_directions.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {
namespace {

struct MuscleSummary {
  double volume_by_limb_ends = 0, volume = 0;  // m^3
  int filled = 0;
  bool follows_axis = false;
};

void warn(const FibreMuscle& asked, const MuscleTets& muscle, const MuscleSummary& summary, Report& report) {
  const std::string name = "muscle '" + asked.name + "' (label " + std::to_string(asked.label) + ")";
  if (summary.follows_axis)
    report.warn(name + ": its fibres follow the limb's axis, because its " + std::to_string(muscle.n_pieces) +
                " pieces (" + std::to_string(muscle.size()) + " tetrahedra) are too small to tell their ends");
  if (summary.volume_by_limb_ends > 0)
    report.warn(name + ": " + format("%.0f", 100 * summary.volume_by_limb_ends / summary.volume) +
                " % of its volume is about as wide as long, so its ends are taken along the limb's axis");
}

// Nothing when the piece is too small to tell its ends.
void fill_piece(const MuscleTets& piece, const FibreMuscle& asked, const Eigen::Vector3d& axis,
                const Eigen::Vector3d& centroid, double wavelength, MuscleSummary& summary, FibreDirections& result) {
  const auto stiffness = stiffness_matrix(piece);
  const MuscleEnds ends = find_ends(piece, stiffness, axis, asked);
  if (!ends.found) {
    if ((asked.origin.is_given() || asked.insertion.is_given()) && 2 * piece.volumes.sum() > summary.volume)
      throw InputError("the origin and the insertion given for muscle '" + asked.name +
                       "' overlap or leave nothing between them; give other tissues or planes, or leave one empty");
    return;
  }
  PieceDirections found = directions_between(piece, stiffness, ends, wavelength);
  summary.filled += found.filled;
  if (ends.along_limb_axis) summary.volume_by_limb_ends += piece.volumes.sum();
  incline(piece, asked, centroid, found.directions);
  for (int tet = 0; tet < piece.size(); ++tet)
    result.col(static_cast<Eigen::Index>(piece.source[static_cast<std::size_t>(tet)])) = found.directions.col(tet);
}

// Crumbs that hang on a muscle by an edge go with the nearest of its tetrahedra; without any, along the limb.
void fill_crumbs(const MuscleTets& muscle, const Eigen::Vector3d& axis, MuscleSummary& summary,
                 FibreDirections& result) {
  const auto direction = [&](int tet) {
    return result.col(static_cast<Eigen::Index>(muscle.source[static_cast<std::size_t>(tet)]));
  };
  std::vector<int> filled, crumbs;
  for (int tet = 0; tet < muscle.size(); ++tet) (direction(tet).isZero() ? crumbs : filled).push_back(tet);
  summary.follows_axis = filled.empty() && !crumbs.empty();
  for (const int crumb : crumbs) {
    direction(crumb) = axis;
    double nearest = std::numeric_limits<double>::infinity();
    for (const int tet : filled) {
      const double distance = (muscle.centroid(tet) - muscle.centroid(crumb)).squaredNorm();
      if (distance >= nearest) continue;
      nearest = distance;
      direction(crumb) = direction(tet);
    }
  }
}

Eigen::Vector3d centroid_of(const MuscleTets& muscle) {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (int tet = 0; tet < muscle.size(); ++tet) sum += muscle.volumes[tet] * muscle.centroid(tet);
  return sum / muscle.volumes.sum();
}

}  // namespace

FibreDirections HarmonicDirections::directions(const FibreProblem& problem, Report& report) const {
  const Phase phase(report, "harmonic directions");
  FibreDirections result = FibreDirections::Zero(3, static_cast<Eigen::Index>(problem.mesh.n_tets()));
  const Eigen::Vector3d axis = limb_axis(problem.mesh);
  std::size_t filled = 0, total = 0;
  Progress progress(report, "Harmonic directions", problem.muscles.size());
  for (const FibreMuscle& asked : problem.muscles) {
    MuscleTets muscle = muscle_tets(problem.mesh, asked.label, LimbPart::limb);
    mark_attachments(problem.mesh, asked, muscle);
    require_attachments(muscle, asked, problem.mesh);
    MuscleSummary summary;
    summary.volume = muscle.volumes.sum();
    const Eigen::Vector3d centroid = centroid_of(muscle);
    for (int number = 0; number < muscle.n_pieces; ++number)
      fill_piece(muscle.piece(number), asked, axis, centroid, wavelength_, summary, result);
    fill_crumbs(muscle, axis, summary, result);
    warn(asked, muscle, summary, report);
    filled += static_cast<std::size_t>(summary.filled);
    total += muscle.tets.size();
    // Beyond the image the muscle is a prism: neither attachments nor pennation.
    for (const LimbPart part : {LimbPart::proximal_extension, LimbPart::distal_extension}) {
      const MuscleTets beyond = muscle_tets(problem.mesh, asked.label, part);
      MuscleSummary ignored;
      for (int number = 0; number < beyond.n_pieces; ++number)
        fill_piece(beyond.piece(number), {asked.label, asked.name}, axis, centroid, wavelength_, ignored, result);
      fill_crumbs(beyond, axis, ignored, result);
    }
    progress.advance();
  }
  report.fact("fibres/tetrahedra", static_cast<double>(total));
  report.fact("fibres/tetrahedra filled from neighbours", static_cast<double>(filled));
  return result;
}

void HarmonicDirections::declare_parameters(Parameters& p) const {
  const Parameters::Section fibres(p, "Fibres");
  const Parameters::Section section(p, "Harmonic");
  p.declare_real(
      "Smoothing", 25, "mm", {0, 200},
      "bends along the fibres, as voxels cause, are halved at this wavelength and removed below; 0: none are");
}

void HarmonicDirections::parse_parameters(const Parameters& p) {
  const Parameters::Section fibres(p, "Fibres");
  const Parameters::Section section(p, "Harmonic");
  wavelength_ = p.real("Smoothing");
}

std::string HarmonicDirections::citation() const {
  return "Choi HF, Blemker SS. Skeletal muscle fascicle arrangements can be reconstructed using a Laplacian vector "
         "field simulation. PLoS ONE 8:e77576, 2013";
}

}  // namespace bmiss
