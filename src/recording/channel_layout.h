// Where channels lie on a sheet of paper.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "recording/recording.h"

namespace bmiss {

// [2 x n_channels], to the right and down from (0, 0), in distances between neighbours. Each grid (group) is unrolled
// from the limb so that distances along it are kept as well as possible (classical scaling of the distances along the
// net of neighbours: Tenenbaum et al. 2000), turned so that its rows are level and that its channels read like a page,
// and put on whole numbers where it is regular; grids stand side by side. A grid whose positions are not known is laid
// out in rows of eight.
Eigen::Matrix2Xd channel_layout(const std::vector<Channel>& channels);

}  // namespace bmiss
