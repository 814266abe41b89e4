#include "inversion/model/matched_electrodes.h"

#include <cmath>
#include <map>
#include <string>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/table.h"

namespace bmiss {

Eigen::MatrixXd matched_electrodes(const Recording& recording, const std::vector<Eigen::Index>& channels,
                                   const ElectrodeArray& electrodes, double largest_distance) {
  std::map<std::string, Eigen::Index> by_name;
  for (std::size_t e = 0; e < electrodes.electrodes.size(); ++e)
    by_name[electrodes.electrodes[e].name] = static_cast<Eigen::Index>(e);
  Eigen::MatrixXd selection = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(channels.size()),
                                                    static_cast<Eigen::Index>(electrodes.electrodes.size()));
  std::string farthest;
  double distance = 0;
  for (std::size_t c = 0; c < channels.size(); ++c) {
    const Channel& channel = recording.channels[static_cast<std::size_t>(channels[c])];
    auto found = by_name.find(channel.electrode);
    if (found == by_name.end()) found = by_name.find(channel.name);
    if (found == by_name.end())
      throw InputError("channel '" + channel.name + "' of the recording (" + std::to_string(recording.channels.size()) +
                           " channels) has no electrode in the lead field (" +
                           std::to_string(electrodes.electrodes.size()) + " electrodes)" +
                           known_names(channel.name, electrodes.names()) +
                           "; compute the lead field for the electrodes of this recording",
                       recording.source);
    selection(static_cast<Eigen::Index>(c), found->second) = 1;
    if (!channel.position.allFinite()) continue;
    const double off =
        (channel.position - electrodes.electrodes[static_cast<std::size_t>(found->second)].position).norm();
    if (off > distance) {
      distance = off;
      farthest = channel.name;
    }
  }
  if (distance > largest_distance)
    throw InputError("electrode of channel '" + farthest + "' lies " + format("%.1f", 1e3 * distance) +
                         " mm from where the lead field has it, more than " + format("%.1f", 1e3 * largest_distance) +
                         " mm; compute the lead field for the electrodes of this recording",
                     recording.source);
  return selection;
}

}  // namespace bmiss
