#include "anatomy/electrodes.h"
#include "base/errors.h"
#include "base/parameters.h"

namespace bmiss {

void GridOptions::declare_parameters(Parameters& parameters, const std::string& name) {
  const Parameters::Section grids(parameters, "Grids");
  const Parameters::Section grid(parameters, name);
  parameters.declare_integer("Rows", 8, 1, 256, "the row number grows along the limb, from proximal to distal");
  parameters.declare_integer("Columns", 8, 1, 256, "the column number grows around the limb");
  parameters.declare_real("Spacing", 8, "mm", {0.1, 200}, "of neighbours, centre to centre along the skin");
  parameters.declare_choice("Shape", "disc", {"disc", "rectangle", "point"}, "of the contacts");
  parameters.declare_real("Radius", 2, "mm", {0, 100}, "of disc contacts");
  parameters.declare_real("Length", 0, "mm", {0, 200}, "of rectangular contacts along the rows' direction");
  parameters.declare_real("Width", 0, "mm", {0, 200}, "of rectangular contacts across");
  parameters.declare_reals(
      "Centre", {}, "mm", {},
      "x, y, z of the grid's middle in world coordinates (RAS), moved to the skin; empty: over the muscle");
  parameters.declare_text("Muscle", "", "the grid's middle lies over this muscle, unless a centre is given");
  parameters.declare_real("Position along", 0.5, "", {0, 1}, "part of the muscle's length from its proximal end");
  parameters.declare_real("Rotation", 0, "deg", {-360, 360},
                          "of the rows' direction from the limb's axis, anticlockwise seen from outside");
}

GridOptions GridOptions::parse_parameters(const Parameters& parameters, const std::string& name) {
  const Parameters::Section grids(parameters, "Grids");
  const Parameters::Section grid(parameters, name);
  GridOptions options;
  options.name = name;
  options.rows = static_cast<int>(parameters.integer("Rows"));
  options.columns = static_cast<int>(parameters.integer("Columns"));
  options.spacing = parameters.real("Spacing");
  const std::string shape = parameters.text("Shape");
  options.shape = shape == "disc"        ? ElectrodeShape::disc
                  : shape == "rectangle" ? ElectrodeShape::rectangle
                                         : ElectrodeShape::point;
  options.radius = parameters.real("Radius");
  options.length = parameters.real("Length");
  options.width = parameters.real("Width");
  const auto centre = parameters.reals("Centre");
  if (!centre.empty() && centre.size() != 3)
    parameters.reject("Centre", "a point has three coordinates; give x, y, z in mm or leave it empty");
  options.centre_is_point = !centre.empty();
  if (options.centre_is_point) options.centre = {centre[0], centre[1], centre[2]};
  options.muscle = parameters.text("Muscle");
  options.position_along = parameters.real("Position along");
  options.rotation = parameters.real("Rotation");

  if (!options.centre_is_point && options.muscle.empty())
    parameters.reject(
        "Muscle", "neither a muscle nor a centre is given; name the muscle that the grid lies over or set 'Centre'");
  if (options.shape == ElectrodeShape::disc && !(options.radius > 0))
    parameters.reject("Radius", "a disc needs a positive radius; give one or choose the shape 'point'");
  if (options.shape == ElectrodeShape::rectangle && !(options.length > 0))
    parameters.reject("Length", "a rectangle needs a positive length");
  if (options.shape == ElectrodeShape::rectangle && !(options.width > 0))
    parameters.reject("Width", "a rectangle needs a positive width");
  return options;
}

}  // namespace bmiss
