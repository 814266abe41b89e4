// Where electrodes go: grids on the skin, sleeves around the limb, digitised positions, contacts inside.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "anatomy/electrode_contact.h"
#include "anatomy/electrodes.h"
#include "anatomy/tet_mesh.h"

namespace bmiss {

class Parameters;
class Table;

// grid: rows x columns on the skin; sleeve: closed rings around the limb; positions: as digitised; needle: contacts
// along a line from a point of the skin; wires: contacts at given points.
enum class GridLayoutKind { grid, sleeve, positions, needle, wires };
// What the rows of a grid follow. The fibres are those of the muscle under the grid, taken as its line of action there.
enum class GridDirection { limb, fibres };

struct GridOptions {
  std::string name = "grid1";
  GridLayoutKind layout = GridLayoutKind::grid;
  int rows = 8, columns = 8;  // the row number grows along the limb (as on 13 x 5 grids), the column number around it
  double spacing = 8e-3;      // centre to centre, along the skin (of sleeves: along the limb) [m]
  ElectrodeShape shape = ElectrodeShape::disc;
  double radius = 2e-3, inner_radius = 0, length = 0, width = 0;  // [m]
  ContactOptions touch;                                           // model and impedance of the contacts on the skin
  bool passive = false;                                           // shunts but is not recorded
  bool centre_is_point = false;
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  // projected to the skin [m]
  std::string muscle;                                // else: over this muscle …
  double position_along = 0.5;                       // … at this fraction of its length from the proximal end
  GridDirection direction = GridDirection::limb;
  double rotation = 0;  // from that direction, right-handed about the outward normal [rad]
  // Of the grid's middle (layout positions: of every electrode on the skin), along the limb and around it to where the
  // column number grows, before it is taken to the skin [m].
  double shift_along = 0, shift_around = 0;

  std::string positions_file, positions_group;  // electrodes.tsv of EMG-BIDS; group: only this one ("": all)
  double positions_unit = 0;                    // [m]; 0: as coordsystem.json says, without one millimetres
  double largest_distance = 5e-3;               // of a digitised position from the skin [m]

  std::vector<double> depths;  // of a needle's contacts below the skin, along the needle [m]
  Eigen::Vector3d needle_direction = Eigen::Vector3d::Zero();  // into the limb; zero: across the skin
  std::vector<Eigen::Vector3d> contact_points;                 // of wires [m]

  // Size of a contact along and across [m].
  Eigen::Vector2d contact_size() const;
  // The shape and its sizes, how it touches, its grid, nothing else set.
  Electrode contact() const;

  // Declares "Grids/<name>/…".
  static void declare_parameters(Parameters& parameters, const std::string& name);
  static GridOptions parse_parameters(const Parameters& parameters, const std::string& name);
};

struct LaidGrid {
  std::vector<Electrode> electrodes;  // row after row
  double largest_error = 0;           // of a distance between neighbours in a row or column, relative to the wanted one
  std::string warning;                // a sentence when that is above 2 %, else empty
  std::vector<double> circumferences;  // of the rings of a sleeve, along the skin [m]
  std::vector<double> distances;       // of digitised positions from the skin [m], in the order of the electrodes
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

// Closed rings around the limb, `spacing` apart along the skin, each with its columns at equal distances along the skin
// all around it. The middle of the first column lies on the skin point nearest to `centre`; the rings lie across the
// limb as it runs there. Names and senses as for lay_grid(). Throws InputError: as lay_grid(), fewer than three
// columns, a ring that meets an end of the limb, contacts that overlap around the limb (naming how many fit).
LaidGrid lay_sleeve(const Surface& skin, const GridOptions& options, const Eigen::Vector3d& centre,
                    const Eigen::Vector3d& axis);

// The limb as laying electrodes sees it.
struct LimbSkin {
  const Surface& skin;
  Eigen::Vector3d axis;                                           // from the proximal to the distal end
  std::function<TissuePoints(const std::string& muscle)> muscle;  // throws InputError for an unknown name
  double layer_to_come = 0;  // thickness of a skin that will still be laid on `skin` [m]
};

// The electrodes of any layout, placed as the options say. Besides the errors of the single layouts: a muscle that is
// not in the limb, digitised positions too far from the skin, contacts outside the limb.
LaidGrid lay_electrodes(const LimbSkin& limb, const GridOptions& options);
// The reference of digitised positions (type REF, in the frame of the others) on the skin, a disc of `radius` where the
// file does not tell its shape; nothing when they have none, or for another layout.
std::optional<Electrode> lay_digitised_reference(const LimbSkin& limb, const GridOptions& options, double radius);

// What is worth telling about a grid: circumference and spacing of each ring, distance of each digitised position.
std::optional<Table> grid_table(const GridOptions& options, const LaidGrid& laid);

}  // namespace bmiss
