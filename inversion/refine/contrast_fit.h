// The unit whose modelled filter makes the most spike-like output of a recording.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <string>

#include "inversion/blind/extended_signal.h"
#include "inversion/refine/muap_model.h"

namespace bmiss {

// Output of a unit: s(t) = w^T x(t), x the extended recording, with the minimum-variance filter w = C^-1 m / sqrt(m^T
// C^-1 m) of its modelled action potential m, so that s has unit variance. Contrast: the skewness, mean of s^3, which
// spikes of one unit make large and sums of many do not. Its gradient runs backwards through filter and action
// potential to the unit, and to the lead field's potentials.
class FilterContrast {
public:
  // The recording in the rows of the model, its lags those of the extension; both must outlive it. The covariance gets
  // `ridge` times its mean variance added. Throws InputError when rows differ, or when there are fewer samples than the
  // covariance needs (how many).
  FilterContrast(const ExtendedSignal& signal, const MuapModel& model, double ridge = 1e-3);

  struct Value {
    double contrast = 0;
    Eigen::VectorXf filter;  // w [dimension]
    Eigen::VectorXf output;  // s [n_samples]; a spike at t stands at t + delay
    Eigen::Index delay = 0;  // [samples]
  };
  // `last_lag`: the column of the action potential that meets the newest sample; the extension reaches back from it.
  Value value(const UnitParameters& unit, Eigen::Index last_lag) const;
  // d contrast / d action potential [n_rows x n_columns].
  Eigen::MatrixXf by_muap(const UnitParameters& unit, const Value& at, Eigen::Index last_lag) const;

  // The last lag of the window with most of the action potential in it.
  Eigen::Index best_last_lag(const UnitParameters& unit) const;
  const MuapModel& model() const { return model_; }

private:
  Eigen::VectorXf extended(const Eigen::MatrixXf& muap, Eigen::Index last_lag) const;

  const ExtendedSignal& signal_;
  const MuapModel& model_;
  Eigen::LLT<Eigen::MatrixXf> covariance_;
};

struct ContrastFitOptions {
  int most_iterations = 40;
  double tolerance = 3e-3;  // of the contrast, to be gained by moving a parameter by its scale
};

struct ContrastFit {
  UnitParameters unit;
  double start_contrast = 0, contrast = 0;
  Eigen::VectorXf filter;
  Eigen::Index delay = 0;  // of the output against the spikes [samples]
  bool converged = false;
  std::string reason;
  int n_values = 0;  // evaluations, each with its gradient
};

// Maximises the contrast over position, radius, zone and velocity within the model's bounds (BLMVM); what the filter
// does not depend on, size and delay, stays.
ContrastFit fit_contrast(const FilterContrast& contrast, const UnitParameters& start,
                         const ContrastFitOptions& options = {});

}  // namespace bmiss
