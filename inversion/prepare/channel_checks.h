// Channels whose values tell that no EMG is in them.
#pragma once

#include <Eigen/Core>
#include <string>

namespace bmiss {

// Why a channel as it was recorded cannot be used, or nothing: "it is constant", "it is saturated: …". Saturated is a
// channel that stays at its largest or smallest value for three samples or more, together for more than `share` of the
// recording.
std::string complaint_about_values(const Eigen::Ref<const Eigen::RowVectorXd>& values, double share = 0.005);

// Whether a channel holds the power line alone: the notches took at least nine tenths of its power, and what they left
// is less than half of what they left in the best quarter of all channels. rms before and after the notches
// [n_channels].
struct LinePower {
  Eigen::VectorXd before, after;
  bool line_only(Eigen::Index channel) const;
  double share(Eigen::Index channel) const;  // of the channel's power, on the line and its harmonics
};

}  // namespace bmiss
