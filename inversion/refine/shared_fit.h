// What all units of a recording have in common: parameters of the lead field, fitted together with the units.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "forward/lead_field.h"
#include "inversion/refine/unit_fit.h"

namespace bmiss {

struct SharedFitOptions {
  int most_rounds = 8;
  double tolerance = 0.1;  // converged when no parameter moves by more than this share of its standard deviation
  UnitFitOptions units;
};

struct SharedFit {
  Eigen::VectorXd change;      // of the parameters from the values that the model was made with
  Eigen::MatrixXd covariance;  // of the change (Laplace, units' parameters eliminated)
  std::vector<UnitFit> units;  // of each estimate, with the changed field
  bool converged = false;
  std::string reason;
  int rounds = 0;
};

// Gauss-Newton for the field's parameters, the units' own eliminated exactly (Schur complement), units refitted in each
// round. The field is linear in its parameters here: `tangents`, one model for each parameter, made from a TangentField
// with the paths and options of `model`. `model` becomes the one with the changed field, which a caller may replace by
// one of LeadField::at() and fit again. The parameters' priors are their uncertainties around their values. Estimates
// should be those of large units, five or so: what few units say about the electrodes is soon told. What they leave
// beyond noise is taken for errors of the model (UnitFitOptions), their data count for less in a second fit, and found
// parameters keep near what is known unless the recording is clear about them.
SharedFit fit_shared(MuapModel& model, const std::vector<MuapModel>& tangents,
                     const std::vector<ModelParameter>& parameters, const std::vector<MuapEstimate>& estimates,
                     const std::vector<UnitParameters>& starts, const std::vector<UnitPrior>& priors,
                     const SharedFitOptions& options = {});

}  // namespace bmiss
