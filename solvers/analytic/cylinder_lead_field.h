// The layered cylinder behind the LeadField interface: exact, no mesh.
#pragma once

#include <string>
#include <vector>

#include "forward/grid_motion.h"
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
  // Conductivities of the layers (across and along where they differ) and places of the grids; derivatives by
  // differences, whose electrodes move exactly. A rectangle stays parallel to the axis when its grid turns.
  std::vector<ModelParameter> model_parameters() const override;
  std::unique_ptr<LeadField> at(const Eigen::VectorXd& values) const override;
  std::string hash() const override;
  std::string citation() const override;

private:
  struct LayerParameter {
    std::string name;
    std::size_t layer = 0;
    std::vector<double CylinderLayer::*> numbers;  // that have its value: both where the layer is isotropic
  };
  static std::vector<LayerParameter> parameters_of(const std::vector<CylinderLayer>& layers);
  Electrode walked(const Electrode& laid, const Eigen::Vector3d& way, double spin) const;
  CylinderPoint place_of(const Eigen::Vector3d& point) const;
  CylinderElectrode patch_of(const Electrode& electrode) const;

  std::vector<CylinderLayer> layers_{
      {0.01, 0.02, 0.02}, {0.035, 0.13, 0.56}, {0.038, 0.0573, 0.0573}, {0.04, 0.17, 0.17}};
  std::vector<LayerParameter> layer_parameters_ = parameters_of(layers_);
  double length_ = 0;                                     // [m]; 0: infinite
  Eigen::Vector3d origin_ = Eigen::Vector3d::Zero();      // of the axis, z = 0 [m]
  Eigen::Vector3d direction_ = Eigen::Vector3d::UnitZ();  // of the axis
  ElectrodeArray electrodes_;
  GridMotions motions_;
  Eigen::VectorXd placement_;  // of the grids, values of motions_
};

}  // namespace bmiss
