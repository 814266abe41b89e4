// Models of the directions of muscle fibres, a kind of plugin.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "anatomy/fibre_muscle.h"
#include "anatomy/nifti_file.h"
#include "anatomy/tet_mesh.h"
#include "base/registry.h"

namespace bmiss {

class Parameters;
class Report;

// Unit direction per tetrahedron [3 x n_tets], from the proximal to the distal end; zero where the tissue has no
// fibres.
using FibreDirections = Eigen::Matrix3Xd;

struct FibreProblem {
  const TetMesh& mesh;
  std::vector<FibreMuscle> muscles;       // those whose directions are wanted; each has tetrahedra
  std::optional<ImageFrame> label_frame;  // of the label map that was meshed
};

class FibreDirectionModel {
public:
  virtual ~FibreDirectionModel() = default;
  // Directions in all tetrahedra of the problem's muscles (extruded ends included), zero elsewhere.
  virtual FibreDirections directions(const FibreProblem& problem, Report& report) const = 0;
  virtual void declare_parameters(Parameters&) const {}
  virtual void parse_parameters(const Parameters&) {}
  virtual std::string citation() const = 0;
};

// Built-in: "harmonic" (gradient of a Laplace field between origin and insertion) and "diffusion tensor" (principal
// eigenvector of a measured tensor image).
Registry<FibreDirectionModel>& fibre_direction_models();

}  // namespace bmiss
