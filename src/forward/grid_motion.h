// Grids of electrodes as bodies that slide and turn on the skin: where a grid lies is never known exactly.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "anatomy/electrodes.h"
#include "forward/lead_field.h"

namespace bmiss {

// The electrode after a way along the skin: `way` [m] starts tangentially at its place and goes straight on from there;
// `spin` [rad] turns it about its normal. No way leaves the electrode as it is, bit for bit.
using SkinWalk = std::function<Electrode(const Electrode& laid, const Eigen::Vector3d& way, double spin)>;

// Every grid (electrodes of one group, those on the skin) has two shifts [m], along the limb towards its distal end and
// around it, right-handed: outward normal × along. A grid of several electrodes that does not close around the limb
// also has a rotation [rad], right-handed about the outward normal in its middle. Its electrodes move as on a sheet
// that is rolled on the limb without stretching: exact on a cylinder.
class GridMotions {
public:
  GridMotions() = default;
  // `axis` of the limb, from its proximal to its distal end.
  GridMotions(const ElectrodeArray& laid, const Eigen::Vector3d& axis);

  // Of grids that lie where they were laid: all values 0.
  const std::vector<ModelParameter>& parameters() const { return parameters_; }
  // The array with its grids elsewhere; the reference stays. `values` [n_parameters].
  ElectrodeArray moved(const Eigen::VectorXd& values, const SkinWalk& walk) const;
  // Numbers of the electrodes that a parameter moves.
  const std::vector<std::size_t>& electrodes_of(std::size_t parameter) const;
  // The longest way [m] that an electrode goes when the parameter grows by its unit.
  double reach(std::size_t parameter) const;
  const ElectrodeArray& laid() const { return laid_; }

private:
  struct Grid {
    std::vector<std::size_t> electrodes;
    Eigen::Matrix2Xd places;         // along and around, from the grid's middle [m]
    Eigen::Matrix3Xd along, around;  // unit tangents at each electrode
    std::size_t first_parameter = 0;
    bool turns = false;
  };
  const Grid& grid_of(std::size_t parameter) const;
  void unroll(Grid& grid, const Eigen::Vector3d& axis) const;
  void add_parameters(Grid& grid, const std::string& name);

  ElectrodeArray laid_;
  std::vector<Grid> grids_;
  std::vector<ModelParameter> parameters_;
};

}  // namespace bmiss
