// A muscle as the action potential model holds it: its paths near the electrodes and the field's curvature along them.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "forward/lead_field.h"
#include "inversion/refine/muap_model.h"

namespace bmiss {

// The plane across a muscle's line of action at mid-grid, and coordinates in it.
struct SectionFrame {
  Eigen::Vector3d origin, along, across_1, across_2;  // unit vectors; along: the line of action
};

// A path of the muscle and where it crosses the section.
struct SectionedPath {
  Eigen::Matrix3Xd points;
  double step = 0;
  double origin = 0;  // arc length of the crossing; beyond the path's ends where it does not reach it [m]
  double beyond_proximal = 0, beyond_distal = 0;  // of its length, outside of the limb that was imaged [m]
  Eigen::Vector2d place;                          // of the crossing in the section [m]
  Eigen::VectorXd smoothing_widths;               // of the lead field along it [m]
  double length() const { return step * static_cast<double>(points.cols() - 1); }
};

SectionFrame make_section_frame(const FibreAtlas& atlas, const std::string& muscle, const ElectrodeArray& electrodes);
// The muscle's paths that come within `reach` of an electrode, in the order of the atlas.
std::vector<SectionedPath> paths_in_reach(const FibreAtlas& atlas, const std::string& muscle, const SectionFrame& frame,
                                          const ElectrodeArray& electrodes, double reach);
// The grid that holds all paths.
FibreGrid grid_of(const std::vector<SectionedPath>& paths, double step);

// Samples the lead field along the paths, sets their smoothing widths and returns the curvature of channel_operator *
// field [n_rows grid.size x n_paths].
Eigen::MatrixXf sample_curvature(std::vector<SectionedPath>& paths, const LeadField& lead_field, const FibreGrid& grid,
                                 const MuapModelOptions& options, Report& report);
// The linear map from potentials at a path's points to its curvature on the grid [n_points x grid.size], smoothing
// included.
Eigen::MatrixXd curvature_map(const SectionedPath& path, const FibreGrid& grid, double end_scatter);

}  // namespace bmiss
