// The interface between everything that computes a volume conductor and everything that uses one.
#pragma once

#include <Eigen/Core>
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
  virtual std::string hash() const = 0;  // of everything that the values depend on
  virtual std::string citation() const = 0;
};

// Models by name, empty at first: "finite elements" and "layered cylinder" are added by the solvers'
// register_lead_fields(), since this room does not see theirs.
Registry<LeadField>& lead_fields();

}  // namespace bmiss
