// The layered cylinder behind the LeadField interface: exact, no mesh.
#pragma once

#include <string>
#include <vector>

#include "forward/lead_field.h"
#include "solvers/analytic/layered_cylinder.h"

namespace bmiss {

class CylinderLeadField : public LeadField {
public:
  CylinderLeadField() = default;
  CylinderLeadField(LayeredCylinder cylinder, double length) : layers_(cylinder.layers()), length_(length) {}

  void declare_parameters(Parameters& parameters) const override;
  void parse_parameters(const Parameters& parameters, const std::string& folder) override;
  // Each electrode goes to the skin of the cylinder at its own angle and height. Throws InputError for rings,
  // complete electrodes and contacts inside the limb.
  void set_electrodes(const ElectrodeArray& electrodes) override;
  const ElectrodeArray& electrodes() const override { return electrodes_; }
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override;
  std::string hash() const override;
  std::string citation() const override;

private:
  CylinderPoint place_of(const Eigen::Vector3d& point) const;
  CylinderElectrode patch_of(const Electrode& electrode) const;

  std::vector<CylinderLayer> layers_{
      {0.01, 0.02, 0.02}, {0.035, 0.13, 0.56}, {0.038, 0.0573, 0.0573}, {0.04, 0.17, 0.17}};
  double length_ = 0;                                     // [m]; 0: infinite
  Eigen::Vector3d origin_ = Eigen::Vector3d::Zero();      // of the axis, z = 0 [m]
  Eigen::Vector3d direction_ = Eigen::Vector3d::UnitZ();  // of the axis
  ElectrodeArray electrodes_;
};

}  // namespace bmiss
