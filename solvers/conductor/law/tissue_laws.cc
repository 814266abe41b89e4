#include "solvers/conductor/law/tissue_laws.h"

#include <cmath>

namespace bmiss {

Eigen::Matrix3d conductivity_tensor(const Tissue& tissue, const Eigen::Vector3d& fibre) {
  const double across = tissue.conductivity_across, along = tissue.conductivity_along;
  return across * Eigen::Matrix3d::Identity() + (along - across) * fibre * fibre.transpose();
}

Eigen::Matrix3d IsotropicLaw::conductivity(const ConductorPlace& place) const {
  const double across = place.tissue.conductivity_across, along = place.tissue.conductivity_along;
  return (across == along ? across : std::cbrt(across * across * along)) * Eigen::Matrix3d::Identity();
}

std::string IsotropicLaw::citation() const {
  return "isotropic: muscle takes the geometric mean of its tensor's eigenvalues, as in Wolters CH et al. Influence of "
         "tissue conductivity anisotropy on EEG/MEG field and return current computation in a realistic head model. "
         "NeuroImage 30:813-826, 2006";
}

Eigen::Matrix3d FibreAlignedLaw::conductivity(const ConductorPlace& place) const {
  return conductivity_tensor(place.tissue, place.fibre);
}

std::string FibreAlignedLaw::citation() const {
  return "fibre-aligned: Epstein BR, Foster KR. Anisotropy in the dielectric properties of skeletal muscle. Med Biol "
         "Eng Comput 21:51-55, 1983";
}

}  // namespace bmiss
