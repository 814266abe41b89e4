#include "solvers/lead_field/electrode_modes.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>

#include "anatomy/electrode_contact.h"
#include "base/errors.h"
#include "solvers/lead_field/skin_patch.h"

namespace bmiss {
namespace {

// Gauss-Legendre points and weights on [0, 1]. Their product over the square, folded to a triangle, is exact for
// polynomials of degree 6 (Stroud 1971, conical product).
constexpr std::array<double, 4> gauss_places = {0.0694318442029737, 0.3300094782075719, 0.6699905217924281,
                                                0.9305681557970263};
constexpr std::array<double, 4> gauss_weights = {0.1739274225687269, 0.3260725774312731, 0.3260725774312731,
                                                 0.1739274225687269};

// Current crowds at the rim of metal, on well-conducting contacts as the inverse root of the distance from it (Wiley &
// Webster 1982, IEEE Transactions on Biomedical Engineering 29:381), until the contact impedance blunts it. `x` is
// relative to the centre [m].
double rim_profile(const Electrode& electrode, const Eigen::Vector2d& x) {
  constexpr double blunt = 0.1;
  const auto within = [](double share) { return std::clamp(share, 0.0, 1.0) + blunt; };
  if (electrode.shape == ElectrodeShape::rectangle) {
    const Eigen::Vector2d relative(2 * x[0] / electrode.length, 2 * x[1] / electrode.width);
    return 1 / std::sqrt(within(1 - relative[0] * relative[0]) * within(1 - relative[1] * relative[1]));
  }
  const double outer = electrode.radius * electrode.radius, inner = electrode.inner_radius * electrode.inner_radius;
  if (electrode.shape == ElectrodeShape::disc) return 1 / std::sqrt(within(1 - x.squaredNorm() / outer));
  const double share = (x.squaredNorm() - inner) / (outer - inner);
  return 1 / std::sqrt(within(share) * within(1 - share));
}

// 1, x, y, then the same times the rim's profile, then x^2, xy, y^2 and these times the profile, then cubics likewise.
Eigen::VectorXd profiles(const Electrode& electrode, const Eigen::Vector3d& point) {
  const Eigen::Vector2d local = electrode.local_coordinates(point), x = local / electrode.outer_radius();
  Eigen::VectorXd values(electrode.current_modes);
  Eigen::Index next = 0;
  const auto add = [&](int degree, double factor) {
    for (int j = 0; j <= degree && next < values.size(); ++j)
      values[next++] = factor * std::pow(x[0], degree - j) * std::pow(x[1], j);
  };
  const double rim = rim_profile(electrode, local);
  for (const double factor : {1.0, rim})
    for (const int degree : {0, 1}) add(degree, factor);
  for (int degree = 2; next < values.size(); ++degree)
    for (const double factor : {1.0, rim}) add(degree, factor);
  return values;
}

// Integrals of the profiles against the shape functions and against each other.
class ProfileIntegrals {
public:
  ProfileIntegrals(const Electrode& electrode, int degree)
      : electrode_(electrode),
        degree_(degree),
        gram_(Eigen::MatrixXd::Zero(electrode.current_modes, electrode.current_modes)) {}

  void add(const SkinFacet& facet, const Eigen::Matrix3d& corners, double area) {
    std::array<double, 6> shapes{};
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < 4; ++j) {
        const double u = gauss_places[i], v = gauss_places[j] * (1 - u);
        const Eigen::Vector3d place = corners * Eigen::Vector3d(1 - u - v, u, v);
        const double weight = 2 * area * gauss_weights[i] * gauss_weights[j] * (1 - u);
        const Eigen::VectorXd p = profiles(electrode_, facet.at(place));
        gram_ += weight * p * p.transpose();
        facet_shape_functions(degree_, place, shapes);
        for (std::size_t k = 0; k < (degree_ == 1 ? 3 : 6); ++k) {
          auto& at_node = loads_[facet.nodes[k]];
          if (at_node.size() == 0) at_node = Eigen::VectorXd::Zero(gram_.rows());
          at_node += weight * shapes[k] * p;
        }
      }
  }

  // Of the orthonormal profiles, the first (constant) left out.
  std::vector<NodalFunctional> functionals() const {
    const double area = gram_(0, 0);
    const Eigen::LLT<Eigen::MatrixXd> factor(gram_ / area);
    if (factor.info() != Eigen::Success)
      throw InputError("electrode '" + electrode_.name + "' is too narrow for " + std::to_string(gram_.rows()) +
                       " current modes; give it fewer");
    // Against rounding: without net current.
    Eigen::VectorXd net = Eigen::VectorXd::Zero(gram_.rows());
    for (const auto& [node, load] : loads_) net += factor.matrixL().solve(load / area);
    std::vector<NodalFunctional> result(static_cast<std::size_t>(gram_.rows()) - 1);
    for (const auto& [node, load] : loads_) {
      const Eigen::VectorXd weights = factor.matrixL().solve(load / area) - load[0] / area * net;
      for (std::size_t k = 0; k < result.size(); ++k) {
        result[k].nodes.push_back(node);
        result[k].weights.push_back(weights[static_cast<Eigen::Index>(k) + 1]);
      }
    }
    return result;
  }

private:
  const Electrode& electrode_;
  int degree_;
  Eigen::MatrixXd gram_;
  std::map<int, Eigen::VectorXd> loads_;  // by node
};

void require_complete_patch(const Electrode& electrode) {
  if (electrode.is_inside() || electrode.shape == ElectrodeShape::point)
    throw InputError("electrode '" + electrode.name +
                     "' is a point, which has no contact impedance; give it a shape with an area or the model 'point'");
  const auto& known = known_numbers_of_modes();
  if (std::find(known.begin(), known.end(), electrode.current_modes) == known.end())
    throw InputError("electrode '" + electrode.name + "' has " + std::to_string(electrode.current_modes) +
                     " current modes; give it 1, 3, 6, 12 or 20");
}

}  // namespace

int number_of_modes(const Electrode& electrode) {
  return electrode.model == ElectrodeModel::complete ? electrode.current_modes : 1;
}

ElectrodeModes electrode_modes(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode) {
  if (electrode.model == ElectrodeModel::complete) require_complete_patch(electrode);
  ElectrodeModes modes{electrode_load(mesh, nodes, electrode), {}};
  if (number_of_modes(electrode) == 1) return modes;
  ProfileIntegrals integrals(electrode, nodes.degree);
  for_each_piece(mesh, nodes, electrode, [&](const SkinFacet& facet, const Eigen::Matrix3d& corners, double area) {
    integrals.add(facet, corners, area);
  });
  modes.further = integrals.functionals();
  return modes;
}

}  // namespace bmiss
