#include "anatomy/place_text.h"

#include "base/table.h"

namespace bmiss {

std::string place_of(const Eigen::Vector3d& position) {
  return "(" + format("%.1f", position[0] * 1e3) + ", " + format("%.1f", position[1] * 1e3) + ", " +
         format("%.1f", position[2] * 1e3) + ") mm";
}

}  // namespace bmiss
