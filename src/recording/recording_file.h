// Recordings in and out: EMG-BIDS (EDF/BDF with sidecars), MAT.
#pragma once

#include <string>

#include "recording/recording.h"

namespace bmiss {

// Reads *_emg.edf or .bdf with its channels.tsv, electrodes.tsv and emg.json beside it, or a .mat (v5; v7.3 by matio).
// Throws InputError: missing sidecars, unequal sampling rates of EMG channels, unknown unit, no EMG channel, damaged file.
Recording read_recording(const std::string& path);

// Writes <folder>/dataset_description.json, sub-<subject>/emg/*_emg.edf (or .bdf), channels.tsv, electrodes.tsv,
// coordsystem.json, emg.json. Returns the path of the EDF. Whole or not at all.
struct BidsName {
  std::string subject = "01", task = "isometric";
};
std::string write_bids_recording(const Recording& recording, const std::string& folder, const BidsName& name);
// Where the ground-truth or decomposed events of a recording belong: <folder>/…_desc-<description>_events.tsv.
std::string events_path(const std::string& folder, const BidsName& name, const std::string& description);

}  // namespace bmiss
