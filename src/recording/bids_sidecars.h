// The sidecars of an EMG-BIDS recording: which files apply to it, and what they say about its channels.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "recording/recording.h"

namespace bmiss {

// "sub-01_task-hold_emg.edf": entities {sub: 01, task: hold}, suffix emg, extension .edf.
struct BidsFileName {
  std::map<std::string, std::string> entities;
  std::string suffix, extension;
};
BidsFileName parse_bids_name(const std::string& path);

// Sidecars that apply to `recording` by the inheritance principle (BIDS, common principles): beside it or in the
// folders above up to the one with dataset_description.json, with no entity but the recording's own (and space).
// Nearest first.
std::vector<std::string> applicable_sidecars(const std::string& recording, const std::string& suffix,
                                             const std::string& extension);

// A row of channels.tsv with its place on the body.
struct BidsChannel {
  Channel channel;
  std::string unit;            // "" when n/a
  double rate = std::nan("");  // [Hz], of this channel; NaN when the table does not say
};

struct BidsSidecars {
  std::vector<BidsChannel> channels;  // all rows, in the order of the table
  std::string channels_file;
  double rate = 0;                 // SamplingFrequency [Hz]
  double power_line = 50;          // [Hz], NaN when n/a
  double duration = std::nan("");  // RecordingDuration [s], NaN when absent
  std::string task;
  std::vector<std::string> warnings;
};

// Throws InputError naming every sidecar that is missing, and for every value that breaks the format.
BidsSidecars read_bids_sidecars(const std::string& recording);

}  // namespace bmiss
