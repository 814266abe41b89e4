// Motor-unit spikes as EMG-BIDS events: onset, duration, sample, unit_id, event_type.
#pragma once

#include <string>
#include <vector>

namespace bmiss {

struct UnitSpikes {
  int id = 0;
  std::vector<double> times;  // [s], ascending
};

// Reads events.tsv; units in ascending order of id. The rules, each refused with file, line, value and rule
// (InputError): all five columns; onset a number >= 0; duration 0; sample a whole number >= 0; unit_id a whole number
// >= 0; event_type motor-unit-spike; sample / onset the same sampling rate in all rows; no spike of a unit twice at one
// sample. A row that belongs to no unit (unit_id n/a) is an event of the task (rest, muscle_on, …) and is skipped; a
// table without the column unit_id holds no decomposition and is refused. A last line that breaks off inside the word
// motor-unit-spike is dropped, with a sentence in `warnings`: the file lost its end.
std::vector<UnitSpikes> read_spike_events(const std::string& path, std::vector<std::string>* warnings = nullptr);

// Writes events.tsv sorted by onset, with the folders above it; `rate` [Hz] gives the sample column.
void write_spike_events(const std::vector<UnitSpikes>& units, double rate, const std::string& path);

}  // namespace bmiss
