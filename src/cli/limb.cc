#include "cli/limb.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/report.h"
#include "base/table.h"
#include "cli/study.h"

namespace bmiss {
namespace {

TissuePoints voxels_of(const LabelMap& map, int label) {
  std::vector<Eigen::Vector3d> centres;
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 0; j < map.size[1]; ++j)
      for (int i = 0; i < map.size[0]; ++i)
        if (map.at(i, j, k) == label) centres.push_back(map.voxel_to_world * Eigen::Vector3d(i, j, k));
  TissuePoints result;
  result.points.resize(3, static_cast<Eigen::Index>(centres.size()));
  for (std::size_t i = 0; i < centres.size(); ++i) result.points.col(static_cast<Eigen::Index>(i)) = centres[i];
  result.weights = Eigen::VectorXd::Constant(result.points.cols(), map.voxel_volume());
  return result;
}

void tell(const GridOptions& grid, const LaidGrid& laid, Report& report) {
  if (const auto table = grid_table(grid, laid)) report.table(*table);
  const std::string path = "electrodes/" + grid.name + "/";
  if (!laid.circumferences.empty()) report.fact(path + "circumferences, m", laid.circumferences);
  if (!laid.distances.empty()) report.fact(path + "distances from the skin, m", laid.distances);
}

// Digitised with the electrodes, when the parameters give no place of their own.
std::optional<Electrode> digitised_reference(const Study& study, const Limb& limb, double radius) {
  for (const GridOptions& grid : study.grids())
    if (auto reference = lay_digitised_reference({limb.skin, limb.axis, {}, limb.layer_to_come}, grid, radius))
      return reference;
  return std::nullopt;
}

}  // namespace

Limb limb_of(const SurfaceComplex& complex, const LabelMap& map, bool proximal_is_low_k) {
  Limb limb;
  std::vector<std::array<int, 3>> outer;
  for (std::size_t i = 0; i < complex.triangles.size(); ++i)
    if (complex.triangle_regions[i][1] == SurfaceComplex::outside) outer.push_back(complex.triangles[i]);
  limb.skin = surface_of(complex.points, outer);
  static_cast<LimbFrame&>(limb) = limb_frame(limb_cuts(complex, proximal_is_low_k), limb.skin);
  limb.tissue = [&map](int label) { return voxels_of(map, label); };
  return limb;
}

Limb limb_of(const TetMesh& mesh) {
  Limb limb;
  limb.skin = skin_surface(mesh);
  static_cast<LimbFrame&>(limb) = limb_frame(limb_cuts(mesh), limb.skin);
  limb.tissue = [&mesh](int label) { return tissue_points(mesh, label); };
  return limb;
}

namespace {

// Throws InputError naming the muscles that the limb has.
TissuePoints muscle_of(const Limb& limb, const TissueTable& tissues, const std::string& muscle) {
  TissuePoints points = limb.tissue(tissues.by_name(muscle).label);
  if (points.points.cols() > 0) return points;
  std::vector<std::string> there;
  for (const Tissue* tissue : tissues.of_kind(TissueKind::muscle))
    if (limb.tissue(tissue->label).points.cols() > 0) there.push_back(tissue->name);
  throw InputError("a grid is to lie over the muscle '" + muscle + "', of which the limb has nothing" +
                   known_names(muscle, there));
}

}  // namespace

std::vector<Electrode> lay_grids(const Study& study, const TissueTable& tissues, const Limb& limb, Report& report) {
  const LimbSkin skin{limb.skin, limb.axis, [&](const std::string& muscle) { return muscle_of(limb, tissues, muscle); },
                      limb.layer_to_come};
  std::vector<Electrode> electrodes;
  for (const GridOptions& grid : study.grids()) {
    const LaidGrid laid = lay_electrodes(skin, grid);
    if (!laid.warning.empty()) report.warn(laid.warning);
    if (limb.layer_to_come == 0) tell(grid, laid, report);
    electrodes.insert(electrodes.end(), laid.electrodes.begin(), laid.electrodes.end());
  }
  return electrodes;
}

const Electrode& middle_electrode(const std::vector<Electrode>& electrodes) {
  const Eigen::Vector3d middle = positions(electrodes).rowwise().mean();
  return *std::min_element(electrodes.begin(), electrodes.end(), [&](const Electrode& a, const Electrode& b) {
    return (a.position - middle).squaredNorm() < (b.position - middle).squaredNorm();
  });
}

Eigen::Matrix3Xd positions(const std::vector<Electrode>& electrodes) {
  Eigen::Matrix3Xd points(3, static_cast<Eigen::Index>(electrodes.size()));
  for (std::size_t i = 0; i < electrodes.size(); ++i) points.col(static_cast<Eigen::Index>(i)) = electrodes[i].position;
  return points;
}

std::vector<Electrode> on_skin(const std::vector<Electrode>& electrodes) {
  std::vector<Electrode> result;
  for (const Electrode& electrode : electrodes)
    if (!electrode.is_inside()) result.push_back(electrode);
  return result;
}

Electrode lay_reference(const Study& study, const std::vector<Electrode>& electrodes, const Limb& limb) {
  const Parameters& p = study.parameters();
  const Parameters::Section section(p, "Reference");
  const auto position = p.reals("Position");
  if (!position.empty() && position.size() != 3) p.reject("Position", "give three coordinates x, y, z in mm");
  Eigen::Vector3d near;
  if (!position.empty()) {
    near = Eigen::Vector3d(position[0], position[1], position[2]);
  } else {
    // Opposite to the grids: mirror their centre at the limb's centre line and move it along the limb.
    Eigen::Vector3d grid_centre = Eigen::Vector3d::Zero();
    for (const auto& e : electrodes) grid_centre += e.position / static_cast<double>(electrodes.size());
    Eigen::Vector3d away = limb.proximal - grid_centre;
    away -= away.dot(limb.axis) * limb.axis;
    near = limb.proximal + p.real("Position along") * limb.length * limb.axis + away;
  }
  std::optional<Electrode> found;
  if (position.empty()) found = digitised_reference(study, limb, p.real("Radius"));
  Electrode reference = found ? *found : lay_electrode(limb.skin, p.text("Name"), near, p.real("Radius"), limb.axis);
  ContactOptions touch = ContactOptions::parse_parameters(p);
  if (found && found->contact_impedance > 0) touch.impedance = found->contact_impedance;
  touch.apply_to(reference);
  auto all = electrodes;
  all.push_back(reference);
  require_apart(all);
  return reference;
}

}  // namespace bmiss
