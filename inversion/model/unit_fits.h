// Found units as the model sees them: their waveforms on all channels, and the units that fit these best.
#pragma once

#include <vector>

#include "anatomy/surface_locator.h"
#include "inversion/decode/templates.h"
#include "inversion/model/template_span.h"
#include "inversion/prepare/prepare.h"
#include "inversion/refine/unit_fit.h"

namespace bmiss {

class Report;
struct ModelledUnit;

struct UnitEstimate {
  MuapEstimate muap;
  double variance = 0;                 // of each entry, by noise
  std::vector<UnitParameters> starts;  // the atoms most like it
  UnitPrior prior;
};

// Waveforms by joint least squares from all trains, without any rule.
std::vector<UnitEstimate> unit_estimates(const PreparedSignal& prepared, const std::vector<SpikePositions>& trains,
                                         const TemplateWindow& window, const MuapModel& model,
                                         const TemplateSpan& span);

// Fits each unit [as many as estimates], and what follows from it. A unit whose waveform is not the model's stays,
// without a place.
void fit_units(const MuapModel& model, const std::vector<UnitEstimate>& estimates, const SurfaceLocator& skin,
               std::vector<ModelledUnit>& units, Report& report);

}  // namespace bmiss
