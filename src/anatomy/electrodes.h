// Electrodes on the skin and contacts inside the limb, and the file that holds them.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

// A ring is what lies between two concentric circles.
enum class ElectrodeShape { point, disc, rectangle, ring };
std::string name_of(ElectrodeShape shape);  // "disc", as in files and parameters
const std::vector<std::string>& shape_names();
ElectrodeShape shape_named(const std::string& name);  // throws InputError naming the known ones

// On the skin, or a contact of a needle or of a fine wire: a point inside the limb.
enum class ElectrodeKind { surface, needle, wire };

// What an electrode is to the field: the potential at its centre; a patch with uniform current density, which reads the
// average; or a sheet of metal behind a contact impedance (complete electrode model), which also shunts.
enum class ElectrodeModel { point, uniform, complete };
std::string name_of(ElectrodeModel model);
const std::vector<std::string>& electrode_model_names();
ElectrodeModel electrode_model_named(const std::string& name);  // throws InputError naming the known ones

struct Electrode {
  std::string name;
  ElectrodeKind kind = ElectrodeKind::surface;  // the others are points
  ElectrodeShape shape = ElectrodeShape::disc;
  Eigen::Vector3d position = Eigen::Vector3d::Zero();  // on the skin, or inside the limb [m]
  Eigen::Vector3d normal = Eigen::Vector3d::UnitZ();   // outward; of a needle's contact: back along the needle
  Eigen::Vector3d along = Eigen::Vector3d::UnitX();    // tangent: where the grid's row number grows
  double radius = 0;                                   // disc; outer one of a ring [m]
  double inner_radius = 0;                             // ring [m]
  double length = 0, width = 0;                        // rectangle along / across [m]
  std::string group;                                   // name of its grid
  int row = 0, column = 0;                             // of its grid, from 1; 0: none
  ElectrodeModel model = ElectrodeModel::uniform;      // of a point without meaning
  int current_modes = 1;         // of a complete electrode: profiles that make up its current density
  double contact_impedance = 0;  // between metal and skin [ohm m^2]; 0: not given. No field depends on it
  bool passive = false;          // metal that shunts but is not recorded

  bool is_inside() const { return kind != ElectrodeKind::surface; }
  double area() const;          // nominal [m^2]; 0 for a point
  double outer_radius() const;  // of the disc around the centre that holds the patch [m]; 0 for a point
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

// A single electrode on the nearest skin point (for references).
Electrode lay_electrode(const Surface& skin, const std::string& name, const Eigen::Vector3d& near, double radius,
                        const Eigen::Vector3d& axis);

// Throws InputError naming two electrodes whose patches overlap, points that coincide, or electrodes that share a name:
// for several grids and the reference. What lies within the hole of a ring does not overlap it.
void require_apart(const std::vector<Electrode>& electrodes);

// BIDS electrodes.tsv in millimetres: name, x, y, z, coordinate_system, type (EMG, NEEDLE, WIRE; REF: the reference),
// material, impedance, group, then shape, radius, inner_radius, length, width, the normal nx…nz, the tangent ax…az,
// row, column, role (recording, passive, reference), model and current_modes, so that it reads back; impedance is that
// of the whole contact in kohm. read_electrodes throws InputError with file and line: missing columns, not a number,
// unknown type or shape, no or two references, a name given twice, a patch without size, a ring without a hole, a
// needle or wire contact that is no point, a normal without direction.
void write_electrodes(const ElectrodeArray& array, const std::string& path);
ElectrodeArray read_electrodes(const std::string& path);

}  // namespace bmiss
