// What a decomposition with a model writes before its search: which motor units these electrodes can see.
#pragma once

#include "anatomy/surface_locator.h"
#include "inversion/prepare/prepare.h"
#include "inversion/refine/muap_model.h"

namespace bmiss {

class Report;
class Study;

// identifiability.tsv and identifiability.vtu, against the recording as noise; where it is too short to know that,
// against white noise of its power, with a warning.
void write_visible_units(const Study& study, const MuapModel& model, const PreparedSignal& prepared,
                         const SurfaceLocator& skin, Report& report);

}  // namespace bmiss
