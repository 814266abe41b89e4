// What a recording says about the model of the limb itself: conductivities of its tissues, the place of the electrodes.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "inversion/model/limb_model.h"
#include "inversion/model/unit_fits.h"

namespace bmiss {

struct FittedParameter {
  ModelParameter parameter;  // as the lead field assumes it
  double value = 0;          // that explains the recording best, and its standard deviation
  double deviation = 0;
  bool adopted = false;  // the model was changed to this value; else the recording says too little about it
};

struct FittedField {
  std::vector<FittedParameter> parameters;  // empty: not fitted
  std::string reason;                       // why the fit stopped, or was not made
};

// Fits all parameters of the lead field together with some of the largest units (fit_shared), then once more those
// alone whose standard deviation the recording at least halves, and changes `model`, made with `options` for this limb,
// to these, to first order. Not fitted: a lead field without derivatives, fewer than three units with a clear waveform.
// Left as it was when a fit does not converge.
FittedField fit_field(const LimbModel& limb, const MuapModelOptions& options,
                      const std::vector<UnitEstimate>& estimates, MuapModel& model, Report& report);

// parameter, unit, assumed, sd_assumed, found, sd_found, adopted (yes or no); lengths in mm, angles in degrees.
void write_fitted_field(const FittedField& field, const std::string& path);

}  // namespace bmiss
