#include "anatomy/phantom.h"

#include <cmath>

#include "anatomy/phantom_checks.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/table.h"

namespace bmiss {
namespace {

int voxels_across(double half_width, double voxel) {
  return 2 * static_cast<int>(std::ceil(half_width / voxel - 1e-9)) + 4;
}
int voxels_along(double length, double voxel) {
  return static_cast<int>(std::lround(length / voxel));
}

void reject_if_any(const Parameters& parameters, const PhantomComplaint& complaint) {
  if (!complaint.key.empty()) parameters.reject(complaint.key, complaint.sentence);
}

std::vector<double> in_mm(std::vector<double> metres) {
  for (double& value : metres) value *= 1e3;
  return metres;
}

Phantom make_clean_phantom(const Parameters& parameters) {
  if (parameters.text("Shape") == "cylinder") {
    const Parameters::Section cylinder(parameters, "Cylinder");
    LayeredCylinderPhantom description;
    description.outer_radii = parameters.reals("Outer radii");
    description.names = parameters.names("Names");
    description.length = parameters.real("Length");
    description.voxel = parameters.real("Voxel");
    reject_if_any(parameters, complaint_about(description));
    return make_layered_cylinder(description);
  }
  const Parameters::Section forearm(parameters, "Forearm");
  ForearmPhantom description;
  description.length = parameters.real("Length");
  description.voxel = parameters.real("Voxel");
  description.fat_thickness = parameters.real("Fat thickness");
  description.skin_thickness = parameters.real("Skin thickness");
  description.scale = parameters.real("Scale");
  reject_if_any(parameters, complaint_about(description));
  return make_forearm(description);
}

}  // namespace

void PhantomComplaint::throw_if_any() const {
  if (!key.empty()) throw InputError("phantom, " + key + ": " + sentence);
}

PhantomComplaint complaint_about_size(double half_width, double half_height, double length, double voxel) {
  if (!(voxel > 0)) return {"Voxel", "voxels must have a positive size"};
  if (!(length >= 2 * voxel) || !std::isfinite(length))
    return {"Length", "the limb must be at least two voxels long; make it longer"};
  const double count = (2 * half_width / voxel + 4) * (2 * half_height / voxel + 4) * (length / voxel);
  constexpr double most = 4e8;  // 1.6 GB of labels
  if (!(count <= most))
    return {"Voxel", "the label map would have " + format("%.0f", count / 1e6) + " million voxels, more than " +
                         format("%.0f", most / 1e6) + " million; use larger voxels or a shorter limb"};
  return {};
}

LabelMap empty_phantom_map(double half_width, double half_height, double length, double voxel) {
  LabelMap map;
  map.size = {voxels_across(half_width, voxel), voxels_across(half_height, voxel), voxels_along(length, voxel)};
  map.labels.assign(map.index(0, 0, map.size[2]), 0);
  return map;
}

void declare_phantom_parameters(Parameters& parameters) {
  const Parameters::Section section(parameters, "Phantom");
  parameters.declare_choice("Shape", "forearm", {"cylinder", "forearm"},
                            "of the limb; its parameters stand in the section of that name");
  {
    const LayeredCylinderPhantom defaults;
    const Parameters::Section cylinder(parameters, "Cylinder");
    parameters.declare_reals("Outer radii", in_mm(defaults.outer_radii), "mm", {0.1, 500},
                             "of the layers, from inside out");
    parameters.declare_names("Names", defaults.names,
                             "of the layers, from inside out; the kind of tissue is taken from the name");
    parameters.declare_real("Length", defaults.length * 1e3, "mm", {1, 2000},
                            "of the limb, along z, from the proximal end at z = 0");
    parameters.declare_real("Voxel", defaults.voxel * 1e3, "mm", {0.05, 20}, "edge length of the cubic voxels");
  }
  {
    const ForearmPhantom defaults;
    const Parameters::Section forearm(parameters, "Forearm");
    parameters.declare_real("Length", defaults.length * 1e3, "mm", {1, 2000},
                            "from below the elbow (slice 0) to above the wrist");
    parameters.declare_real("Voxel", defaults.voxel * 1e3, "mm", {0.05, 20}, "edge length of the cubic voxels");
    parameters.declare_real("Fat thickness", defaults.fat_thickness * 1e3, "mm", {0, 100},
                            "outside the muscles; 0: no fat");
    parameters.declare_real("Skin thickness", defaults.skin_thickness * 1e3, "mm", {0, 10}, "0: no skin");
    parameters.declare_real("Scale", defaults.scale, "1", {0.3, 3},
                            "of bones and muscles across the limb (1: an adult)");
  }
  declare_defect_parameters(parameters);
}

Phantom make_phantom(const Parameters& parameters) {
  const Parameters::Section section(parameters, "Phantom");
  Phantom phantom = make_clean_phantom(parameters);
  add_defects(phantom, parse_defect_parameters(parameters));
  return phantom;
}

}  // namespace bmiss
