// Exact potentials in a circular cylinder of concentric, transversely isotropic layers: infinite, or finite with insulated ends.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace bmiss {

struct CylinderLayer {
  double outer_radius = 0;                                  // [m]
  double conductivity_across = 0, conductivity_along = 0;   // [S/m]
};

// Places on the cylinder: distance from the axis, angle, height.
struct CylinderPoint {
  double rho = 0, theta = 0, z = 0;  // [m], [rad], [m]
};

struct CylinderSource {
  CylinderPoint place;
  double current = 0;       // [A]
};

// A patch on the skin, in the unrolled plane (R theta, z); radius > 0: disc, else length (along z) × width, else a point.
struct CylinderElectrode {
  double theta = 0, z = 0;
  double radius = 0, length = 0, width = 0;
};

class LayeredCylinder {
 public:
  // Layers from the axis outwards. Throws InputError: radii not increasing, conductivity <= 0.
  explicit LayeredCylinder(std::vector<CylinderLayer> layers);

  // Lead field of an electrode (unit current into it, balanced elsewhere) at `points` [V/A]; the additive constant is arbitrary but
  // the same for all electrodes, so that differences between electrodes and sums over balanced currents are exact.
  // `length` > 0: finite cylinder 0 < z < length with insulated ends; 0: infinite.
  Eigen::VectorXd lead_field(const CylinderElectrode& electrode, const std::vector<CylinderPoint>& points,
                             double length) const;
  // Potential at points due to balanced current sources, same conventions.
  Eigen::VectorXd potential(const std::vector<CylinderSource>& sources, const std::vector<CylinderPoint>& points,
                            double length) const;

  const std::vector<CylinderLayer>& layers() const { return layers_; }

 private:
  std::vector<CylinderLayer> layers_;
};

}  // namespace bmiss
