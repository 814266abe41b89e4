// An unbounded homogeneous anisotropic medium as volume conductor, with the exact action potential of a straight fibre
// in it: phi = I / (4 pi sigma_r sqrt(sigma_z / sigma_r rho^2 + z^2)), fibres along z.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "forward/lead_field.h"
#include "physiology/muscle_fibre.h"

namespace bmiss::test {

struct Medium {
  double across = 0.1, along = 0.5;  // [S/m]

  double potential(double rho, double z) const {
    return 1 / (4 * std::acos(-1.0) * across * std::sqrt(along / across * rho * rho + z * z));
  }
  double second_derivative(double rho, double z) const {  // along z
    const double r2 = along / across * rho * rho;
    return (2 * z * z - r2) / (std::pow(r2 + z * z, 2.5) * 4 * std::acos(-1.0) * across);
  }
};

// Potential at distance rho and height z of a fibre along z whose path starts at z = 0, by panels of 8-point Gauss
// quadrature of V(s, t) times the potential's analytic second derivative. It shares nothing with the currents under
// test.
inline double exact_fibre_potential(const MuscleFibre& fibre, const ActionPotential& action_potential,
                                    const Medium& medium, double rho, double z, double time) {
  static const double x[4] = {0.183434642495649805, 0.525532409916328986, 0.796666477413626740, 0.960289856497536232};
  static const double w[4] = {0.362683783378361983, 0.313706645877887287, 0.222381034453374471, 0.101228536290376259};
  const double front = fibre.velocity * (time - fibre.delay);
  std::vector<double> edges = {0, fibre.junction, fibre.length()};
  for (const double s : {fibre.junction - front, fibre.junction + front})
    if (s > 0 && s < fibre.length()) edges.push_back(s);
  std::sort(edges.begin(), edges.end());
  double sum = 0;
  for (std::size_t e = 0; e + 1 < edges.size(); ++e) {
    const int panels = static_cast<int>((edges[e + 1] - edges[e]) / 0.5e-3) + 1;
    const double half = 0.5 * (edges[e + 1] - edges[e]) / panels;
    for (int p = 0; p < panels; ++p)
      for (int g = 0; g < 8; ++g) {
        const double s = edges[e] + half * (2 * p + 1 + (g < 4 ? x[g] : -x[g - 4]));
        sum += half * w[g % 4] * action_potential.value(front - std::abs(s - fibre.junction)) *
               medium.second_derivative(rho, z - s);
      }
  }
  return fibre.intracellular_conductivity * std::acos(-1.0) * fibre.radius * fibre.radius * sum;
}

// A straight fibre along +z through (x, y), from z = 0.
inline MuscleFibre straight_fibre(double length, double step, double junction, double x = 0, double y = 0) {
  MuscleFibre fibre;
  const auto n = static_cast<Eigen::Index>(std::lround(length / step)) + 1;
  fibre.path.resize(3, n);
  for (Eigen::Index k = 0; k < n; ++k) fibre.path.col(k) << x, y, step * static_cast<double>(k);
  fibre.step = step;
  fibre.junction = junction;
  return fibre;
}

// The medium as a LeadField; fibres along z, reference infinitely far.
class InfiniteMedium : public LeadField {
public:
  explicit InfiniteMedium(ElectrodeArray electrodes, Medium medium = {})
      : electrodes_(std::move(electrodes)), medium_(medium) {}
  void set_electrodes(const ElectrodeArray& electrodes) override { electrodes_ = electrodes; }
  const ElectrodeArray& electrodes() const override { return electrodes_; }
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override {
    ++n_calls;
    n_points += points.cols();
    Eigen::MatrixXd values(static_cast<Eigen::Index>(electrodes_.electrodes.size()), points.cols());
    for (Eigen::Index k = 0; k < points.cols(); ++k)
      for (Eigen::Index e = 0; e < values.rows(); ++e) {
        const Eigen::Vector3d d = points.col(k) - electrodes_.electrodes[static_cast<std::size_t>(e)].position;
        values(e, k) = medium_.potential(std::hypot(d.x(), d.y()), d.z());
      }
    return values;
  }
  std::string hash() const override { return "infinite medium"; }
  std::string citation() const override { return ""; }

  mutable int n_calls = 0;
  mutable Eigen::Index n_points = 0;

private:
  ElectrodeArray electrodes_;
  Medium medium_;
};

// rows x columns point electrodes in the plane y = height, rows along z from z = first, columns along x around x = 0.
inline ElectrodeArray plane_grid(int rows, int columns, double spacing, double height, double first) {
  ElectrodeArray array;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column) {
      Electrode e;
      e.name = "E" + std::to_string(row + 1) + "_" + std::to_string(column + 1);
      e.position << (column - 0.5 * (columns - 1)) * spacing, height, first + row * spacing;
      e.group = "grid1";
      e.row = row;
      e.column = column;
      array.electrodes.push_back(e);
    }
  array.reference.name = "far";
  return array;
}

}  // namespace bmiss::test
