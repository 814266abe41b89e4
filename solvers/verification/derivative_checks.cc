#include "solvers/verification/derivative_checks.h"

#include <cmath>
#include <random>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/table.h"
#include "forward/taylor_rate.h"
#include "solvers/lead_field/finite_element_model.h"
#include "solvers/verification/check_case.h"
#include "solvers/verification/cylinder_mesh.h"

namespace bmiss {
namespace {

constexpr double smallest_rate = 1.9, largest_adjoint_difference = 1e-7;
constexpr double largest_step = 0.25;  // of a parameter's uncertainty
constexpr Eigen::Index n_places = 6;

// Centroids of tetrahedra in the muscles (anywhere when there are none), the same in every run and on every rank.
Eigen::Matrix3Xd places_in(const LeadFieldProblem& problem, MPI_Comm communicator) {
  Eigen::Matrix3Xd places(3, n_places);
  on_rank_zero(communicator, [&] {
    std::vector<std::size_t> inside;
    for (std::size_t t = 0; t < problem.mesh.n_tets(); ++t)
      if (problem.tissues.by_label(problem.mesh.tet_labels[t]).kind == TissueKind::muscle) inside.push_back(t);
    std::mt19937_64 random(20261123);
    for (Eigen::Index i = 0; i < n_places; ++i)
      places.col(i) =
          problem.mesh.centroid(inside.empty() ? random() % problem.mesh.n_tets() : inside[random() % inside.size()]);
  });
  MPI_Bcast(places.data(), static_cast<int>(places.size()), MPI_DOUBLE, 0, communicator);
  return places;
}

Eigen::VectorXd as_vector(const Eigen::MatrixXd& m) {
  return Eigen::Map<const Eigen::VectorXd>(m.data(), m.size());
}

// Along a direction in the space of parameters.
TaylorRate rate_along(const LeadField& model, const Eigen::Matrix3Xd& points, const Eigen::VectorXd& direction,
                      const Eigen::MatrixXd& tangent) {
  const Eigen::VectorXd values = parameter_values(model);
  return taylor_rate([&](double step) { return as_vector(model.at(values + step * direction)->potential(points)); },
                     as_vector(tangent), largest_step);
}

std::string remainders_text(const TaylorRate& rate) {
  return "remainder " + format("%.1e", rate.remainders.front()) + " to " + format("%.1e V/A", rate.remainders.back());
}

Verdict judged_rate(const std::string& what, const std::string& name, const TaylorRate& rate) {
  return judged_order("Taylor rate, " + what, name, rate.rate, smallest_rate, remainders_text(rate));
}

Verdict judged_adjoint(const LeadField& model, const Eigen::Matrix3Xd& points,
                       const std::vector<Eigen::MatrixXd>& tangents, const std::string& name) {
  const Eigen::MatrixXd& first = tangents.front();
  Eigen::MatrixXd gradient(first.rows(), first.cols());
  for (Eigen::Index i = 0; i < gradient.size(); ++i) gradient.data()[i] = std::cos(static_cast<double>(3 * i + 1));
  const Eigen::VectorXd adjoint = model.adjoint(points, gradient);
  double worst = 0;
  for (std::size_t p = 0; p < tangents.size(); ++p) {
    const double expected = gradient.cwiseProduct(tangents[p]).sum();
    const double difference =
        std::abs(adjoint[static_cast<Eigen::Index>(p)] - expected) / (gradient.norm() * tangents[p].norm());
    worst = std::isfinite(difference) ? std::max(worst, difference) : std::nan("");
  }
  return judged("adjoint against tangents", name, worst, largest_adjoint_difference,
                std::to_string(tangents.size()) + " parameters");
}

// Four electrodes on a coarse cylinder of four layers.
LeadFieldProblem coarse_cylinder(MPI_Comm communicator) {
  constexpr double radius = 0.04, middle = 0.06, spacing = 10e-3;
  LeadFieldProblem problem;
  const auto on_skin = [&](const std::string& name, double theta, double z) {
    Electrode electrode;
    electrode.name = name;
    electrode.group = "grid";
    electrode.normal = {std::cos(theta), std::sin(theta), 0};
    electrode.position = radius * electrode.normal + Eigen::Vector3d(0, 0, z);
    electrode.along = Eigen::Vector3d::UnitZ();
    electrode.radius = 3e-3;
    return electrode;
  };
  for (const double row : {-0.5, 0.5})
    for (const double column : {-0.5, 0.5})
      problem.electrodes.electrodes.push_back(on_skin("E" + std::to_string(problem.electrodes.electrodes.size() + 1),
                                                      column * spacing / radius, middle + row * spacing));
  problem.electrodes.reference = on_skin("R", 3.0, middle);
  problem.tissues = TissueTable({{1, "bone", TissueKind::bone, 0.02, 0.02},
                                 {2, "muscle", TissueKind::muscle, 0.1, 0.5},
                                 {3, "fat", TissueKind::fat, 0.04, 0.04},
                                 {4, "skin", TissueKind::skin, 1.0, 1.0}});
  on_rank_zero(communicator, [&] {
    CylinderMeshOptions options;
    options.radii = {0.010, 0.035, 0.038, radius};
    options.length = 0.12;
    options.finest = 3e-3;
    options.coarsest = 9e-3;
    options.growth = 0.35;
    options.foci = {{0, middle}};
    problem.mesh = make_layered_cylinder_mesh(options);
    problem.directions = axial_directions(problem.mesh);
  });
  return problem;
}

std::vector<Verdict> check_own_mesh(std::shared_ptr<const LeadFieldProblem> problem, const SolverOptions& options,
                                    MPI_Comm communicator) {
  const std::string name = "this mesh";
  const FiniteElementModel model(problem, {options, "", 1}, communicator);
  const Eigen::Matrix3Xd points = places_in(*problem, communicator);
  const auto parameters = model.model_parameters();
  std::vector<Eigen::MatrixXd> tangents;
  for (std::size_t p = 0; p < parameters.size(); ++p) tangents.push_back(model.tangent(points, p));
  std::vector<Verdict> verdicts;
  for (const std::string unit : {"S/m", "m"}) {
    Eigen::VectorXd direction = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(parameters.size()));
    Eigen::MatrixXd tangent = Eigen::MatrixXd::Zero(tangents.front().rows(), tangents.front().cols());
    int n = 0;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      if ((parameters[p].unit == "S/m") != (unit == "S/m")) continue;
      // In turn up and down: all up is a change of scale.
      const double there = (n++ % 2 == 0 ? 1 : -1) * parameters[p].uncertainty;
      direction[static_cast<Eigen::Index>(p)] = there;
      tangent += there * tangents[p];
    }
    if (n > 0)
      verdicts.push_back(judged_rate(std::to_string(n) + (unit == "S/m" ? " conductivities" : " motions of grids"),
                                     name, rate_along(model, points, direction, tangent)));
  }
  verdicts.push_back(judged_adjoint(model, points, tangents, name));
  return verdicts;
}

}  // namespace

