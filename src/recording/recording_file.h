// Recordings in and out: EMG-BIDS 1.11 (EDF/BDF with sidecars), MAT.
#pragma once

#include <string>

#include "recording/recording.h"

namespace bmiss {

// Reads *_emg.edf or .bdf (also EDF+/BDF+ without gaps) with channels.tsv, electrodes.tsv, coordsystem.json and
// emg.json, found by the inheritance principle of BIDS; or a .mat (v5 and v7.3): a matrix or a cell grid of channels
// named SIG, data, emg or EMG with its rate fsamp, fs or SamplingFrequency, at top level or in one struct; unit,
// grid_rows, grid_cols and ied_mm where present. What had to be assumed is in `warnings`. Throws InputError: missing
// sidecars (each named), unequal sampling rates of EMG channels, unknown unit, electrode that is not in electrodes.tsv,
// no EMG channel, damaged or discontinuous file, unknown variables.
Recording read_recording(const std::string& path);

// Writes <folder>/dataset_description.json, sub-<subject>/emg/*_emg.edf, channels.tsv, electrodes.tsv,
// coordsystem.json, emg.json. Returns the path of the signal file. Whole or not at all. 16 bits over the extremes of
// each channel; where that is too coarse (a step above 1e-4 of the peak-to-peak or 2 % of the width of its middle nine
// tenths, as under an artefact) 24 bits, as .bdf. The last data record is padded with zeros; RecordingDuration in
// emg.json tells the true length and read_recording honours it. Throws InputError: subject or task that is no BIDS
// label, no channel, value that is not finite, other electrodes already recorded for this subject in this data set.
struct BidsName {
  std::string subject = "01", task = "isometric";
};
std::string write_bids_recording(const Recording& recording, const std::string& folder, const BidsName& name);

// The signal file of a recording in such a folder (.edf, or .bdf when only that exists).
std::string bids_recording_path(const std::string& folder, const BidsName& name);

// Where the ground-truth or decomposed events of a recording belong:
// <folder>/derivatives/motor-unit-decomposition/sub-<subject>/emg/sub-…_task-…_desc-<description>_events.tsv.
std::string events_path(const std::string& folder, const BidsName& name, const std::string& description);
// The dataset_description.json that BIDS asks of <folder>/derivatives/motor-unit-decomposition; kept when it exists.
void write_derivative_description(const std::string& folder);

}  // namespace bmiss
