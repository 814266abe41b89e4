// The Fourier sums of LayeredCylinder, as dense products over groups of points at one distance from the axis.
#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/special_functions/bessel.hpp>
#include <cmath>
#include <map>

#include "base/errors.h"
#include "base/table.h"
#include "solvers/analytic/layered_cylinder.h"

namespace bmiss {
namespace {

constexpr double tolerance = 1e-13;    // of the truncated series, relative to its first terms
constexpr double smallest_gap = 1e-4;  // between source and field radius [m]
constexpr int most_orders = 1500;
const double pi = std::acos(-1.0);

// Axial wavenumbers with their weights: the cosine series of a finite cylinder, or a quadrature for the infinite one.
struct AxialSpectrum {
  std::vector<double> k, weight;
};

AxialSpectrum finite_spectrum(double largest_k, double length) {
  AxialSpectrum s;
  for (int j = 0; j <= static_cast<int>(largest_k * length / pi) + 1; ++j) {
    s.k.push_back(j * pi / length);
    s.weight.push_back((j == 0 ? 1.0 : 2.0) / (2 * pi * length));
  }
  return s;
}

// Gauss-Legendre panels, graded towards k = 0 where the n = 0 term behaves like 1/k^2; each resolves cos(k z) up to |z|
// = reach.
AxialSpectrum infinite_spectrum(double largest_k, double reach) {
  using Rule = boost::math::quadrature::gauss<double, 16>;
  const double width = 6.0 / reach;
  std::vector<double> edges{0};
  for (int j = 14; j > 0; --j) edges.push_back(width * std::pow(2.0, -j));
  for (double edge = width; edges.back() < largest_k; edge += width) edges.push_back(edge);
  AxialSpectrum s;
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
    const double half = 0.5 * (edges[i + 1] - edges[i]), middle = 0.5 * (edges[i + 1] + edges[i]);
    for (std::size_t q = 0; q < Rule::abscissa().size(); ++q)
      for (const double sign : {-1.0, 1.0}) {
        s.k.push_back(middle + sign * half * Rule::abscissa()[q]);
        s.weight.push_back(half * Rule::weights()[q] / (2 * pi * pi));
      }
  }
  return s;
}

// Average of cos(n R theta / R) cos(k z) over a patch, relative to its value at the centre.
double patch_average(const CylinderElectrode& e, double n_over_r, double k) {
  if (e.radius > 0) {
    const double q = e.radius * std::hypot(n_over_r, k);
    return q < 1e-8 ? 1.0 : 2 * boost::math::cyl_bessel_j(1, q) / q;
  }
  const auto sinc = [](double x) { return std::abs(x) < 1e-8 ? 1.0 : std::sin(x) / x; };
  return sinc(0.5 * k * e.length) * sinc(0.5 * n_over_r * e.width);
}

// All terms for one pair of radii: green(n, j) = weight_j G_n(k_j), doubled for n > 0.
struct RadialTable {
  AxialSpectrum spectrum;
  Eigen::MatrixXd green;
  // Infinite cylinder: sum_j of the 1/k^2 part that balanced currents do not see, taken out where it is largest.
  Eigen::VectorXd removed;
};

RadialTable make_table(const LayeredCylinder& cylinder, double rho_a, double rho_b, double length, double reach) {
  const double inner = std::min(rho_a, rho_b), outer = std::max(rho_a, rho_b);
  const double gap = std::max(outer - inner, smallest_gap), digits = -std::log(tolerance);
  const int orders = static_cast<int>(std::min<double>(
                         most_orders, std::ceil(digits / std::log(outer / std::max(inner, 1e-3 * outer))))) +
                     5;
  RadialTable table;
  table.spectrum = length > 0 ? finite_spectrum(digits / gap, length) : infinite_spectrum(digits / gap, reach);
  const auto n_k = static_cast<Eigen::Index>(table.spectrum.k.size());
  table.green.resize(orders, n_k);
  const double safe_inner = std::max(inner, 1e-9);  // the axis itself is a removable singularity
  for (Eigen::Index j = 0; j < n_k; ++j) {
    const double k = table.spectrum.k[static_cast<std::size_t>(j)],
                 weight = table.spectrum.weight[static_cast<std::size_t>(j)];
    for (int n = 0; n < orders; ++n)
      table.green(n, j) = (n == 0 ? 1 : 2) * weight * cylinder.radial_green(n, k, outer, safe_inner);
  }
  table.removed = Eigen::VectorXd::Zero(n_k);
  if (length > 0) return table;
  // k^2 G_0 -> 2 pi / (integral of sigma over the cross-section) as k -> 0, whatever the radii.
  double conductance = 0, from = 0;
  for (const CylinderLayer& layer : cylinder.layers()) {
    conductance += pi * layer.conductivity_along * (layer.outer_radius * layer.outer_radius - from * from);
    from = layer.outer_radius;
  }
  const double cut_off = 100;  // [1/m]
  for (Eigen::Index j = 0; j < n_k; ++j) {
    const double k = table.spectrum.k[static_cast<std::size_t>(j)];
    table.removed[j] = table.spectrum.weight[static_cast<std::size_t>(j)] * 2 * pi / (conductance * k * k) *
                       std::exp(-(k / cut_off) * (k / cut_off));
  }
  return table;
}

Eigen::MatrixXd order_cosines(const std::vector<double>& angles, Eigen::Index orders) {
  Eigen::MatrixXd c(static_cast<Eigen::Index>(angles.size()), orders);
  for (Eigen::Index p = 0; p < c.rows(); ++p)
    for (Eigen::Index n = 0; n < orders; ++n)
      c(p, n) = std::cos(static_cast<double>(n) * angles[static_cast<std::size_t>(p)]);
  return c;
}

// z-dependence of one source height: cos(k z_s) cos(k z) of the finite series, cos(k (z - z_s)) of the infinite one.
Eigen::MatrixXd axial_cosines(const AxialSpectrum& spectrum, double z_source, const std::vector<double>& z,
                              double length) {
  Eigen::MatrixXd c(static_cast<Eigen::Index>(spectrum.k.size()), static_cast<Eigen::Index>(z.size()));
  for (Eigen::Index p = 0; p < c.cols(); ++p)
    for (Eigen::Index j = 0; j < c.rows(); ++j) {
      const double k = spectrum.k[static_cast<std::size_t>(j)], at = z[static_cast<std::size_t>(p)];
      c(j, p) = length > 0 ? std::cos(k * z_source) * std::cos(k * at) : std::cos(k * (at - z_source));
    }
  return c;
}

// sum_n sum_j cos(n theta_p) green(n, j) axial(j, p) for every point p.
Eigen::VectorXd sum_series(const Eigen::MatrixXd& green, const Eigen::MatrixXd& cosines, const Eigen::MatrixXd& axial) {
  return (cosines.array() * (green * axial).transpose().array()).rowwise().sum();
}

// Points grouped by distance from the axis: straight fibres share one table.
std::map<double, std::vector<std::size_t>> group_by_radius(const std::vector<CylinderPoint>& points) {
  std::map<double, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < points.size(); ++i) groups[std::round(points[i].rho * 1e9) * 1e-9].push_back(i);
  return groups;
}

