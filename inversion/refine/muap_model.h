// Motor unit action potentials as a differentiable function of where and how a unit is.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <string>
#include <vector>

#include "anatomy/fibres.h"
#include "forward/lead_field.h"
#include "inversion/refine/muscle_section.h"
#include "inversion/refine/propagation.h"
#include "inversion/refine/unit_parameters.h"

namespace bmiss {

class Report;

struct MuapModelOptions {
  double rate = 2048;             // [Hz]
  int first_lag = 0;              // of the waveforms against the spike [samples]
  int n_lags = 96;                // samples of the waveforms, before any operator
  double grid_step = 1e-3;        // along the fibres [m]
  double reach = 40e-3;           // paths come at least this near to an electrode [m]
  double end_scatter = 3e-3;      // fibres end evenly up to this far before the ends of their path [m]
  double velocity_scatter = 0.1;  // standard deviation within a unit [m/s]
  double memory = 1e9;            // for the fields along the paths [bytes]; paths are thinned to keep it
  // Applied to all waveforms, once: rows = channel_operator * electrodes (a spatial basis, whitening; empty: the
  // electrodes themselves), columns = lags * lag_operator (a filter; empty: the lags themselves).
  Eigen::MatrixXd channel_operator;  // [n_rows x n_electrodes]
  Eigen::MatrixXd lag_operator;      // [n_lags x n_columns]
};

// An action potential and its derivatives: column j of `jacobian` is d muap / d parameter j, as the column-major
// [n_rows x n_columns] of the value.
struct LinearMuap {
  Eigen::MatrixXf value;     // [n_rows x n_columns], V when there are no operators
  Eigen::MatrixXf jacobian;  // [n_rows n_columns x n_unit_parameters]
};

// dJ/d potential(e, x) at the points of the lead field that a unit uses, for a scalar J of its action potential.
struct PotentialGradient {
  Eigen::Matrix3Xd points;   // [m]
  Eigen::MatrixXd gradient;  // [n_electrodes x n_points], J per V/A
};

// Where a unit's territory lies, in the limb's coordinates.
struct TerritoryPlace {
  Eigen::Vector3d centre;  // of its fibres, in the section at mid-grid: not that of a disc clipped by the muscle [m]
  Eigen::Vector3d zone;    // of the innervation zone [m]
  double zone_along = 0;   // of the zone along the line of action, from mid-grid [m]
  double proximal = 0, distal = 0;  // half-lengths that fibres really have: not beyond the ends of their paths [m]
  double inside = 0;                // part of the territory's disc that lies in the muscle
};

// muap = exp(log size) * curvature * waves: the curvature along the fibres of the lead field, averaged over the
// territory's paths (muscle_section.h, path_curvature.h), times the waves from the zone (propagation.h). The field is
// sampled once, smoothed along the fibres as it asks (forward/line_filter.h); everything after that is a few products
// of small matrices in single precision, and each parameter has its exact derivative. It is synthesise_muaps() for
// very many fibres in the territory whose junctions, velocities and ends scatter as the options say, in the middle of
// its means: the tests show the difference.
class MuapModel {
public:
  // Muscles in the order given; `action_potential` must outlive the model. Throws InputError: a muscle that the atlas
  // lacks (listing those it has), one with fewer than 3 paths in reach of the electrodes, sizes of operators that do
  // not fit, a grid step or scatter out of range.
  MuapModel(const FibreAtlas& atlas, const std::vector<std::string>& muscles, const LeadField& lead_field,
            const ActionPotential& action_potential, const MuapModelOptions& options, Report& report);
  ~MuapModel();
  MuapModel(MuapModel&&) noexcept;
  MuapModel& operator=(MuapModel&&) noexcept;

  Eigen::MatrixXf value(const UnitParameters& unit) const;
  LinearMuap linearise(const UnitParameters& unit) const;
  // dJ/d parameters for dJ/d muap [n_rows x n_columns].
  UnitVector gradient(const UnitParameters& unit, const Eigen::MatrixXf& by_muap) const;
  // dJ/d potential for the same; sums over units may be added up by the caller. It takes about 50 ms.
  PotentialGradient potential_gradient(const UnitParameters& unit, const Eigen::MatrixXf& by_muap) const;

  // Mean curvature over a territory [n_rows x grid size] and the waves [grid size x n_columns], operators applied;
  // a value is exp(log size) times their product. For many units that share one of them.
  Eigen::MatrixXf curvature(const UnitParameters& unit) const;
  Eigen::MatrixXf waves(const UnitParameters& unit) const;

  // Adds `factor` times the other model's field to this one's: with one made from a TangentField (same paths, same
  // options) and the change of its parameter, the model of the changed field, to first order.
  void add_scaled(const MuapModel& other, double factor);

  Eigen::Index n_rows() const;
  Eigen::Index n_columns() const;
  const MuapModelOptions& options() const { return options_; }
  const std::vector<std::string>& muscles() const { return names_; }
  const MuscleSection& section(int muscle) const;
  // Hard limits within which units of this muscle make sense: the box around its paths, radii to a third of its size
  // or 12 mm, the zone on the paths, velocities 2 to 7 m/s.
  const UnitBounds& bounds(int muscle) const;
  // A unit in the middle of the muscle, its zone in the middle of what of the fibres was imaged: 3 mm, 4 m/s, fibres as
  // long as the paths, scatter 3 mm, size 1 S m.
  UnitParameters typical_unit(int muscle) const;
  // Coordinates across the muscle of a place near it.
  Eigen::Vector2d across(int muscle, const Eigen::Vector3d& place) const;
  TerritoryPlace place(const UnitParameters& unit) const;

private:
  struct Muscle;
  const Muscle& muscle_of(const UnitParameters& unit) const;
  Eigen::MatrixXf with_lag_operator(Eigen::MatrixXf lags) const;  // [rows x n_lags] -> [rows x n_columns]

  MuapModelOptions options_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<Muscle>> muscles_;
  Eigen::Index n_rows_ = 0;
  Eigen::MatrixXf lag_operator_;
};

}  // namespace bmiss
