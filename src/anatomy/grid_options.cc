#include <array>

#include "anatomy/electrode_grid.h"
#include "base/errors.h"
#include "base/parameters.h"

namespace bmiss {
namespace {

// In the order of the enumerations.
const std::vector<std::string> layouts{"grid", "sleeve", "positions", "needle", "wires"};
const std::vector<std::string> directions{"limb", "fibres"};
const std::vector<std::string> roles{"recording", "passive"};
const std::vector<std::string> units{"from file", "mm", "cm", "m"};
constexpr std::array<double, 4> unit_sizes{0, 1e-3, 1e-2, 1};

std::size_t place_in(const std::vector<std::string>& choices, const std::string& choice) {
  for (std::size_t i = 0; i < choices.size(); ++i)
    if (choices[i] == choice) return i;
  BMISS_ASSERT(false);
  return 0;
}

void declare_contacts(Parameters& p) {
  p.declare_choice("Shape", "disc", shape_names(), "of the contacts on the skin");
  p.declare_real("Radius", 2, "mm", {0, 100}, "of disc contacts, outer one of rings");
  p.declare_real("Inner radius", 0, "mm", {0, 100}, "of ring contacts");
  p.declare_real("Length", 0, "mm", {0, 200}, "of rectangular contacts along the rows' direction");
  p.declare_real("Width", 0, "mm", {0, 200}, "of rectangular contacts across");
  ContactOptions::declare_parameters(p);
  p.declare_choice("Role", "recording", roles, "passive: metal on the skin that shunts it but is not recorded");
}

void declare_place(Parameters& p) {
  p.declare_reals("Centre", {}, "mm", {},
                  "x, y, z of the grid's middle (of a sleeve's first column; of a needle: where it goes in) in world "
                  "coordinates (RAS), moved to the skin; empty: over the muscle");
  p.declare_text("Muscle", "", "the grid's middle lies over this muscle, unless a centre is given");
  p.declare_real("Position along", 0.5, "", {0, 1}, "part of the muscle's length from its proximal end");
  p.declare_choice("Along", "limb", directions,
                   "what the rows' direction follows: the limb's axis, or the muscle's fibres, taken as the line "
                   "through the centroids of its sections under the grid");
  p.declare_reals("Shift", {}, "mm", {-500, 500},
                  "two numbers, along the limb and around it to where the column number grows: moves the electrodes on "
                  "the skin from where the rest places them, e.g. to see what a misplaced grid does; empty: none");
  p.declare_real("Rotation", 0, "deg", {-360, 360}, "of the rows from that direction, anticlockwise seen from outside");
}

void declare_positions(Parameters& p) {
  p.declare_text("Positions", "",
                 "layout positions: electrodes.tsv of EMG-BIDS, in the label map's world frame (RAS); electrodes are "
                 "moved to the nearest skin, those of type needle or wire stay inside, REF is the reference");
  p.declare_text("Group", "", "layout positions: only the electrodes of this group; empty: all");
  p.declare_choice("Unit", "from file", units,
                   "layout positions: of the coordinates; from file: as coordsystem.json beside it says, else mm");
  p.declare_real("Largest distance", 5, "mm", {0, 100}, "layout positions: of a position from the skin");
}

void declare_inside(Parameters& p) {
  p.declare_reals("Depths", {}, "mm", {0.01, 500},
                  "layout needle: of its contacts below the skin, along the needle; one row each");
  p.declare_integer("Contacts", 1, 1, 256,
                    "layout needle with one depth: so many contacts from there on, deeper by the spacing each");
  p.declare_reals("Direction", {}, "", {}, "layout needle: x, y, z into the limb; empty: straight across the skin");
  p.declare_reals("Contact points", {}, "mm", {},
                  "layout wires: x, y, z of each contact inside the limb in world coordinates (RAS), one row each");
}

Eigen::Vector3d point_at(const std::vector<double>& numbers, std::size_t first) {
  return {numbers.at(first), numbers.at(first + 1), numbers.at(first + 2)};
}

void read_contacts(const Parameters& p, GridOptions& options) {
  options.shape = shape_named(p.text("Shape"));
  options.radius = p.real("Radius");
  options.inner_radius = p.real("Inner radius");
  options.length = p.real("Length");
  options.width = p.real("Width");
  if (options.shape == ElectrodeShape::disc && !(options.radius > 0))
    p.reject("Radius", "a disc needs a positive radius; give one or choose the shape 'point'");
  if (options.shape == ElectrodeShape::ring && !(options.inner_radius > 0 && options.inner_radius < options.radius))
    p.reject("Inner radius", "that of a ring must be positive and smaller than 'Radius'");
  if (options.shape == ElectrodeShape::rectangle && !(options.length > 0))
    p.reject("Length", "a rectangle needs a positive length");
  if (options.shape == ElectrodeShape::rectangle && !(options.width > 0))
    p.reject("Width", "a rectangle needs a positive width");
  options.touch = ContactOptions::parse_parameters(p);
  options.passive = p.text("Role") == "passive";
  const bool complete = options.touch.model == ElectrodeModel::complete;
  if (complete && options.shape == ElectrodeShape::point)
    p.reject("Model", "points have no contact impedance; give the contacts a shape with an area");
  if (options.passive && !complete)
    p.reject("Role", "only complete contacts shunt the skin; set 'Model' to complete, or leave the grid out");
}

void read_place(const Parameters& p, GridOptions& options) {
  const auto centre = p.reals("Centre");
  if (!centre.empty() && centre.size() != 3)
    p.reject("Centre", "a point has three coordinates; give x, y, z in mm or leave it empty");
  options.centre_is_point = !centre.empty();
  if (options.centre_is_point) options.centre = point_at(centre, 0);
  options.muscle = p.text("Muscle");
  options.position_along = p.real("Position along");
  options.direction = static_cast<GridDirection>(place_in(directions, p.text("Along")));
  options.rotation = p.real("Rotation");
  const auto shift = p.reals("Shift");
  if (!shift.empty() && shift.size() != 2) p.reject("Shift", "give two numbers, along and around the limb, or none");
  if (!shift.empty()) {
    options.shift_along = shift[0];
    options.shift_around = shift[1];
  }
  const bool placed = options.layout == GridLayoutKind::positions || options.layout == GridLayoutKind::wires;
  if (!placed && !options.centre_is_point && options.muscle.empty())
    p.reject("Muscle",
             "neither a muscle nor a centre is given; name the muscle that the grid lies over or set 'Centre'");
  if (options.direction == GridDirection::fibres && options.muscle.empty())
    p.reject("Muscle", "the rows follow the fibres of no muscle; name it, or set 'Along' to limb");
}

void read_inside(const Parameters& p, GridOptions& options) {
  options.depths = p.reals("Depths");
  if (options.depths.size() == 1)
    for (long i = 1; i < p.integer("Contacts"); ++i) options.depths.push_back(options.depths.back() + options.spacing);
  if (options.layout == GridLayoutKind::needle && options.depths.empty())
    p.reject("Depths", "a needle needs the depth of each contact below the skin in mm");
  const auto direction = p.reals("Direction");
  if (!direction.empty() && direction.size() != 3) p.reject("Direction", "give three numbers x, y, z or none");
  if (!direction.empty()) options.needle_direction = point_at(direction, 0);
  if (!direction.empty() && !(options.needle_direction.norm() > 0)) p.reject("Direction", "is zero in length");
  const auto points = p.reals("Contact points");
  if (points.size() % 3 != 0 || (options.layout == GridLayoutKind::wires && points.empty()))
    p.reject("Contact points", "give x, y, z in mm for each contact of the wires");
  for (std::size_t i = 0; i < points.size(); i += 3) options.contact_points.push_back(point_at(points, i));
}

}  // namespace

Eigen::Vector2d GridOptions::contact_size() const {
  if (shape == ElectrodeShape::point) return Eigen::Vector2d::Zero();
  if (shape == ElectrodeShape::rectangle) return {length, width};
  return {2 * radius, 2 * radius};
}

Electrode GridOptions::contact() const {
  Electrode electrode;
  electrode.shape = shape;
  if (shape == ElectrodeShape::disc || shape == ElectrodeShape::ring) electrode.radius = radius;
  if (shape == ElectrodeShape::ring) electrode.inner_radius = inner_radius;
  if (shape == ElectrodeShape::rectangle) {
    electrode.length = length;
    electrode.width = width;
  }
  electrode.group = name;
  electrode.passive = passive;
  touch.apply_to(electrode);
  return electrode;
}

void GridOptions::declare_parameters(Parameters& parameters, const std::string& name) {
  const Parameters::Section grids(parameters, "Grids");
  const Parameters::Section grid(parameters, name);
  parameters.declare_choice("Layout", "grid", layouts,
                            "grid: rows and columns on the skin; sleeve: rings closed around the limb, the columns at "
                            "equal distances; positions: as digitised; needle, wires: contacts inside the limb");
  parameters.declare_integer("Rows", 8, 1, 256, "the row number grows along the limb, from proximal to distal");
  parameters.declare_integer("Columns", 8, 1, 256, "the column number grows around the limb");
  parameters.declare_real("Spacing", 8, "mm", {0.1, 200},
                          "of neighbours, centre to centre along the skin; of a sleeve: of its rings");
  declare_contacts(parameters);
  declare_place(parameters);
  declare_positions(parameters);
  declare_inside(parameters);
}

GridOptions GridOptions::parse_parameters(const Parameters& parameters, const std::string& name) {
  const Parameters::Section grids(parameters, "Grids");
  const Parameters::Section grid(parameters, name);
  GridOptions options;
  options.name = name;
  options.layout = static_cast<GridLayoutKind>(place_in(layouts, parameters.text("Layout")));
  options.rows = static_cast<int>(parameters.integer("Rows"));
  options.columns = static_cast<int>(parameters.integer("Columns"));
  options.spacing = parameters.real("Spacing");
  read_contacts(parameters, options);
  read_place(parameters, options);
  options.positions_file = parameters.text("Positions");
  options.positions_group = parameters.text("Group");
  options.positions_unit = unit_sizes.at(place_in(units, parameters.text("Unit")));
  options.largest_distance = parameters.real("Largest distance");
  if (options.layout == GridLayoutKind::positions && options.positions_file.empty())
    parameters.reject("Positions", "name the electrodes.tsv with the digitised positions");
  if (options.layout != GridLayoutKind::positions && !options.positions_file.empty())
    parameters.reject("Positions", "is used by the layout 'positions' only; set 'Layout' to it");
  read_inside(parameters, options);
  return options;
}

}  // namespace bmiss
