// Fibre directions from a measured diffusion tensor image.
#pragma once

#include "anatomy/fibre_direction_model.h"
#include "anatomy/harmonic_directions.h"
#include "anatomy/tensor_image.h"

namespace bmiss {

// The principal direction of the dyads of the image's eigenvectors around each tetrahedron's centroid, trilinear,
// without voxels of low anisotropy or that belong to another tissue, smoothed over neighbouring tetrahedra. Its sense
// is that of the harmonic directions, which also fill what the image leaves open and the extruded ends. Reports for
// each muscle the part filled so and the median angle to the harmonic directions. Throws InputError: no file given,
// what read_tensor_image() complains about, and with both frames in the sentence: the image has no orientation, or it
// covers less than 90 % of a muscle.
class TensorDirections final : public FibreDirectionModel {
public:
  FibreDirections directions(const FibreProblem& problem, Report& report) const override;
  void declare_parameters(Parameters& parameters) const override;
  void parse_parameters(const Parameters& parameters) override;
  std::string citation() const override;

private:
  TensorFileOptions file_;
  double smallest_anisotropy_ = 0.1;
  int smoothing_ = 3;            // sweeps
  HarmonicDirections harmonic_;  // where the image leaves gaps
};

}  // namespace bmiss
