// Places as messages and tables show them.
#pragma once

#include <Eigen/Core>
#include <string>

namespace bmiss {

std::string place_of(const Eigen::Vector3d& position);  // of one in metres: "(1.0, 2.0, 3.0) mm"

}  // namespace bmiss
