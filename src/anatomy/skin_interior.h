// Is a point inside the limb?
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

// By the solid angle under which the skin is seen, 4 pi from inside. Open ends are closed by fans around their middles,
// which is exact where the limb is cut by planes.
class SkinInterior {
public:
  explicit SkinInterior(const Surface& skin);
  bool contains(const Eigen::Vector3d& x) const;

private:
  std::vector<std::array<Eigen::Vector3d, 3>> triangles_;  // normals outward
};

}  // namespace bmiss
