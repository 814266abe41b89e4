// The finite reference cylinder of the oracle cases as a lead-field problem: layers to 10/35/38/40 mm, 120 mm long.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "solvers/lead_field/engine.h"
#include "solvers/verification/cylinder_mesh.h"

namespace bmiss::test {

inline Tissue layer(int label, const std::string& name, TissueKind kind, double across, double along) {
  Tissue tissue;
  tissue.label = label;
  tissue.name = name;
  tissue.kind = kind;
  tissue.conductivity_across = across;
  tissue.conductivity_along = along;
  return tissue;
}

inline TissueTable reference_tissues() {
  return TissueTable({layer(1, "layer1", TissueKind::bone, 0.02, 0.02),
                      layer(2, "layer2", TissueKind::muscle, 0.1, 0.5), layer(3, "layer3", TissueKind::fat, 0.04, 0.04),
                      layer(4, "layer4", TissueKind::skin, 1.0, 1.0)});
}

// A disc of `radius` on the skin, or a point when it is zero.
inline Electrode skin_electrode(const std::string& name, double theta, double z, double radius) {
  Electrode electrode;
  electrode.name = name;
  electrode.shape = radius > 0 ? ElectrodeShape::disc : ElectrodeShape::point;
  electrode.normal = {std::cos(theta), std::sin(theta), 0};
  electrode.position = 0.04 * electrode.normal + Eigen::Vector3d(0, 0, z);
  electrode.along = Eigen::Vector3d::UnitZ();
  electrode.radius = radius;
  return electrode;
}

inline Eigen::Vector3d on_cylinder(double rho, double theta, double z) {
  return {rho * std::cos(theta), rho * std::sin(theta), z};
}

inline CylinderMeshOptions reference_cylinder(double finest, double coarsest, double growth,
                                              std::vector<CylinderFocus> foci) {
  CylinderMeshOptions options;
  options.radii = {0.010, 0.035, 0.038, 0.040};
  options.length = 0.12;
  options.finest = finest;
  options.coarsest = coarsest;
  options.growth = growth;
  options.foci = std::move(foci);
  return options;
}

inline LeadFieldProblem cylinder_problem(const CylinderMeshOptions& options, std::vector<Electrode> electrodes,
                                         Electrode reference) {
  LeadFieldProblem problem;
  problem.mesh = make_layered_cylinder_mesh(options);
  problem.directions = axial_directions(problem.mesh);
  problem.tissues = reference_tissues();
  problem.electrodes.electrodes = std::move(electrodes);
  problem.electrodes.reference = std::move(reference);
  return problem;
}

}  // namespace bmiss::test