void require_inside(const LayeredCylinder& cylinder, const CylinderPoint& p, double length, double gap) {
  const double largest = cylinder.radius() - gap;
  if (p.rho <= largest * (1 + 1e-12) && (length == 0 || (p.z >= 0 && p.z <= length))) return;
  throw InputError("a point at " + format("%.3f", p.rho * 1e3) + " mm from the axis and height " +
                   format("%.3f", p.z * 1e3) + " mm is outside the layered cylinder (radius " +
                   format("%.3f", cylinder.radius() * 1e3) + " mm" +
                   (length > 0 ? ", length " + format("%.3f", length * 1e3) + " mm" : "") +
                   ") or within 0.1 mm of its skin; move it or enlarge the cylinder");
}

double reach_of(const std::vector<double>& sources, const std::vector<CylinderPoint>& points) {
  double reach = 0.05;
  for (const double z : sources)
    for (const CylinderPoint& p : points) reach = std::max(reach, std::abs(p.z - z));
  return reach;
}

}  // namespace

Eigen::MatrixXd LayeredCylinder::lead_field(const std::vector<CylinderElectrode>& electrodes,
                                            const std::vector<CylinderPoint>& points, double length) const {
  for (const CylinderPoint& p : points) require_inside(*this, p, length, smallest_gap);
  std::vector<double> heights;
  for (const auto& e : electrodes) heights.push_back(e.z);
  const double reach = reach_of(heights, points);
  Eigen::MatrixXd result(static_cast<Eigen::Index>(electrodes.size()), static_cast<Eigen::Index>(points.size()));
  for (const auto& [rho, members] : group_by_radius(points)) {
    const RadialTable table = make_table(*this, radius(), rho, length, reach);
    const auto n_k = table.green.cols();
    std::vector<double> z;
    for (const auto i : members) z.push_back(points[i].z);
    for (std::size_t e = 0; e < electrodes.size(); ++e) {
      Eigen::MatrixXd green(table.green.rows(), n_k);
      for (Eigen::Index j = 0; j < n_k; ++j)
        for (Eigen::Index n = 0; n < green.rows(); ++n)
          green(n, j) = table.green(n, j) * patch_average(electrodes[e], static_cast<double>(n) / radius(),
                                                          table.spectrum.k[static_cast<std::size_t>(j)]);
      std::vector<double> angles;
      for (const auto i : members) angles.push_back(points[i].theta - electrodes[e].theta);
      const Eigen::VectorXd values = sum_series(green, order_cosines(angles, green.rows()),
                                                axial_cosines(table.spectrum, electrodes[e].z, z, length));
      for (std::size_t m = 0; m < members.size(); ++m)
        result(static_cast<Eigen::Index>(e), static_cast<Eigen::Index>(members[m])) =
            values[static_cast<Eigen::Index>(m)] - table.removed.sum();
    }
  }
  return result;
}

