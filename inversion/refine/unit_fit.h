// The unit whose modelled action potential fits an estimated one.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "inversion/refine/muap_model.h"

namespace bmiss {

// An action potential estimated from a recording, in the rows and columns of a model.
struct MuapEstimate {
  Eigen::MatrixXf waveform;   // [n_rows x n_columns]
  Eigen::MatrixXf precision;  // inverse variance of each entry, their errors taken as independent; [1 x 1]: of all. For
                              // white noise it is the number of spikes averaged, up to overlaps, over its variance.
  // A linear map that makes the errors independent where they are not (NoiseWhitener::whiten): the precision then
  // belongs to its results. Empty: they are. It keeps the number of columns and acts alike on all of them; what enters
  // one column reaches `whitening_reach` others on both sides.
  std::function<Eigen::MatrixXf(const Eigen::MatrixXf&)> whitening;
  Eigen::Index whitening_reach = 0;
};

// What is known about a unit before its action potential is; deviations: infinite where nothing is, zero where the
// parameter is fixed.
struct UnitPrior {
  UnitVector mean = UnitVector::Zero();
  UnitVector deviation = UnitVector::Constant(std::numeric_limits<double>::infinity());
};
// Velocity 4 ± 0.7 m/s, junction scatter 3 ± 1 mm, delay 0 ± 1 ms, radius 3 ± 2 mm, ends where the paths end: fixed.
UnitPrior usual_prior(const MuapModel& model, int muscle);

struct UnitFitOptions {
  int most_iterations = 60;  // for each start
  int starts = 2;            // of the given ones, at most: those that fit best before anything is fitted but size
  // A fit has converged when a further step would lower the misfit by less than this share of it, or by less than a
  // hundredth [chi squared].
  double tolerance = 1e-5;
  // How well a right unit explains its action potential, as a share of its norm: discretisation of the field and the
  // few fibres that a unit really has. Such an error is no noise: it acts like noise of the same energy in only
  // `discrepancy_dimensions` directions. Measured on finite-element data of a finer
  // mesh, inverted with a coarser one (400 units, 65 and 128 channels, 5 to 20 mm deep): 0.9 to 3 % of the norm for 80
  // % of the units, at most 5 %; errors of position, zone and size as 3 to 20 dimensions make them. What all units
  // share, as a shift of all electrodes, is not in it: there the position towards the electrodes was off by 0.3 mm
  // where 0.15 were expected (0.5 dimensions).
  double discrepancy = 0.02;
  double discrepancy_dimensions = 6;
  // What a fit leaves beyond noise lies in about so many directions (intervals of 90 % then cover about 90 % of units
  // simulated with a finer mesh).
  double excess_dimensions = 25;
};

struct UnitFit {
  UnitParameters unit;
  UnitMatrix covariance =
      UnitMatrix::Zero();  // of the parameters, from the Gauss-Newton Hessian (Laplace), discrepancy included; 0: fixed
  double misfit = 0;       // sum of precision times squared (whitened) difference
  double explained = 0;    // 1 - misfit / misfit of zero
  double share_of_norm = 0;  // |difference| / |estimate|, without precision
  // Expected error of the modelled action potential, in the units of the misfit: what the parameters' errors and the
  // discrepancy make. That of the estimate itself is the number of its entries.
  double expected_error = 0;
  bool converged = false;               // of the best start; else the values are those where it stopped
  std::string reason;                   // why it stopped
  int n_values = 0, n_derivatives = 0;  // evaluations of the model, all starts
};

// What a fit leaves beyond noise [chi squared]: `misfit` of an estimate less what noise seldom makes.
double excess_misfit(double misfit, const MuapEstimate& estimate);

// Minimises misfit / 2 + (deviations from the prior)^2 / 2 within the model's bounds by TAO's bounded Newton trust
// region method with the Gauss-Newton Hessian. Sizes of the starts do not matter. Throws NumericalError when no start
// gives a finite misfit. Needs PETSc (MpiSession), one thread.
UnitFit fit_unit(const MuapModel& model, const MuapEstimate& estimate, const std::vector<UnitParameters>& starts,
                 const UnitPrior& prior, const UnitFitOptions& options = {});

// Size that fits best, in the least-squares sense, for the unit's other parameters, written to it; false when it would
// have to be negative.
bool fit_size(const MuapModel& model, const MuapEstimate& estimate, UnitParameters& unit);

}  // namespace bmiss
