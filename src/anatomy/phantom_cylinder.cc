#include <algorithm>
#include <cmath>
#include <set>

#include "anatomy/phantom.h"
#include "anatomy/phantom_checks.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

// The labels of the forearm phantom, so that both phantoms mesh with the same settings; what comes twice goes on
// from 31.
int label_for(TissueKind kind, const std::set<int>& taken) {
  const auto free_from = [&](int label) {
    while (taken.count(label) != 0) ++label;
    return label;
  };
  switch (kind) {
    case TissueKind::skin:
      return taken.count(1) == 0 ? 1 : free_from(31);
    case TissueKind::fat:
      return taken.count(2) == 0 ? 2 : free_from(31);
    case TissueKind::bone:
      return taken.count(3) == 0 ? 3 : free_from(31);
    case TissueKind::marrow:
      return taken.count(4) == 0 ? 4 : free_from(31);
    case TissueKind::connective:
      return taken.count(5) == 0 ? 5 : free_from(31);
    case TissueKind::muscle:
      return free_from(11);
    default:
      return free_from(31);
  }
}

}  // namespace

PhantomComplaint complaint_about(const LayeredCylinderPhantom& d) {
  if (d.outer_radii.empty()) return {"Outer radii", "give at least one layer"};
  if (d.names.size() != d.outer_radii.size())
    return {"Names", "there are " + std::to_string(d.names.size()) + " names for " +
                         std::to_string(d.outer_radii.size()) +
                         " outer radii; give one name for each layer, from inside out"};
  double inner = 0;
  for (std::size_t i = 0; i < d.names.size(); ++i) {
    const double outer = d.outer_radii[i];
    if (!(outer > inner))
      return {"Outer radii", "the radius of '" + d.names[i] + "' (" + format("%g", outer * 1e3) +
                                 " mm) is not larger than that of the "
                                 "layer inside it (" +
                                 format("%g", inner * 1e3) + " mm); give increasing radii"};
    if (!(outer - inner >= d.voxel * (1 - 1e-9)))
      return {"Voxel", "the layer '" + d.names[i] + "' is " + format("%g", (outer - inner) * 1e3) +
                           " mm thick, thinner than a voxel; use "
                           "smaller voxels or a thicker layer"};
    if (std::count(d.names.begin(), d.names.end(), d.names[i]) > 1)
      return {"Names", "'" + d.names[i] + "' is named twice; use each name once"};
    inner = outer;
  }
  return complaint_about_size(inner, inner, d.length, d.voxel);
}

Phantom make_layered_cylinder(const LayeredCylinderPhantom& d) {
  complaint_about(d).throw_if_any();
  std::vector<Tissue> tissues;
  std::set<int> taken;
  for (const auto& name : d.names) {
    const TissueKind kind = guessed_kind(name);
    const int label = label_for(kind, taken);
    taken.insert(label);
    tissues.push_back(default_tissue(label, name, kind));
  }

  Phantom phantom;
  LabelMap& map = phantom.map;
  map = empty_phantom_map(d.outer_radii.back(), d.outer_radii.back(), d.length, d.voxel);
  map.voxel_to_world.linear() = d.voxel * Eigen::Matrix3d::Identity();
  map.voxel_to_world.translation() = 0.5 * d.voxel * Eigen::Vector3d(1 - map.size[0], 1 - map.size[1], 1);
  for (int j = 0; j < map.size[1]; ++j)
    for (int i = 0; i < map.size[0]; ++i) {
      const double radius = (map.voxel_to_world * Eigen::Vector3d(i, j, 0)).head<2>().norm();
      const auto layer = std::lower_bound(d.outer_radii.begin(), d.outer_radii.end(), radius) - d.outer_radii.begin();
      if (static_cast<std::size_t>(layer) == d.outer_radii.size()) continue;
      for (int k = 0; k < map.size[2]; ++k)
        map.labels[map.index(i, j, k)] = tissues[static_cast<std::size_t>(layer)].label;
    }
  phantom.tissues = TissueTable(std::move(tissues));
  return phantom;
}

}  // namespace bmiss
