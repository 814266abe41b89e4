// Electrodes on the skin and the grids they form.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

class Parameters;

enum class ElectrodeShape { point, disc, rectangle };

struct Electrode {
  std::string name;
  ElectrodeShape shape = ElectrodeShape::disc;
  Eigen::Vector3d position = Eigen::Vector3d::Zero();  // on the skin [m]
  Eigen::Vector3d normal = Eigen::Vector3d::UnitZ();   // outward
  Eigen::Vector3d along = Eigen::Vector3d::UnitX();    // tangent: direction of the grid's rows (the limb's axis)
  double radius = 0;                                   // disc [m]
  double length = 0, width = 0;                        // rectangle along / across [m]
  std::string group;                                   // name of its grid
  int row = 0, column = 0;

  double area() const;  // nominal [m^2]; 0 for a point
  // Is the skin point `p` covered? Distances are measured along the skin to second order (direction in the tangent plane,
  // length of the chord).
  bool covers(const Eigen::Vector3d& p) const;
  // Coordinates (along, across) of a skin point relative to the centre [m], as used by covers().
  Eigen::Vector2d local_coordinates(const Eigen::Vector3d& p) const;
};

struct ElectrodeArray {
  std::vector<Electrode> electrodes;  // recording electrodes
  Electrode reference;                // where the current returns
  std::vector<std::string> names() const;
  std::string hash() const;
};

struct GridOptions {
  std::string name = "grid1";
  int rows = 8, columns = 8;           // rows run along the limb
  double spacing = 8e-3;               // centre to centre, along the skin [m]
  ElectrodeShape shape = ElectrodeShape::disc;
  double radius = 2e-3, length = 0, width = 0;  // [m]
  bool centre_is_point = false;
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  // projected to the skin [m]
  std::string muscle;                  // else: over this muscle …
  double position_along = 0.5;         // … at this fraction of its length from the proximal end
  double rotation = 0;                 // of the rows against the limb's axis [rad]
  // Declares "Grids/<name>/…".
  static void declare_parameters(Parameters& parameters, const std::string& name);
  static GridOptions parse_parameters(const Parameters& parameters, const std::string& name);
};

// Direction from the proximal to the distal end (principal axis of the skin surface when both ends are unknown).
Eigen::Vector3d limb_axis(const Surface& skin);
// The skin point over a muscle at a fraction of its length along `axis`: nearest skin point to the centroid of that section.
Eigen::Vector3d skin_point_over(const TissuePoints& muscle, const Surface& skin, const Eigen::Vector3d& axis, double fraction);

// Lays a rows × columns grid on the skin with neighbour distances equal to the spacing along the surface (springs on the
// surface). Throws InputError naming the electrode and its place: leaves the skin (a cut end), overlaps a neighbour, patch
// radius too large for the spacing.
std::vector<Electrode> lay_grid(const Surface& skin, const GridOptions& options, const Eigen::Vector3d& centre,
                                const Eigen::Vector3d& axis);
// A single electrode on the nearest skin point (for references).
Electrode lay_electrode(const Surface& skin, const std::string& name, const Eigen::Vector3d& near, double radius,
                        const Eigen::Vector3d& axis);

// BIDS electrodes.tsv in millimetres: name, x, y, z, type, … plus shape, radius, normal and grid columns, so that it reads back.
void write_electrodes(const ElectrodeArray& array, const std::string& path);
ElectrodeArray read_electrodes(const std::string& path);

}  // namespace bmiss
