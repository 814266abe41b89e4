#include "inversion/blind/prepare.h"

#include <cmath>
#include <string>
#include <vector>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "inversion/blind/blind.h"
#include "recording/filters.h"

namespace bmiss {
namespace {

// The channels not marked as bad and not constant, unfiltered.
Recording varying_channels(const Recording& recording, Report& report) {
  Recording result;
  result.rate = recording.rate;
  result.power_line = recording.power_line;
  std::vector<Eigen::Index> used;
  for (Eigen::Index i = 0; i < recording.signal.rows(); ++i) {
    const Channel& channel = recording.channels[static_cast<std::size_t>(i)];
    if (!channel.good) {
      report.warn("channel " + channel.name + " is left out: its status is bad");
      continue;
    }
    const auto row = recording.signal.row(i);
    if (!row.allFinite())
      throw InputError("channel " + channel.name +
                       " holds values that are not finite; set its status to bad in channels.tsv to leave it out");
    if (row.maxCoeff() > row.minCoeff()) {
      used.push_back(i);
      result.channels.push_back(channel);
    } else {
      report.warn("channel " + channel.name + " is left out: it is constant");
    }
  }
  result.signal.resize(static_cast<Eigen::Index>(used.size()), recording.signal.cols());
  for (std::size_t i = 0; i < used.size(); ++i)
    result.signal.row(static_cast<Eigen::Index>(i)) = recording.signal.row(used[i]);
  return result;
}

}  // namespace

Eigen::MatrixXf prepare_channels(const Recording& recording, const BlindOptions& options, Report& report) {
  if (!(recording.rate > 0)) throw InputError("the recording has no sampling rate; a positive one is needed");
  BMISS_ASSERT(static_cast<Eigen::Index>(recording.channels.size()) == recording.signal.rows());
  if (recording.duration() < options.shortest_duration)
    throw InputError("the recording lasts " + format("%.2f", recording.duration()) +
                     " s; blind decomposition needs at least " + format("%g", options.shortest_duration) + " s");
  Recording filtered = varying_channels(recording, report);
  const auto demand_channels = [&](std::size_t count) {
    if (count == 0)
      throw InputError(
          "none of the " + std::to_string(recording.signal.rows()) +
          " channels can be decomposed: each is bad or constant; look at the status column of channels.tsv");
  };
  demand_channels(filtered.channels.size());
  if (options.low_cut > 0 || options.high_cut < recording.rate / 2)
    band_pass(filtered, options.low_cut, options.high_cut);
  if (options.power_line_width > 0) remove_power_line(filtered, options.power_line_width);
  std::vector<bool> bad(filtered.channels.size(), false);
  for (const auto& found : find_bad_channels(filtered)) {
    bad[static_cast<std::size_t>(found.channel)] = true;
    report.warn("a channel is left out: " + found.reason);
  }
  std::vector<Eigen::Index> used;
  for (std::size_t i = 0; i < bad.size(); ++i)
    if (!bad[i]) used.push_back(static_cast<Eigen::Index>(i));
  demand_channels(used.size());
  Eigen::MatrixXd signal(static_cast<Eigen::Index>(used.size()), filtered.signal.cols());
  for (std::size_t i = 0; i < used.size(); ++i) signal.row(static_cast<Eigen::Index>(i)) = filtered.signal.row(used[i]);
  signal.colwise() -= signal.rowwise().mean().eval();
  return (signal / std::sqrt(signal.squaredNorm() / static_cast<double>(signal.size()))).cast<float>();
}

}  // namespace bmiss
