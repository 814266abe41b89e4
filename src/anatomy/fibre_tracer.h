// Follows fibre directions through one connected piece of muscle.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "anatomy/muscle_tets.h"
#include "anatomy/tet_walker.h"

namespace bmiss {

// From a start to an end: corners of the way, every segment inside the muscle.
struct FibreWay {
  std::vector<TetPosition> positions;
  int end = MuscleTets::wall;  // code of MuscleTets where it ended; `unended`: the longest length, or a trap
  static constexpr int unended = 0;
};

class FibreTracer {
public:
  // `directions` [3 x n] are unit vectors of the piece's tetrahedra. A fibre that meets the wall more steeply than
  // `wall_angle` [rad] ends there, else it runs along it. Planes of `asked` end fibres as well. `piece` and `asked` are
  // kept by reference.
  FibreTracer(const MuscleTets& piece, const Eigen::Matrix3Xd& directions, const FibreMuscle& asked, double wall_angle);

  // Along the fibre (sign 1) or against it (-1), at most `longest` [m].
  FibreWay trace(const TetPosition& start, double sign, double longest) const;

private:
  Eigen::Vector3d direction(const TetPosition& position) const;
  bool is_end(const TetPosition& position, int corner, const Eigen::Vector3d& along) const;
  bool step(TetPosition& position, Eigen::Vector3d displacement, FibreWay& way) const;
  bool cut_at_planes(std::size_t first, FibreWay& way) const;

  const MuscleTets& piece_;
  const FibreMuscle& asked_;
  double end_sine_;                            // of the wall angle
  Eigen::Matrix3Xd at_points_, wall_normals_;  // [3 x n_points]
};

}  // namespace bmiss