std::vector<Verdict> check_each_derivative(const LeadField& model, const Eigen::Matrix3Xd& points,
                                           const std::string& name) {
  const auto parameters = model.model_parameters();
  std::vector<Verdict> verdicts;
  std::vector<Eigen::MatrixXd> tangents;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    tangents.push_back(model.tangent(points, p));
    Eigen::VectorXd direction = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(parameters.size()));
    direction[static_cast<Eigen::Index>(p)] = parameters[p].uncertainty;
    verdicts.push_back(judged_rate(parameters[p].name, name,
                                   rate_along(model, points, direction, parameters[p].uncertainty * tangents[p])));
  }
  verdicts.push_back(judged_adjoint(model, points, tangents, name));
  return verdicts;
}

std::vector<Verdict> check_derivatives(const LeadFieldProblem& problem, const SolverOptions& options,
                                       std::size_t n_electrodes, std::size_t most_unknowns, MPI_Comm communicator) {
  const auto cylinder = std::make_shared<const LeadFieldProblem>(coarse_cylinder(communicator));
  const FiniteElementModel model(cylinder, {options, "", 1}, communicator);
  std::vector<Verdict> verdicts = check_each_derivative(
      model, places_in(*cylinder, communicator), "cylinder of " + std::to_string(model.n_unknowns()) + " unknowns");
  const auto own = std::make_shared<LeadFieldProblem>(problem);
  own->electrodes.electrodes = some_electrodes(problem.electrodes.electrodes, n_electrodes);
  unsigned long n_unknowns = 0;
  on_rank_zero(communicator, [&] { n_unknowns = number_nodes(problem.mesh, options.degree).n_nodes(); });
  MPI_Bcast(&n_unknowns, 1, MPI_UNSIGNED_LONG, 0, communicator);
  if (n_unknowns > most_unknowns) {
    verdicts.push_back(not_checked("derivatives on this mesh", std::to_string(n_unknowns) +
                                                                   " unknowns are more than the " +
                                                                   std::to_string(most_unknowns) + " for this check"));
    return verdicts;
  }
  try {
    const auto more = check_own_mesh(own, options, communicator);
    verdicts.insert(verdicts.end(), more.begin(), more.end());
  } catch (const InputError& error) {  // the same on every rank
    verdicts.push_back(not_checked("derivatives on this mesh", error.what()));
  }
  return verdicts;
}

}  // namespace bmiss
