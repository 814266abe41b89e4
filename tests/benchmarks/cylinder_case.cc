#include "benchmarks/cylinder_case.h"

#include <cmath>

#include "base/table.h"
#include "support/layered_cylinder_problem.h"

namespace bmiss::bench {
namespace {

Electrode on(double radius, const std::string& name, double theta, double z, double disc) {
  Electrode electrode = test::skin_electrode(name, theta, z, disc);
  electrode.position = radius * electrode.normal + z * Eigen::Vector3d::UnitZ();
  return electrode;
}

}  // namespace

CylinderCase oracle_cylinder() {
  CylinderCase result{"oracle's: 10/35/38/40 mm, discs of 5 mm",
                      {{0.01, 0.02, 0.02}, {0.035, 0.1, 0.5}, {0.038, 0.04, 0.04}, {0.04, 1.0, 1.0}},
                      0.12,
                      {},
                      on(0.04, "opposite", M_PI, 0.06, 5e-3),
                      0.045,
                      0.020,
                      0.050};
  for (const auto& [name, z] : {std::pair{"junction", 0.045}, {"half way", 0.070}, {"end", 0.092}})
    result.electrodes.push_back(on(0.04, name, 0, z, 5e-3));
  return result;
}

CylinderCase long_cylinder() {
  CylinderCase result = oracle_cylinder();
  result.name = "oracle's layers, 440 mm long";
  result.length = 0.44;
  result.junction = 0.16;
  result.down = result.up = 0.1;
  result.reference = on(0.04, "far", M_PI / 2, 0.43, 5e-3);
  result.electrodes.clear();
  for (std::size_t r = 0; r < depth_law_radii.size(); ++r)
    result.electrodes.push_back(on(0.04, format("r %g mm", 1e3 * depth_law_radii[r]), 0,
                                   result.junction + 0.02 + depth_law_shift(r), depth_law_radii[r]));
  return result;
}

CylinderCase other_cylinder() {
  CylinderCase result{"other: 8/36/40/41.5 mm, rectangles of 4 x 2 mm",
                      {{0.008, 0.02, 0.02}, {0.036, 0.13, 0.56}, {0.04, 0.0573, 0.0573}, {0.0415, 0.17, 0.17}},
                      0.15,
                      {},
                      on(0.0415, "opposite", 2.6, 0.09, 6e-3),
                      0.060,
                      0.030,
                      0.045};
  for (const auto& [name, z] : {std::pair{"junction", 0.060}, {"half way", 0.081}, {"end", 0.101}}) {
    Electrode electrode = on(0.0415, name, 0, z, 2e-3);
    electrode.shape = ElectrodeShape::rectangle;
    electrode.length = 4e-3;
    electrode.width = 2e-3;
    result.electrodes.push_back(electrode);
  }
  return result;
}

LeadFieldProblem problem_of(const CylinderCase& cylinder, const MeshLaw& law) {
  CylinderMeshOptions options;
  LeadFieldProblem problem;
  std::vector<Tissue> tissues;
  for (const CylinderLayer& layer : cylinder.layers) {
    const int label = static_cast<int>(tissues.size()) + 1;
    options.radii.push_back(layer.outer_radius);
    tissues.push_back(test::layer(label, "layer" + std::to_string(label),
                                  label == 2 ? TissueKind::muscle : TissueKind::other, layer.conductivity_across,
                                  layer.conductivity_along));
  }
  options.length = cylinder.length;
  options.finest = law.finest;
  options.coarsest = 2 * law.muscle_edge;
  options.growth = law.growth;
  options.layer_edges = {0, law.muscle_edge};
  for (const Electrode& electrode : cylinder.electrodes) options.foci.push_back({0, electrode.position.z()});
  problem.mesh = make_layered_cylinder_mesh(options);
  problem.directions = axial_directions(problem.mesh);
  problem.tissues = TissueTable(tissues);
  problem.electrodes.electrodes = cylinder.electrodes;
  problem.electrodes.reference = cylinder.reference;
  return problem;
}

std::unique_ptr<LeadField> exact_field(const CylinderCase& cylinder) {
  auto field = std::make_unique<CylinderLeadField>(LayeredCylinder(cylinder.layers), cylinder.length);
  ElectrodeArray array;
  array.electrodes = cylinder.electrodes;
  array.reference = cylinder.reference;
  field->set_electrodes(array);
  return field;
}

}  // namespace bmiss::bench
