// A medium that knows it may be wrong.
#pragma once

#include <cmath>
#include <memory>

#include "support/infinite_medium.h"

namespace bmiss::test {

// The medium with the rotation of its grid and the conductivity along the fibres as parameters.
class UncertainMedium : public InfiniteMedium {
public:
  UncertainMedium(double rotation, double along)
      : InfiniteMedium(rotated(rotation), {0.1, along}), rotation_(rotation), along_(along) {}
  std::vector<ModelParameter> model_parameters() const override {
    return {{"grid rotation", "rad", rotation_, -0.3, 0.3, 0.1}, {"conductivity along", "S/m", along_, 0.2, 1, 0.15}};
  }
  std::unique_ptr<LeadField> at(const Eigen::VectorXd& values) const override {
    return std::make_unique<UncertainMedium>(values[0], values[1]);
  }

private:
  static ElectrodeArray rotated(double angle) {
    ElectrodeArray array = plane_grid(9, 5, 8e-3, 6e-3, -32e-3);
    for (auto& e : array.electrodes)
      e.position << std::cos(angle) * e.position.x() - std::sin(angle) * e.position.z(), e.position.y(),
          std::sin(angle) * e.position.x() + std::cos(angle) * e.position.z();
    return array;
  }
  double rotation_, along_;
};

}  // namespace bmiss::test
