#include "cli/limb.h"

#include <algorithm>
#include <limits>

#include "base/errors.h"
#include "base/report.h"
#include "cli/study.h"

namespace bmiss {
namespace {

// Area-weighted centre of some triangles.
struct Centre {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  double area = 0;
  void add(const Eigen::Matrix3Xd& points, const std::array<int, 3>& t) {
    const Eigen::Vector3d a = points.col(t[0]), b = points.col(t[1]), c = points.col(t[2]);
    const double weight = 0.5 * (b - a).cross(c - a).norm();
    sum += weight * (a + b + c) / 3.0;
    area += weight;
  }
  Eigen::Vector3d value() const { return sum / area; }
};

// A limb that is not cut (a closed surface) has only its principal axis.
void set_axis(Limb& limb, const Centre& proximal, const Centre& distal) {
  if (proximal.area > 0 && distal.area > 0) {
    const Eigen::Vector3d along = distal.value() - proximal.value();
    limb.axis = along.normalized();
    limb.length = along.norm();
    limb.proximal = proximal.value();
    return;
  }
  limb.axis = limb_axis(limb.skin);
  const Eigen::VectorXd along = limb.skin.points.transpose() * limb.axis;
  limb.length = along.maxCoeff() - along.minCoeff();
  const Eigen::Vector3d mean = limb.skin.points.rowwise().mean();
  limb.proximal = mean + (along.minCoeff() - mean.dot(limb.axis)) * limb.axis;
}

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

}  // namespace

Limb limb_of(const SurfaceComplex& complex, const LabelMap& map, bool proximal_is_low_k) {
  Limb limb;
  Centre low, high;
  std::vector<std::array<int, 3>> outer;
  for (std::size_t i = 0; i < complex.triangles.size(); ++i) {
    const int beyond = complex.triangle_regions[i][1];
    if (beyond == SurfaceComplex::outside) outer.push_back(complex.triangles[i]);
    if (beyond == SurfaceComplex::cut_low_k) low.add(complex.points, complex.triangles[i]);
    if (beyond == SurfaceComplex::cut_high_k) high.add(complex.points, complex.triangles[i]);
  }
  limb.skin = surface_of(complex.points, outer);
  set_axis(limb, proximal_is_low_k ? low : high, proximal_is_low_k ? high : low);
  limb.tissue = [&map](int label) { return voxels_of(map, label); };
  return limb;
}

Limb limb_of(const TetMesh& mesh) {
  Limb limb;
  limb.skin = skin_surface(mesh);
  Centre proximal, distal;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    if (mesh.triangle_parts[i] == static_cast<int>(BoundaryPart::proximal))
      proximal.add(mesh.points, mesh.triangles[i]);
    if (mesh.triangle_parts[i] == static_cast<int>(BoundaryPart::distal)) distal.add(mesh.points, mesh.triangles[i]);
  }
  set_axis(limb, proximal, distal);
  limb.tissue = [&mesh](int label) { return tissue_points(mesh, label); };
  return limb;
}

std::vector<Electrode> lay_grids(const Study& study, const TissueTable& tissues, const Limb& limb, Report& report) {
  std::vector<Electrode> electrodes;
  for (const GridOptions& grid : study.grids()) {
    Eigen::Vector3d centre = grid.centre;
    if (!grid.centre_is_point) {
      if (grid.muscle.empty())
        throw InputError("grid '" + grid.name + "' has neither a centre nor a muscle; set Grids/" + grid.name +
                         "/Centre or Grids/" + grid.name + "/Muscle");
      const TissuePoints muscle = limb.tissue(tissues.by_name(grid.muscle).label);
      if (muscle.points.cols() == 0)
        throw InputError("muscle '" + grid.muscle + "' of grid '" + grid.name + "' is not in the mesh; choose another");
      centre = skin_point_over(muscle, limb.skin, limb.axis, grid.position_along);
    }
    const LaidGrid laid = lay_grid_measured(limb.skin, grid, centre, limb.axis);
    if (!laid.warning.empty()) report.warn(laid.warning);
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
  const Electrode reference = lay_electrode(limb.skin, p.text("Name"), near, p.real("Radius"), limb.axis);
  auto all = electrodes;
  all.push_back(reference);
  require_apart(all);
  return reference;
}

}  // namespace bmiss
