#include <cmath>
#include <set>

#include "anatomy/electrode_contact.h"
#include "anatomy/electrodes.h"
#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/tsv_file.h"

namespace bmiss {
namespace {

constexpr double mm = 1e-3;

// As in the column 'type'.
const std::vector<std::pair<std::string, ElectrodeKind>> kinds{
    {"EMG", ElectrodeKind::surface}, {"NEEDLE", ElectrodeKind::needle}, {"WIRE", ElectrodeKind::wire}};

std::string type_of(ElectrodeKind kind) {
  for (const auto& [type, known] : kinds)
    if (known == kind) return type;
  BMISS_ASSERT(false);
  return "";
}

ElectrodeKind kind_at(const TsvFile& file, std::size_t row) {
  const std::string& text = file.text(row, "type");
  if (text == "REF") return ElectrodeKind::surface;
  std::vector<std::string> types{"REF"};
  for (const auto& [type, kind] : kinds) {
    if (text == type) return kind;
    types.push_back(type);
  }
  throw InputError("column 'type' holds '" + text + "'" + known_names(text, types), file.path(), file.line(row));
}

ElectrodeShape shape_at(const TsvFile& file, std::size_t row) {
  const std::string& text = file.text(row, "shape");
  for (const std::string& name : shape_names())
    if (text == name) return shape_named(name);
  throw InputError("column 'shape' holds '" + text + "'" + known_names(text, shape_names()), file.path(),
                   file.line(row));
}

void add_row(TsvFile& file, const Electrode& electrode, const std::string& type, const std::string& role) {
  const auto length = [](double metres) { return format_real(metres / mm); };
  const auto& [p, n, a] = std::tie(electrode.position, electrode.normal, electrode.along);
  file.add_row({electrode.name,
                length(p[0]),
                length(p[1]),
                length(p[2]),
                "anatomy",
                type,
                "n/a",
                impedance_cell(electrode),
                electrode.group.empty() ? "n/a" : electrode.group,
                name_of(electrode.shape),
                length(electrode.radius),
                length(electrode.inner_radius),
                length(electrode.length),
                length(electrode.width),
                format_real(n[0]),
                format_real(n[1]),
                format_real(n[2]),
                format_real(a[0]),
                format_real(a[1]),
                format_real(a[2]),
                std::to_string(electrode.row),
                std::to_string(electrode.column),
                role,
                name_of(electrode.model),
                std::to_string(electrode.current_modes)});
}

// A finite number; BIDS' n/a is refused where a place is needed.
double finite(const TsvFile& file, std::size_t row, const std::string& column) {
  const double value = file.real(row, column);
  if (!std::isfinite(value))
    throw InputError(
        "column '" + column + "' holds '" + file.text(row, column) + "'; electrodes on a limb need a number here",
        file.path(), file.line(row));
  return value;
}

Eigen::Vector3d vector_at(const TsvFile& file, std::size_t row, const std::array<std::string, 3>& columns) {
  return {finite(file, row, columns[0]), finite(file, row, columns[1]), finite(file, row, columns[2])};
}

void check(const TsvFile& file, std::size_t row, const Electrode& electrode) {
  const auto reject = [&](const std::string& sentence) {
    throw InputError("electrode '" + electrode.name + "' " + sentence, file.path(), file.line(row));
  };
  if (electrode.name.empty() || electrode.name == "n/a") reject("has no name; give every electrode one");
  if (electrode.shape == ElectrodeShape::disc && !(electrode.radius > 0)) reject("is a disc without a positive radius");
  if (electrode.shape == ElectrodeShape::ring &&
      !(electrode.inner_radius > 0 && electrode.inner_radius < electrode.radius))
    reject("is a ring whose inner radius does not lie between 0 and its radius");
  if (electrode.is_inside() && electrode.shape != ElectrodeShape::point)
    reject("lies inside the limb but is a " + name_of(electrode.shape) + "; such contacts are points");
  if (electrode.shape == ElectrodeShape::rectangle && !(electrode.length > 0 && electrode.width > 0))
    reject("is a rectangle without a positive length and width");
  if (std::abs(electrode.normal.norm() - 1) > 1e-3) reject("has a normal (nx, ny, nz) that is not of length 1");
  if (std::abs(electrode.along.norm() - 1) > 1e-3) reject("has a tangent (ax, ay, az) that is not of length 1");
  if (std::abs(electrode.along.dot(electrode.normal)) > 1e-2)
    reject("has a tangent that does not lie across its normal");
}

Electrode electrode_at(const TsvFile& file, std::size_t row) {
  Electrode electrode;
  electrode.name = file.text(row, "name");
  electrode.position = mm * vector_at(file, row, {"x", "y", "z"});
  electrode.group = file.text(row, "group") == "n/a" ? "" : file.text(row, "group");
  electrode.kind = kind_at(file, row);
  electrode.shape = shape_at(file, row);
  electrode.radius = mm * finite(file, row, "radius");
  if (electrode.shape == ElectrodeShape::ring) electrode.inner_radius = mm * finite(file, row, "inner_radius");
  electrode.length = mm * finite(file, row, "length");
  electrode.width = mm * finite(file, row, "width");
  electrode.normal = vector_at(file, row, {"nx", "ny", "nz"});
  electrode.along = vector_at(file, row, {"ax", "ay", "az"});
  electrode.row = static_cast<int>(file.integer(row, "row"));
  electrode.column = static_cast<int>(file.integer(row, "column"));
  check(file, row, electrode);
  read_contact_cells(file, row, electrode);
  return electrode;
}

}  // namespace

void write_electrodes(const ElectrodeArray& array, const std::string& path) {
  TsvFile file;
  file.set_columns({"name",
                    "x",
                    "y",
                    "z",
                    "coordinate_system",
                    "type",
                    "material",
                    "impedance",
                    "group",
                    "shape",
                    "radius",
                    "inner_radius",
                    "length",
                    "width",
                    "nx",
                    "ny",
                    "nz",
                    "ax",
                    "ay",
                    "az",
                    "row",
                    "column",
                    "role",
                    "model",
                    "current_modes"});
  for (const Electrode& electrode : array.electrodes)
    add_row(file, electrode, type_of(electrode.kind), role_cell(electrode));
  add_row(file, array.reference, "REF", "reference");
  file.write(path);
}

ElectrodeArray read_electrodes(const std::string& path) {
  const TsvFile file(path);
  ElectrodeArray array;
  std::set<std::string> names;
  int references = 0;
  for (std::size_t row = 0; row < file.n_rows(); ++row) {
    Electrode electrode = electrode_at(file, row);
    if (!names.insert(electrode.name).second)
      throw InputError("electrode '" + electrode.name + "' is given twice; give each electrode its own name", path,
                       file.line(row));
    if (file.text(row, "type") != "REF") {
      array.electrodes.push_back(std::move(electrode));
      continue;
    }
    if (++references == 2)
      throw InputError(
          "'" + electrode.name + "' is a second reference (type REF); one electrode takes the current back", path,
          file.line(row));
    array.reference = std::move(electrode);
  }
  if (array.electrodes.empty()) throw InputError("the table has no recording electrodes; add one row for each", path);
  if (references == 0) throw InputError("no electrode has the type REF; add a row for the reference", path);
  return array;
}

}  // namespace bmiss
