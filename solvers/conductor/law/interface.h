// Conductivity laws, a kind of plugin: how well a tissue conducts in each direction at a place of the limb.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <string>
#include <vector>

#include "anatomy/tet_mesh.h"
#include "anatomy/tissue_table.h"
#include "base/registry.h"

namespace bmiss {

class Parameters;
class Report;

// One tetrahedron as a law sees it.
struct ConductorPlace {
  const Tissue& tissue;
  Eigen::Vector3d position;  // its centroid, RAS [m]
  Eigen::Vector3d fibre;     // unit, from the proximal to the distal end; zero where the tissue has no fibres
  std::size_t tet = 0;       // its number in the mesh
};

class ConductivityLaw {
public:
  virtual ~ConductivityLaw() = default;

  // Symmetric, positive definite [S/m]; RAS axes. It is checked. At the points of the mesh the tensors of a tissue's
  // tetrahedra are averaged (conductivity.h).
  virtual Eigen::Matrix3d conductivity(const ConductorPlace& place) const = 0;
  // Imaginary part omega epsilon of the admittivity sigma + i omega epsilon at the law's frequency, symmetric, positive
  // semidefinite [S/m]. Asked only when is_complex(); a law that has it makes the lead field complex.
  virtual Eigen::Matrix3d susceptivity(const ConductorPlace&) const { return Eigen::Matrix3d::Zero(); }
  virtual bool is_complex() const { return false; }
  // Does the tensor of this tissue depend on the fibre direction? Then directions must be unit vectors.
  virtual bool uses_fibres(const Tissue& tissue) const {
    return tissue.conductivity_along != tissue.conductivity_across;
  }

  // Reads what the law needs and looks at the mesh, before any tensor is asked for; `tissues` of the mesh follow it.
  // Rank 0.
  virtual void prepare(const TetMesh&, const std::vector<Tissue>& /*tissues*/, Report&) {}
  // Called with the section "Conductivity" open; a law with parameters opens a subsection of its own in it.
  virtual void declare_parameters(Parameters&) const {}
  virtual void parse_parameters(const Parameters&) {}
  virtual std::vector<std::string> files() const { return {}; }  // that it reads, known after parse_parameters()
  // Of all that the tensors depend on besides mesh, tissue table and fibre directions: parameters, files. After
  // prepare().
  virtual std::string hash() const = 0;
  virtual std::string citation() const = 0;
};

// Built-in: "isotropic", "fibre-aligned", "tensor image".
Registry<ConductivityLaw>& conductivity_laws();

}  // namespace bmiss
