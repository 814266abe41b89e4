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
  Eigen::Vector3d along = Eigen::Vector3d::UnitX();    // tangent: where the grid's row number grows (the limb's axis)
  double radius = 0;                                   // disc [m]
  double length = 0, width = 0;                        // rectangle along / across [m]
  std::string group;                                   // name of its grid
  int row = 0, column = 0;                             // of its grid, from 1; 0: none

  double area() const;  // nominal [m^2]; 0 for a point
  // Is the skin point `p` covered? Distances are measured along the skin: direction in the tangent plane, length of the
  // chord, corrected for the height above that plane as on a circle. A point covers nothing.
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
  int rows = 8, columns = 8;  // the row number grows along the limb (as on 13 x 5 grids), the column number around it
  double spacing = 8e-3;      // centre to centre, along the skin [m]
  ElectrodeShape shape = ElectrodeShape::disc;
  double radius = 2e-3, length = 0, width = 0;  // [m]
  bool centre_is_point = false;
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  // projected to the skin [m]
  std::string muscle;                                // else: over this muscle …
  double position_along = 0.5;                       // … at this fraction of its length from the proximal end
  double rotation = 0;  // from the limb's axis, right-handed about the outward normal [rad]
  // Declares "Grids/<name>/…".
  static void declare_parameters(Parameters& parameters, const std::string& name);
  static GridOptions parse_parameters(const Parameters& parameters, const std::string& name);
};

// Direction from the proximal to the distal end, as the mesh names them.
Eigen::Vector3d limb_axis(const TetMesh& mesh);
// Direction between the two open ends of a skin surface (of a closed one: its principal axis). A surface does not tell
// which end is proximal: the largest component is made positive, which is right where slice numbers grow towards the
// distal end.
Eigen::Vector3d limb_axis(const Surface& skin);
// The skin point over a muscle at a fraction of its length along `axis`: nearest skin point to the centroid of that
// section. Throws InputError: no points, fraction outside [0, 1].
Eigen::Vector3d skin_point_over(const TissuePoints& muscle, const Surface& skin, const Eigen::Vector3d& axis,
                                double fraction);

struct LaidGrid {
  std::vector<Electrode> electrodes;  // row after row
  double largest_error = 0;           // of a distance between neighbours in a row or column, relative to the spacing
  std::string warning;                // a sentence when that is above 2 %, else empty
};

// Lays a rows × columns grid on the skin with neighbour distances equal to the spacing along the surface: rolled around
// the limb, then corrected by springs on the surface. The electrodes are named "<grid>_r01c01" …; seen from outside
// with the row number growing downward, the column number grows to the right. The middle of the grid lies on the skin
// point nearest to `centre`. Distances are those along the skin without waves of the size of its triangles. Throws
// InputError: no rows or columns, spacing or patch not positive, patch larger than the spacing, centre far from the
// skin; naming the electrode and its place: leaves the skin (a cut end), overlaps another (the grid wraps around a thin
// limb), or misses its distance to a neighbour by more than 15 %; the grid folds.
LaidGrid lay_grid_measured(const Surface& skin, const GridOptions& options, const Eigen::Vector3d& centre,
                           const Eigen::Vector3d& axis);
// The electrodes alone.
std::vector<Electrode> lay_grid(const Surface& skin, const GridOptions& options, const Eigen::Vector3d& centre,
                                const Eigen::Vector3d& axis);
// A single electrode on the nearest skin point (for references).
Electrode lay_electrode(const Surface& skin, const std::string& name, const Eigen::Vector3d& near, double radius,
                        const Eigen::Vector3d& axis);

// Throws InputError naming two electrodes whose patches overlap or that share a name: for several grids and the
// reference.
void require_apart(const std::vector<Electrode>& electrodes);

// BIDS electrodes.tsv in millimetres: name, x, y, z, coordinate_system, type (REF: the reference), material, impedance,
// group, then shape, radius, length, width, the normal nx…nz, the tangent ax…az, row, column and role, so that it reads
// back. read_electrodes throws InputError with file and line: missing columns, not a number, unknown shape, no or two
// references, a name given twice, a patch without size, a normal without direction.
void write_electrodes(const ElectrodeArray& array, const std::string& path);
ElectrodeArray read_electrodes(const std::string& path);

}  // namespace bmiss
