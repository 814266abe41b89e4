// Fibre directions along a harmonic field between the two ends of each muscle.
#pragma once

#include "anatomy/fibre_direction_model.h"

namespace bmiss {

// The normalised gradient of a field that solves Laplace's equation with fixed values on origin and insertion (Choi &
// Blemker 2013), then inclined by the muscle's pennation. Ends: a given plane or label; else the cut where the muscle
// leaves the mesh, through which it goes on in the direction of its centroid line; else the surface of the last max(3
// mm, 5 %) of its length. Bends along the fibres that the voxels of the muscle's surface cause are smoothed. In
// extruded ends the fibres follow the extrusion. Throws InputError: a label that does not touch the muscle, a plane
// that misses it.
class HarmonicDirections final : public FibreDirectionModel {
public:
  FibreDirections directions(const FibreProblem& problem, Report& report) const override;
  void declare_parameters(Parameters& parameters) const override;
  void parse_parameters(const Parameters& parameters) override;
  std::string citation() const override;

private:
  double wavelength_ = 25e-3;  // of the smoothing [m]
};

}  // namespace bmiss
