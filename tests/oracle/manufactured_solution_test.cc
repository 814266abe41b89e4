// Order of convergence of the finite-element operator in a body of two layers with rotated, anisotropic conductivities.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <sstream>

#include "base/report.h"
#include "solvers/conductor/law/tissue_laws.h"
#include "solvers/linear/field_solver.h"
#include "support/layered_cylinder_problem.h"
#include "support/structured_meshes.h"

using namespace bmiss;

namespace {

// Two layers, both anisotropic with fibres that are oblique to each other and to the interface z = 1/2.
const Eigen::Vector3d normal = Eigen::Vector3d::UnitZ();
constexpr double interface = 0.5;

const Eigen::Matrix3d& sigma(int label) {
  static const std::array<Eigen::Matrix3d, 2> tensors = {
      conductivity_tensor(test::layer(1, "muscle", TissueKind::muscle, 0.1, 0.5), Eigen::Vector3d(1, 2, 2) / 3),
      conductivity_tensor(test::layer(2, "other", TissueKind::muscle, 0.25, 0.6), Eigen::Vector3d(2, -1, 2) / 3)};
  return tensors[static_cast<std::size_t>(label - 1)];
}

double smooth(const Eigen::Vector3d& x) {
  return std::sin(2.1 * x[0] + 0.2) * std::cos(1.7 * x[1]) * std::exp(0.8 * x[2]);
}
Eigen::Vector3d smooth_gradient(const Eigen::Vector3d& x) {
  const double a = 2.1 * x[0] + 0.2, b = 1.7 * x[1], e = std::exp(0.8 * x[2]);
  return {2.1 * std::cos(a) * std::cos(b) * e, -1.7 * std::sin(a) * std::sin(b) * e, 0.8 * smooth(x)};
}
Eigen::Matrix3d smooth_hessian(const Eigen::Vector3d& x) {
  const double a = 2.1 * x[0] + 0.2, b = 1.7 * x[1], e = std::exp(0.8 * x[2]);
  const double xy = -2.1 * 1.7 * std::cos(a) * std::sin(b) * e;
  const Eigen::Vector3d g = smooth_gradient(x);
  Eigen::Matrix3d h;
  h << -2.1 * 2.1 * smooth(x), xy, 0.8 * g[0], xy, -1.7 * 1.7 * smooth(x), 0.8 * g[1], 0.8 * g[0], 0.8 * g[1],
      0.8 * 0.8 * smooth(x);
  return h;
}

// Smooth in the first layer; the second adds (z - 1/2) k(x, y), with the kink k that keeps the flux across continuous.
const Eigen::Vector3d& kink_weights() {
  static const Eigen::Vector3d weights = (sigma(1) - sigma(2)) * normal / normal.dot(sigma(2) * normal);
  return weights;
}
Eigen::Vector3d on_interface(const Eigen::Vector3d& x) {
  return {x[0], x[1], interface};
}
double exact(int label, const Eigen::Vector3d& x) {
  if (label == 1) return smooth(x);
  return smooth(x) + (x[2] - interface) * kink_weights().dot(smooth_gradient(on_interface(x)));
}
Eigen::Vector3d exact_gradient(int label, const Eigen::Vector3d& x) {
  if (label == 1) return smooth_gradient(x);
  const Eigen::Vector3d place = on_interface(x);
  Eigen::Vector3d slope = smooth_hessian(place) * kink_weights();  // of the kink, along the interface
  slope[2] = 0;
  return smooth_gradient(x) + kink_weights().dot(smooth_gradient(place)) * normal + (x[2] - interface) * slope;
}

struct QuadraturePoint {
  Eigen::Vector4d barycentric;
  double weight;  // of the unit volume
};

// Gauss points on the cube collapsed onto the tetrahedron (Duffy): exact to degree 5 with four points a direction.
std::vector<QuadraturePoint> quadrature() {
  const double places[4] = {0.06943184420297371, 0.33000947820757187, 0.66999052179242813, 0.93056815579702629};
  const double weights[4] = {0.17392742256872693, 0.32607257743127307, 0.32607257743127307, 0.17392742256872693};
  std::vector<QuadraturePoint> points;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j)
      for (int k = 0; k < 4; ++k) {
        const double a = places[i], b = places[j] * (1 - a), c = places[k] * (1 - a - b);
        points.push_back({{1 - a - b - c, a, b, c}, 6 * weights[i] * weights[j] * weights[k] * (1 - a) * (1 - a - b)});
      }
  return points;
}

struct Element {
  double volume;
  Eigen::Matrix<double, 3, 4> corners, gradients;  // of the barycentric coordinates
};

Element element(const TetMesh& mesh, std::size_t tet) {
  Element e;
  for (int i = 0; i < 4; ++i) e.corners.col(i) = mesh.points.col(mesh.tets[tet][static_cast<std::size_t>(i)]);
  e.volume = mesh.volume(tet);
  Eigen::Matrix3d edges;
  for (int i = 0; i < 3; ++i) edges.col(i) = e.corners.col(i + 1) - e.corners.col(0);
  e.gradients.rightCols(3) = edges.inverse().transpose();
  e.gradients.col(0) = -e.gradients.rightCols(3).rowwise().sum();
  return e;
}

