// The conductivity laws that need only the tissue table.
#pragma once

#include "solvers/conductor/law/interface.h"

namespace bmiss {

// One conductivity in all directions: that of the table, for muscle (s_across^2 s_along)^(1/3), which leaves the volume
// of the tensor's ellipsoid as it was.
class IsotropicLaw final : public ConductivityLaw {
public:
  Eigen::Matrix3d conductivity(const ConductorPlace& place) const override;
  bool uses_fibres(const Tissue&) const override { return false; }
  std::string hash() const override { return "1"; }
  std::string citation() const override;
};

// s_across I + (s_along - s_across) f f^T: transversely isotropic about the unit direction f of the fibres.
class FibreAlignedLaw final : public ConductivityLaw {
public:
  Eigen::Matrix3d conductivity(const ConductorPlace& place) const override;
  std::string hash() const override { return "1"; }
  std::string citation() const override;
};

Eigen::Matrix3d conductivity_tensor(const Tissue& tissue, const Eigen::Vector3d& fibre);

}  // namespace bmiss
