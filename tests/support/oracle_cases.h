// Exact values of the layered-cylinder oracle, from a file outside the project.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "solvers/analytic/layered_cylinder.h"
#include "support/test_files.h"

namespace bmiss::test {

struct OracleCase {
  std::string id;
  std::vector<CylinderLayer> layers;
  double length = 0;                    // [m]; 0: infinite
  std::vector<CylinderSource> sources;  // of potential cases
  std::vector<CylinderPoint> points;
  double disc_radius = 0;               // of the electrodes, when the sources stand for electrodes on the skin
  bool relative_to_last_point = false;  // value_i = phi(point_i) - phi(last point)
  Eigen::VectorXd values;
  // Single-fibre action potentials.
  double fibre_radius_from_axis = 0, electrode_z = 0, junction_z = 0, length_down = 0, length_up = 0, velocity = 0;
  double fibre_radius = 0, intracellular_conductivity = 0;
  Eigen::VectorXd times;
};

std::vector<OracleCase> read_oracle_cases(const std::string& path);
OracleCase oracle_case(const std::string& id);  // from shared_path("oracle/cases.json")

}  // namespace bmiss::test
