// The oracle's cases of the finite layered cylinder, solved by the finite-element engine: for tests and for the
// benchmark.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>
#include <string>

#include "base/hdf5_file.h"
#include "base/report.h"
#include "solvers/lead_field/store.h"
#include "support/layered_cylinder_problem.h"
#include "support/oracle_cases.h"
#include "support/test_files.h"

namespace bmiss::test {

// Worst difference to the case's values (potential minus that of the last point), relative to the largest of them.
inline double error_of_case(const OracleCase& entry, const Eigen::VectorXd& potentials) {
  const Eigen::VectorXd relative = potentials.array() - potentials[potentials.size() - 1];
  return (relative.head(entry.values.size()) - entry.values).cwiseAbs().maxCoeff() / entry.values.cwiseAbs().maxCoeff();
}

inline Eigen::Vector3d place_of(const CylinderPoint& point) {
  return on_cylinder(point.rho, point.theta, point.z);
}

struct MeshSizes {
  double finest, coarsest, growth;  // [m], [m], 1
};

struct CaseOutcome {
  double error = 0;  // relative to the case's maximum
  LeadFieldChecks checks;
  std::size_t unknowns = 0;
  std::string log;
};

inline CaseOutcome solve_problem(const LeadFieldProblem& problem, const SolverOptions& options,
                                 const std::function<double(const LeadField&)>& error) {
  const ScratchFolder folder;
  std::ostringstream log;
  Report report(log, 0);
  CaseOutcome outcome;
  outcome.checks = compute_lead_field(problem, options, folder / "lead_field.h5", MPI_COMM_SELF, report);
  outcome.error = error(*open_lead_field(folder / "lead_field.h5"));
  outcome.unknowns = Hdf5File(folder / "lead_field.h5", Hdf5File::Mode::read).shape("/mesh/points")[0];
  outcome.log = log.str();
  return outcome;
}

// An oracle case as a question to any lead field: these electrodes, and what to compute from their fields.
struct CaseSetup {
  ElectrodeArray electrodes;
  std::vector<CylinderFocus> foci;                              // where a mesh should be fine
  std::function<Eigen::VectorXd(const LeadField&)> potentials;  // of the case's points
};

// "lead-…": current through two opposite electrodes, potential inside. One electrode and the reference.
inline CaseSetup lead_case(const OracleCase& entry) {
  const CylinderPoint in = entry.sources[0].place, out = entry.sources[1].place;
  Eigen::Matrix3Xd points(3, static_cast<Eigen::Index>(entry.points.size()));
  for (std::size_t i = 0; i < entry.points.size(); ++i)
    points.col(static_cast<Eigen::Index>(i)) = place_of(entry.points[i]);
  CaseSetup setup;
  setup.electrodes.electrodes = {skin_electrode("E1", in.theta, in.z, entry.disc_radius)};
  setup.electrodes.reference = skin_electrode("R", out.theta, out.z, entry.disc_radius);
  setup.foci = {{in.theta, in.z}, {out.theta, out.z}};
  setup.potentials = [points](const LeadField& lead_field) -> Eigen::VectorXd {
    return lead_field.potential(points).row(0);
  };
  return setup;
}

// "fin-…": sources inside, potential at skin points. Each skin point is an electrode, the last one the reference.
inline CaseSetup dipole_case(const OracleCase& entry) {
  CaseSetup setup;
  auto& electrodes = setup.electrodes.electrodes;
  for (const auto& place : entry.points)
    electrodes.push_back(skin_electrode("E" + std::to_string(electrodes.size() + 1), place.theta, place.z, 0));
  setup.electrodes.reference = electrodes.back();
  electrodes.pop_back();
  Eigen::Matrix3Xd places(3, static_cast<Eigen::Index>(entry.sources.size()));
  Eigen::VectorXd currents(places.cols());
  for (Eigen::Index s = 0; s < places.cols(); ++s) {
    const CylinderSource& source = entry.sources[static_cast<std::size_t>(s)];
    setup.foci.push_back({source.place.theta, source.place.z});
    places.col(s) = place_of(source.place);
    currents[s] = source.current;
  }
  setup.potentials = [places, currents](const LeadField& lead_field) -> Eigen::VectorXd {
    const Eigen::VectorXd at_electrodes = lead_field.potential(places) * currents;
    Eigen::VectorXd potentials(at_electrodes.size() + 1);
    potentials << at_electrodes, 0.0;  // the reference comes last
    return potentials;
  };
  return setup;
}

inline CaseSetup case_setup(const OracleCase& entry) {
  return entry.id.rfind("lead", 0) == 0 ? lead_case(entry) : dipole_case(entry);
}

inline CaseOutcome solve_case(const OracleCase& entry, const MeshSizes& sizes, const SolverOptions& options) {
  const CaseSetup setup = case_setup(entry);
  const auto problem = cylinder_problem(reference_cylinder(sizes.finest, sizes.coarsest, sizes.growth, setup.foci),
                                        setup.electrodes.electrodes, setup.electrodes.reference);
  return solve_problem(problem, options,
                       [&](const LeadField& lead_field) { return error_of_case(entry, setup.potentials(lead_field)); });
}

}  // namespace bmiss::test
