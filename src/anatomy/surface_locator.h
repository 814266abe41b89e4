// Nearest points, smooth normals and the rim of a triangulated surface.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

class SurfaceLocator {
public:
  struct Hit {
    Eigen::Vector3d point = Eigen::Vector3d::Zero();    // on the surface [m]
    Eigen::Vector3d normal = Eigen::Vector3d::UnitZ();  // outward, interpolated between smoothed vertex normals
    double distance = 0;                                // from the point asked for [m]
  };

  // Keeps a reference: the surface must outlive the locator. Throws InputError when it has no triangles.
  explicit SurfaceLocator(const Surface& surface);
  Hit nearest(const Eigen::Vector3d& x) const;
  // Length along the surface [m] between two of its points, or points beside it: of the line whose points are nearest
  // to the chord. Between neighbours of a grid that is the shortest way, also around edges, where arc_length() is too
  // short.
  double length_between(const Eigen::Vector3d& a, const Eigen::Vector3d& b) const;
  // Edges with one triangle: where the limb is cut (or the surface has a hole).
  const std::vector<std::array<int, 2>>& rim() const { return rim_; }
  const Surface& surface() const { return surface_; }

private:
  struct Node {  // of a binary tree of bounding boxes; leaves hold triangles order_[first] … order_[first + count - 1]
    Eigen::Vector3d low, high;
    int first = 0, count = 0, right = 0;  // left child is the next node
  };
  void smooth_normals();
  int build(int first, int count, const std::vector<Eigen::Vector3d>& centroids);

  const Surface& surface_;
  std::vector<int> order_;
  std::vector<Node> nodes_;
  Eigen::Matrix3Xd normals_;  // [3 x n_points]
  std::vector<std::array<int, 2>> rim_;
};

// A copy without waves as short as its triangles: pairs of a shrinking and a swelling step (Taubin 1995), which keep
// the size of the limb. Its rim stays where it is.
Surface faired(const Surface& surface, int pairs);

// Lengths along the surface between two of its points, from their chord and the turn of the normal between them (exact
// on a circle to fourth order) [m].
double arc_length(const Eigen::Vector3d& a, const Eigen::Vector3d& normal_a, const Eigen::Vector3d& b,
                  const Eigen::Vector3d& normal_b);

}  // namespace bmiss
