// Which electrode of the lead field each channel of a recording belongs to.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "anatomy/electrodes.h"
#include "recording/recording.h"

namespace bmiss {

// [n_channels used x n_electrodes] of zeros and ones. By the name of the channel's electrode, else of the channel
// itself. Throws InputError: a channel that the lead field has no electrode for (naming them), a position that differs
// by more than `largest_distance` [m] from that of the lead field (which, by how much), where the recording knows one.
Eigen::MatrixXd matched_electrodes(const Recording& recording, const std::vector<Eigen::Index>& channels,
                                   const ElectrodeArray& electrodes, double largest_distance);

}  // namespace bmiss
