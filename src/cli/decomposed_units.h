// The files that every decomposition writes, whatever its method.
#pragma once

#include "inversion/model/decompose_model.h"

namespace bmiss {

class Study;

// decomposed_events.tsv (spikes), units.tsv (one row for each unit, each property with its standard deviation, "n/a"
// where the method knows none; then the units given up, without an id in the events, and why), neural_drive.tsv and
// decomposition.png.
void write_decomposition(const Study& study, const Recording& recording, const ModelDecomposition& result,
                         const PrepareOptions& prepare);

}  // namespace bmiss
