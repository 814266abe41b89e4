#include "anatomy/harmonic_directions.h"

#include "anatomy/electrodes.h"
#include "anatomy/harmonic_field.h"
#include "anatomy/muscle_ends.h"
#include "anatomy/muscle_tets.h"
#include "anatomy/piece_directions.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {
namespace {

struct MuscleSummary {
  double volume_by_axis = 0, volume_by_limb_ends = 0, volume = 0;  // m^3
  int pieces_by_axis = 0, filled = 0, tets_by_axis = 0;
};

void warn(const FibreMuscle& asked, const MuscleTets& muscle, const MuscleSummary& summary, Report& report) {
  const std::string name = "muscle '" + asked.name + "' (label " + std::to_string(asked.label) + ")";
  if (summary.pieces_by_axis > 0)
    report.warn(name + ": fibres of " + std::to_string(summary.pieces_by_axis) + " of its " +
                std::to_string(muscle.n_pieces) + " pieces (" + std::to_string(summary.tets_by_axis) + " tetrahedra, " +
                format("%.2g", 100 * summary.volume_by_axis / summary.volume) +
                " % of its volume) follow the limb's axis, because these pieces are too small to tell their ends");
  if (summary.volume_by_limb_ends > 0)
    report.warn(name + ": " + format("%.0f", 100 * summary.volume_by_limb_ends / summary.volume) +
                " % of its volume is about as wide as long, so its ends are taken along the limb's axis");
}

void fill_piece(const MuscleTets& piece, const FibreMuscle& asked, const Eigen::Vector3d& axis,
                const Eigen::Vector3d& centroid, MuscleSummary& summary, FibreDirections& result) {
  const auto stiffness = stiffness_matrix(piece);
  const MuscleEnds ends = find_ends(piece, stiffness, axis, asked);
  Eigen::Matrix3Xd directions = axis.replicate(1, piece.size());
  if (ends.found) {
    PieceDirections found = directions_between(piece, stiffness, ends);
    directions = std::move(found.directions);
    summary.filled += found.filled;
    if (ends.along_limb_axis) summary.volume_by_limb_ends += piece.volumes.sum();
  } else {
    ++summary.pieces_by_axis;
    summary.tets_by_axis += piece.size();
    summary.volume_by_axis += piece.volumes.sum();
  }
  incline(piece, asked, centroid, directions);
  for (int tet = 0; tet < piece.size(); ++tet)
    result.col(static_cast<Eigen::Index>(piece.source[static_cast<std::size_t>(tet)])) = directions.col(tet);
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
      fill_piece(muscle.piece(number), asked, axis, centroid, summary, result);
    warn(asked, muscle, summary, report);
    filled += static_cast<std::size_t>(summary.filled);
    total += muscle.tets.size();
    // Beyond the image the muscle is a prism: neither attachments nor pennation.
    for (const LimbPart part : {LimbPart::proximal_extension, LimbPart::distal_extension}) {
      const MuscleTets beyond = muscle_tets(problem.mesh, asked.label, part);
      MuscleSummary ignored;
      for (int number = 0; number < beyond.n_pieces; ++number)
        fill_piece(beyond.piece(number), {asked.label, asked.name}, axis, centroid, ignored, result);
    }
    progress.advance();
  }
  report.fact("fibres/tetrahedra", static_cast<double>(total));
  report.fact("fibres/tetrahedra filled from neighbours", static_cast<double>(filled));
  return result;
}

std::string HarmonicDirections::citation() const {
  return "Choi HF, Blemker SS. Skeletal muscle fascicle arrangements can be reconstructed using a Laplacian vector "
         "field simulation. PLoS ONE 8:e77576, 2013";
}

}  // namespace bmiss
