// Signals of one straight fibre in a layered cylinder, as the benchmarks of single-fibre action potentials judge them.
#pragma once

#include <Eigen/Core>

#include "benchmarks/cylinder_case.h"

namespace bmiss::bench {

// [n_electrodes x n_times, V], with the field smoothed along the fibre, twice as widely, or as it is.
struct FibreSignals {
  Eigen::MatrixXd smooth, smoother, plain;
};

// Of the case's fibre at `depth` [m] under the skin and the angle `theta`.
FibreSignals signals_of_fibre(const LeadField& field, const CylinderCase& cylinder, double depth, double theta);

double peak_to_peak(const Eigen::VectorXd& signal);

// The finite-element lead field of the case, with its solver's default settings; written to `path`.
struct ComputedField {
  std::unique_ptr<LeadField> field;
  std::size_t n_unknowns = 0;
  double seconds = 0, largest_estimate = 0;  // of the error in the muscle, relative
};
ComputedField compute(const CylinderCase& cylinder, const MeshLaw& law, const std::string& path);

}  // namespace bmiss::bench
