// Motor-unit spikes as EMG-BIDS events: onset, duration, sample, unit_id, event_type.
#pragma once

#include <string>
#include <vector>

namespace bmiss {

struct UnitSpikes {
  int id = 0;
  std::vector<double> times;  // [s], ascending
};

// Reads events.tsv. Rows of other event types than motor-unit-spike (rest, muscle_on, …) are skipped in raw events but a
// decomposition file holds none. Throws InputError with file, line, value and rule for every violation of the format.
std::vector<UnitSpikes> read_spike_events(const std::string& path);

// Writes events.tsv sorted by onset; `rate` gives the sample column.
void write_spike_events(const std::vector<UnitSpikes>& units, double rate, const std::string& path);

}  // namespace bmiss