Eigen::VectorXd LayeredCylinder::potential(const std::vector<CylinderSource>& sources,
                                           const std::vector<CylinderPoint>& points, double length) const {
  double net = 0, largest = 0;
  std::vector<double> heights;
  for (const CylinderSource& s : sources) {
    require_inside(*this, s.place, length, 0);
    net += s.current;
    largest = std::max(largest, std::abs(s.current));
    heights.push_back(s.place.z);
  }
  for (const CylinderPoint& p : points) require_inside(*this, p, length, 0);
  if (std::abs(net) > 1e-12 * largest)
    throw InputError("the currents in the insulated cylinder sum to " + format("%.3g", net) + " A; they must balance");
  const double reach = reach_of(heights, points);
  Eigen::VectorXd result = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(points.size()));
  std::map<std::pair<double, double>, RadialTable> tables;
  for (const auto& [rho, members] : group_by_radius(points)) {
    for (const CylinderSource& s : sources) {
      auto [found, is_new] = tables.try_emplace({rho, s.place.rho});
      RadialTable& table = found->second;
      if (is_new) table = make_table(*this, rho, s.place.rho, length, reach);
      std::vector<double> angles, z;
      for (const auto i : members) {
        angles.push_back(points[i].theta - s.place.theta);
        z.push_back(points[i].z);
      }
      const Eigen::VectorXd values = sum_series(table.green, order_cosines(angles, table.green.rows()),
                                                axial_cosines(table.spectrum, s.place.z, z, length));
      for (std::size_t m = 0; m < members.size(); ++m)
        result[static_cast<Eigen::Index>(members[m])] +=
            s.current * (values[static_cast<Eigen::Index>(m)] - table.removed.sum());
    }
  }
  return result;
}

}  // namespace bmiss
