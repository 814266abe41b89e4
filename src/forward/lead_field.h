// The interface between everything that computes a volume conductor and everything that uses one.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "anatomy/electrodes.h"
#include "base/registry.h"

namespace bmiss {

class Parameters;

// Places where a lead field is wanted, and the tissue that each must lie in: fibres end where their muscle does.
struct FieldPoints {
  Eigen::Matrix3Xd places;  // [3 x n_points] m
  std::vector<int> labels;  // [n_points] of tissues, 0: any; empty: none is asked for
};

struct FieldSamples {
  Eigen::MatrixXd potential;         // [n_electrodes x n_points] V/A, as LeadField::potential()
  Eigen::VectorXd smoothing_widths;  // [n_points] m, as LeadField::smoothing_widths()
};

// Something that a volume conductor assumes and that recordings may correct.
struct ModelParameter {
  std::string name;                  // "conductivity muscle across", "grid1 shift along limb"
  std::string unit;                  // of the numbers below: "S/m", "m", "rad"
  double value = 0;                  // that the potentials are those of
  double smallest = 0, largest = 0;  // where the model holds
  double uncertainty = 0;            // standard deviation of the true value around the assumed one before any recording
};

// In S/m: published values of a tissue scatter by about 30 % and agree within a factor of three.
ModelParameter conductivity_parameter(const std::string& name, double value);

// Transfer from a current anywhere in the limb to the electrodes: V_e = sum_k potential(e, k) I_k for currents I_k [A]
// at points x_k that sum to zero. Implementations: the finite-element store, the analytic cylinder, plugins.
class LeadField {
public:
  virtual ~LeadField() = default;

  // Declares and reads its own subsection; a model that needs no parameters leaves these alone.
  virtual void declare_parameters(Parameters&) const {}
  // Files that are named by default lie in `folder`, that of the study's results.
  virtual void parse_parameters(const Parameters&, const std::string& /*folder*/) {}
  // For models that do not carry electrodes themselves; called before potential(). Stores check that names agree.
  virtual void set_electrodes(const ElectrodeArray& electrodes) = 0;

  virtual const ElectrodeArray& electrodes() const = 0;
  // [n_electrodes x n_points], V/A, against the named reference. `points` [3 x n_points] in m. Throws InputError when a
  // point is outside the conductor (which, how far).
  virtual Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const = 0;
  // How wide the error of the model's own is along a fibre through these points: widths over which potentials along it
  // are smoothed before use (line_filter.h) [n_points, m]; 0: exact there.
  virtual Eigen::VectorXd smoothing_widths(const Eigen::Matrix3Xd& points) const {
    return Eigen::VectorXd::Zero(points.cols());
  }
  // Both at once. Models with tissues throw InputError for a point outside its own (which, what is there, how far);
  // models that know no labels leave them alone.
  virtual FieldSamples sample(const FieldPoints& points) const {
    return {potential(points.places), smoothing_widths(points.places)};
  }

  // What potentials can be differentiated by; none: tangent(), adjoint() and at() throw InputError. A model that has
  // parameters implements at(); it inherits derivatives by differences (difference_tangent.h), which cost four other
  // models for each parameter, and overrides them where it knows better. Smoothing widths count as constants.
  virtual std::vector<ModelParameter> model_parameters() const { return {}; }
  // d potential / d parameter [n_electrodes x n_points], V/A over the parameter's unit. Throws as potential(), and
  // NumericalError when it was not found to 1e-4 of its largest entry.
  virtual Eigen::MatrixXd tangent(const Eigen::Matrix3Xd& points, std::size_t parameter) const;
  // [n_parameters] from `gradient` = dJ / d potential [n_electrodes x n_points] of a scalar J: sum of gradient *
  // tangent.
  virtual Eigen::VectorXd adjoint(const Eigen::Matrix3Xd& points, const Eigen::MatrixXd& gradient) const;
  // The same model with other values [n_parameters] of its parameters: for finite elements new solutions, so it may
  // take as long as a lead field. It may outlive this one. Throws InputError for values that are no conductor or put
  // electrodes off the skin.
  virtual std::unique_ptr<LeadField> at(const Eigen::VectorXd& values) const;

  virtual std::string hash() const = 0;  // of everything that the values depend on
  virtual std::string citation() const = 0;
};

// The values of its parameters [n_parameters].
Eigen::VectorXd parameter_values(const LeadField& lead_field);

// Models by name, empty at first: "finite elements" and "layered cylinder" are added by the solvers'
// register_lead_fields(), since this room does not see theirs.
Registry<LeadField>& lead_fields();

}  // namespace bmiss
