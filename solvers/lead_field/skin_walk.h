// Moves electrodes along the skin of a mesh.
#pragma once

#include <Eigen/Core>

#include "anatomy/electrodes.h"
#include "anatomy/surface_locator.h"
#include "anatomy/tet_mesh.h"

namespace bmiss {

class SkinWalker {
public:
  explicit SkinWalker(const TetMesh& mesh) : skin_(skin_surface(mesh)), locator_(skin_) {}
  SkinWalker(const SkinWalker&) = delete;  // the locator refers to the surface
  SkinWalker& operator=(const SkinWalker&) = delete;

  // SkinWalk (grid_motion.h) in short straight steps, each back onto the skin, its direction and the electrode's frame
  // turned with the smoothed normal there. At a cut end it stops.
  Electrode walk(const Electrode& laid, const Eigen::Vector3d& way, double spin) const;

private:
  Surface skin_;
  SurfaceLocator locator_;
};

}  // namespace bmiss
