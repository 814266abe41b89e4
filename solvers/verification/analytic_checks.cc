#include "solvers/verification/analytic_checks.h"

#include <cmath>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "solvers/analytic/cylinder_lead_field.h"
#include "solvers/conductor/share_functionals.h"
#include "solvers/lead_field/point_locator.h"
#include "solvers/verification/check_case.h"
#include "solvers/verification/cylinder_mesh.h"

namespace bmiss {
namespace {

// Twice to three times what quadratic tetrahedra reach on these meshes; linear ones miss them.
constexpr double largest_rdm = 0.02, largest_mag_error = 0.02, largest_decay_error = 0.01;
constexpr double first_zero = 1.8411837813406593;  // of J_1' (DLMF 10.21)

Electrode on_skin(const std::string& name, double radius, double theta, double z) {
  Electrode electrode;
  electrode.name = name;
  electrode.normal = {std::cos(theta), std::sin(theta), 0};
  electrode.position = radius * electrode.normal + Eigen::Vector3d(0, 0, z);
  electrode.along = Eigen::Vector3d::UnitZ();
  electrode.radius = 4e-3;
  return electrode;
}

// The potential at points of the mesh, on every rank.
std::vector<NodalFunctional> functionals_at(const CheckCase& check_case, const Eigen::Matrix3Xd& points,
                                            MPI_Comm comm) {
  std::vector<NodalFunctional> result;
  on_rank_zero(comm, [&] {
    const PointLocator locator(check_case.mesh.points, check_case.mesh.tets);
    for (Eigen::Index k = 0; k < points.cols(); ++k) {
      const PointLocation found = locator.find(points.col(k), 0.5e-3);  // chords of the skin lie inside the circle
      BMISS_ASSERT(found.tet >= 0);
      result.push_back(point_functional(check_case.nodes, static_cast<std::size_t>(found.tet), found.barycentric));
    }
  });
  share_functionals(result, comm);
  return result;
}

// [n_electrodes x n_points]
Eigen::MatrixXd fields_at(const CheckFields& fields, const std::vector<NodalFunctional>& points) {
  Eigen::MatrixXd result(fields.real.cols(), static_cast<Eigen::Index>(points.size()));
  for (Eigen::Index e = 0; e < result.rows(); ++e)
    result.row(e) = fields.solver->evaluate(points, fields.real.col(e)).transpose();
  return result;
}

}  // namespace

TissueTable reference_layers() {
  return TissueTable({{1, "bone", TissueKind::bone, 0.02, 0.02},
                      {2, "muscle", TissueKind::muscle, 0.1, 0.5},
                      {3, "fat", TissueKind::fat, 0.04, 0.04},
                      {4, "skin", TissueKind::skin, 1.0, 1.0}});
}

Tissue reference_muscle() {
  return {1, "muscle", TissueKind::muscle, 0.1, 0.5};
}

std::vector<Verdict> check_against_cylinder(const SolverOptions& options, const TissueTable& tissues, MPI_Comm comm) {
  constexpr double length = 0.12, skin = 0.04;
  const std::vector<double> radii = {0.010, 0.035, 0.038, skin};
  LeadFieldProblem problem;
  for (const auto& [theta, z] : {std::pair{0.0, 0.044}, {0.0, 0.060}, {0.0, 0.076}, {0.5, 0.060}, {-0.5, 0.060}})
    problem.electrodes.electrodes.push_back(
        on_skin("E" + std::to_string(problem.electrodes.electrodes.size() + 1), skin, theta, z));
  problem.electrodes.reference = on_skin("R", skin, M_PI, 0.060);
  on_rank_zero(comm, [&] {
    CylinderMeshOptions mesh;
    mesh.radii = radii;
    mesh.length = length;
    mesh.finest = 3e-3;
    mesh.coarsest = 8e-3;
    mesh.growth = 0.3;
    mesh.foci = {{0, 0.044}, {0, 0.060}, {0, 0.076}, {0.5, 0.060}, {-0.5, 0.060}, {M_PI, 0.060}};
    problem.mesh = make_layered_cylinder_mesh(mesh);
    problem.directions = axial_directions(problem.mesh);
    problem.tissues = tissues;
  });
  const CheckCase check_case =
      make_check_case(problem, "layered cylinder", options.degree, problem.electrodes.electrodes.size(), comm);
  const CheckFields fields = solve_case(check_case, options, comm);

  const std::vector<double> depths = {8e-3, 15e-3, 25e-3};
  Eigen::Matrix3Xd ends(3, static_cast<Eigen::Index>(2 * depths.size()));  // of the dipoles, 8 mm apart
  for (std::size_t d = 0; d < depths.size(); ++d)
    for (const int side : {0, 1})
      ends.col(static_cast<Eigen::Index>(2 * d) + side) << (skin - depths[d]) * std::cos(0.15),
          (skin - depths[d]) * std::sin(0.15), 0.053 + 8e-3 * side;
  const Eigen::MatrixXd computed = fields_at(fields, functionals_at(check_case, ends, comm));
  std::vector<CylinderLayer> layers;
  const TissueTable exact_tissues = reference_layers();
  for (const Tissue& tissue : exact_tissues.tissues())
    layers.push_back({radii[layers.size()], tissue.conductivity_across, tissue.conductivity_along});
  CylinderLeadField cylinder(LayeredCylinder(layers), length);
  cylinder.set_electrodes(problem.electrodes);
  const Eigen::MatrixXd exact = cylinder.potential(ends);
  double rdm = 0, mag = 0;
  for (Eigen::Index d = 0; d < static_cast<Eigen::Index>(depths.size()); ++d) {
    const Eigen::VectorXd a = exact.col(2 * d + 1) - exact.col(2 * d),
                          b = computed.col(2 * d + 1) - computed.col(2 * d);
    rdm = std::max(rdm, (b.normalized() - a.normalized()).norm());
    mag = std::max(mag, std::abs(b.norm() / a.norm() - 1));
  }
  const std::string on = "layered cylinder, " + std::to_string(check_case.n_nodes) + " unknowns";
  return {judged("RDM*", on, rdm, largest_rdm, "dipoles along fibres 8, 15 and 25 mm deep; Meijs et al. 1989"),
          judged("|MAG - 1|", on, mag, largest_mag_error, "of the same")};
}

Verdict check_decay(const SolverOptions& options, const Tissue& muscle, const Tissue& exact, MPI_Comm comm) {
  constexpr double radius = 0.02, length = 0.24, source = 0.04, near = 0.11, far = 0.17;  // [m]; the last three along z
  LeadFieldProblem problem;
  problem.electrodes.electrodes = {on_skin("E1", radius, 0, source)};
  problem.electrodes.reference = on_skin("R", radius, M_PI, source);
  on_rank_zero(comm, [&] {
    CylinderMeshOptions mesh;
    mesh.radii = {radius};
    mesh.length = length;
    mesh.finest = mesh.coarsest = 5e-3;
    mesh.foci = {{0, source}, {M_PI, source}};
    problem.mesh = make_layered_cylinder_mesh(mesh);
    problem.directions = axial_directions(problem.mesh);
    problem.tissues = TissueTable({muscle});
  });
  const CheckCase check_case = make_check_case(problem, "cylinder", options.degree, 1, comm);
  const CheckFields fields = solve_case(check_case, options, comm);
  // At 30 degrees from the electrode, where the modes cos(3 theta) vanish, and just under the skin.
  Eigen::Matrix3Xd points(3, 2);
  for (const auto& [column, z] : {std::pair{0, near}, {1, far}})
    points.col(column) << 0.95 * radius * std::cos(M_PI / 6), 0.95 * radius * std::sin(M_PI / 6), z;
  // The mean of the field between opposite electrodes is that of the plane between them, which is zero.
  const Eigen::MatrixXd at_points = fields_at(fields, functionals_at(check_case, points, comm));
  const Eigen::VectorXd there =
      fields_at(fields,
                functionals_at(check_case, (points.array().colwise() * Eigen::Array3d(-1, 1, 1)).matrix(), comm))
          .row(0)
          .transpose();
  const double ratio = (at_points(0, 0) - there[0]) / (at_points(0, 1) - there[1]);
  // The insulated end reflects the mode: u ~ cosh(k (L - z)).
  const auto mode_ratio = [&](double k) { return std::cosh(k * (length - near)) / std::cosh(k * (length - far)); };
  double low = 0, high = 1e3;
  for (int step = 0; step < 100; ++step) (mode_ratio((low + high) / 2) < ratio ? low : high) = (low + high) / 2;
  const double expected = first_zero / radius * std::sqrt(exact.conductivity_across / exact.conductivity_along);
  const double found = (low + high) / 2;
  return judged("far-field decay", "cylinder, " + std::to_string(check_case.n_nodes) + " unknowns",
                std::abs(found / expected - 1), largest_decay_error,
                "e-fold in " + format("%.2f", 1e3 / found) + " mm, exact " + format("%.2f", 1e3 / expected) + " mm");
}

}  // namespace bmiss
