// Magnitude and phase of complex lead fields, for the log.
#pragma once

#include <mpi.h>

#include <Eigen/Core>
#include <string>
#include <vector>

namespace bmiss {

class Report;

class PhaseSummary {
public:
  // This rank's slices of one row, V/A. Collective.
  void add(const std::string& row, const Eigen::VectorXd& real, const Eigen::VectorXd& imaginary,
           MPI_Comm communicator);
  // Magnitude (root of the mean square over the nodes), phase (half that of sum w^2, in degrees: negative lags
  // behind the current) and its spread. Silent when no row is complex.
  void tell(Report& report) const;

private:
  struct Row {
    std::string name;
    double magnitude = 0, phase = 0, deviation = 0;  // V/A; rad; rad, weighted by |w|^2
  };
  std::vector<Row> rows_;
};

}  // namespace bmiss
