// Exact potentials in a circular cylinder of concentric, transversely isotropic layers: infinite, or finite with
// insulated ends.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace bmiss {

struct CylinderLayer {
  double outer_radius = 0;                                 // [m]
  double conductivity_across = 0, conductivity_along = 0;  // [S/m]
};

// A place in the cylinder: distance from the axis, angle, height.
struct CylinderPoint {
  double rho = 0, theta = 0, z = 0;  // [m], [rad], [m]
};

struct CylinderSource {
  CylinderPoint place;
  double current = 0;  // [A]
};

// A patch on the skin, in the unrolled plane (R theta, z): a disc when radius > 0, a rectangle length (along z) × width
// when both are > 0, else a point.
struct CylinderElectrode {
  double theta = 0, z = 0;
  double radius = 0, length = 0, width = 0;
};

// Fourier series in theta and z: potential = sum_n sum_k G_n(k) cos(n dtheta) cos(k z) …, where G_n(k) solves the
// radial equation with bounded field on the axis and no current through the skin. Each layer is crossed with sums of
// positive terms only.
class LayeredCylinder {
public:
  // Layers from the axis outwards. Throws InputError: no layer, radii not increasing, conductivity <= 0.
  explicit LayeredCylinder(std::vector<CylinderLayer> layers);

  // [n_electrodes x n_points], V/A: the potential at each point for 1 A into the electrode, returned elsewhere; by
  // reciprocity the potential of the electrode for 1 A at the point. Only differences between electrodes, and sums over
  // currents that balance, have a meaning: the additive constant is arbitrary. `length` > 0: finite, 0 < z < length; 0:
  // infinite. Throws InputError when a point is outside or closer than 0.1 mm to the skin (the series of a point on the
  // skin does not converge).
  Eigen::MatrixXd lead_field(const std::vector<CylinderElectrode>& electrodes, const std::vector<CylinderPoint>& points,
                             double length) const;

  // Potential [V] at points for sources whose currents sum to zero, same conventions. Throws InputError when they do
  // not.
  Eigen::VectorXd potential(const std::vector<CylinderSource>& sources, const std::vector<CylinderPoint>& points,
                            double length) const;

  double radius() const { return layers_.back().outer_radius; }
  const std::vector<CylinderLayer>& layers() const { return layers_; }

  // G_n(k; rho_outer, rho_inner) [1/S]; k = 0 is allowed (for n = 0 up to the constant that balanced currents do not
  // see).
  double radial_green(int n, double k, double rho_outer, double rho_inner) const;

private:
  std::size_t layer_of(double rho) const;
  double flux_ratio_from_axis(int n, double k, double rho) const;  // sigma u'/u of the solution bounded on the axis
  std::vector<CylinderLayer> layers_;
};

}  // namespace bmiss