Eigen::Vector3d shape_gradient(int degree, std::size_t node, const Element& e, const Eigen::Vector4d& l) {
  const auto i = static_cast<Eigen::Index>(node);
  if (node < 4)
    return degree == 1 ? Eigen::Vector3d(e.gradients.col(i)) : Eigen::Vector3d((4 * l[i] - 1) * e.gradients.col(i));
  const auto [a, b] = tet_edges[node - 4];
  return 4 * (l[a] * e.gradients.col(b) + l[b] * e.gradients.col(a));
}

TetMesh layered_box(int n) {
  TetMesh mesh = test::box_mesh(Eigen::Vector3d::Ones(), n / 2, n, test::Ends::closed);
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) mesh.tet_labels[t] = mesh.centroid(t)[2] < interface ? 1 : 2;
  return mesh;
}

// Error of the solution whose load is int sigma grad u . grad v: the weak form with every boundary term of `exact`.
double l2_error(int n, int degree, const std::string& method) {
  const TetMesh mesh = layered_box(n);
  const ElementNodes nodes = number_nodes(mesh, degree);
  const auto points = quadrature();
  const std::size_t per_element = static_cast<std::size_t>(nodes.per_element());
  NodalFunctional load;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    const Element e = element(mesh, t);
    const int label = mesh.tet_labels[t];
    for (std::size_t i = 0; i < per_element; ++i) {
      double value = 0;
      for (const auto& q : points)
        value += q.weight * e.volume *
                 (sigma(label) * exact_gradient(label, e.corners * q.barycentric))
                     .dot(shape_gradient(degree, i, e, q.barycentric));
      load.nodes.push_back(nodes.elements[t * per_element + i]);
      load.weights.push_back(value);
    }
  }
  load.compress();
  CornerTensors tensors(24, static_cast<Eigen::Index>(mesh.n_tets()));
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    const Eigen::Matrix3d& s = sigma(mesh.tet_labels[t]);
    const Eigen::Matrix<double, 6, 1> tensor{s(0, 0), s(1, 1), s(2, 2), s(0, 1), s(0, 2), s(1, 2)};
    tensors.col(static_cast<Eigen::Index>(t)) = tensor.replicate<4, 1>();
  }
  std::ostringstream log;
  Report report(log, 0);
  SolverOptions options;
  options.degree = degree;
  options.method = method;
  FieldSolver solver(mesh, nodes, tensors, options, 1, MPI_COMM_SELF, report);
  const Eigen::VectorXd values = solver.solve({load}, {"manufactured"}).values.col(0);

  double square = 0, mean = 0;  // of the difference; the potential is known up to a constant
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    const Element e = element(mesh, t);
    for (const auto& q : points) {
      std::array<double, 10> shapes{};
      shape_functions(degree, q.barycentric, shapes);
      double difference = -exact(mesh.tet_labels[t], e.corners * q.barycentric);
      for (std::size_t i = 0; i < per_element; ++i)
        difference += shapes[i] * values[nodes.elements[t * per_element + i]];
      mean += q.weight * e.volume * difference;
      square += q.weight * e.volume * difference * difference;
    }
  }
  return std::sqrt(square - mean * mean);
}

}  // namespace

TEST(ManufacturedSolution, KeepsTheFluxAcrossTheInterfaceOfTheLayers) {
  for (const Eigen::Vector3d& x : {Eigen::Vector3d(0.2, 0.7, interface), Eigen::Vector3d(0.9, 0.1, interface)}) {
    EXPECT_NEAR(exact(1, x), exact(2, x), 1e-15);
    const double below = normal.dot(sigma(1) * exact_gradient(1, x)),
                 above = normal.dot(sigma(2) * exact_gradient(2, x));
    EXPECT_NEAR(below, above, 1e-14);
    EXPECT_GT((exact_gradient(1, x) - exact_gradient(2, x)).norm(), 0.1);  // there is a kink
    const Eigen::Vector3d y = x + 0.3 * normal;
    for (int axis = 0; axis < 3; ++axis) {
      const Eigen::Vector3d step = 1e-5 * Eigen::Vector3d::Unit(axis);
      EXPECT_NEAR(exact_gradient(2, y)[axis], (exact(2, y + step) - exact(2, y - step)) / 2e-5, 1e-8);
    }
  }
}

TEST(ManufacturedSolution, QuadraticTetrahedraConvergeWithOrderThreeInLayersOfRotatedTensors) {
  const double coarse = l2_error(4, 2, "multigrid"), middle = l2_error(8, 2, "multigrid"),
               fine = l2_error(12, 2, "multigrid");
  EXPECT_GT(std::log(coarse / middle) / std::log(2.0), 2.8) << coarse << ' ' << middle;
  EXPECT_GT(std::log(middle / fine) / std::log(1.5), 2.8) << middle << ' ' << fine;
}

TEST(ManufacturedSolution, LinearTetrahedraConvergeWithOrderTwoInLayersOfRotatedTensors) {
  // Coarser meshes than these do not resolve the fibre direction yet.
  const double coarse = l2_error(6, 1, "direct"), middle = l2_error(12, 1, "algebraic"),
               fine = l2_error(24, 1, "algebraic");
  EXPECT_GT(std::log2(coarse / middle), 1.7) << coarse << ' ' << middle;
  EXPECT_GT(std::log2(middle / fine), 1.9) << middle << ' ' << fine;
}
