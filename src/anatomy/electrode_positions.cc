#include "anatomy/electrode_positions.h"

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "anatomy/electrode_contact.h"
#include "anatomy/grid_electrodes.h"
#include "anatomy/patch_checks.h"
#include "anatomy/place_text.h"
#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/tsv_file.h"

namespace bmiss {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr double nearest_positions = 1e-5;  // nearer ones are one and the same [m]

std::string cell(const TsvFile& file, std::size_t row, const std::string& column) {
  if (!file.has_column(column)) return "";
  const std::string& text = file.text(row, column);
  return text == "n/a" ? "" : text;
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool is_reference(const TsvFile& file, std::size_t row) {
  const std::string type = lower_case(cell(file, row, "type"));
  return type == "ref" || type == "reference";
}

ElectrodeKind kind_at(const TsvFile& file, std::size_t row) {
  const std::string type = lower_case(cell(file, row, "type"));
  if (type.find("needle") != std::string::npos) return ElectrodeKind::needle;
  return type.find("wire") != std::string::npos ? ElectrodeKind::wire : ElectrodeKind::surface;
}

std::string system_at(const TsvFile& file, std::size_t row) {
  return cell(file, row, "coordinate_system");
}

// The object that describes a coordinate system, and its file; null when there is none beside the table.
struct SystemFile {
  json content;
  std::string path;
};

SystemFile find_system(const std::string& table, const std::string& system) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::absolute(table).parent_path())) {
    if (boost::algorithm::ends_with(entry.path().filename().string(), "coordsystem.json"))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  SystemFile general;
  for (const auto& path : files) {
    std::ifstream stream(path);
    json content = json::parse(stream, nullptr, false);
    if (!content.is_object())
      throw InputError("is not a JSON object, so the unit of the electrode positions is unknown", path.string());
    if (content.contains(system) && content[system].is_object()) return {content[system], path.string()};
    const std::string name = path.filename().string();
    if (!system.empty() && name.find("space-" + system + "_") != std::string::npos) return {content, path.string()};
    if (name.find("space-") == std::string::npos) general = {content, path.string()};
  }
  if (general.path.empty() && system.empty() && files.size() == 1) {
    std::ifstream stream(files.front());
    general = {json::parse(stream, nullptr, false), files.front().string()};
  }
  return general;
}

double unit_of(const GridOptions& options, const std::string& system) {
  const SystemFile found = find_system(options.positions_file, system);
  if (found.path.empty()) return options.positions_unit > 0 ? options.positions_unit : 1e-3;
  const auto text = [&](const char* key) {
    return found.content.contains(key) && found.content[key].is_string() ? found.content[key].get<std::string>()
                                                                         : std::string();
  };
  const std::string parent = text("ParentCoordinateSystem");
  if (!parent.empty() && parent != "n/a")
    throw InputError("the coordinate system '" + system + "' of the electrode positions is a local one within '" +
                         parent + "'; give the positions in the world frame of the label map (RAS)",
                     found.path);
  if (options.positions_unit > 0) return options.positions_unit;
  const std::string unit = text("EMGCoordinateUnits");
  for (const auto& [name, size] : {std::pair{"mm", 1e-3}, std::pair{"cm", 1e-2}, std::pair{"m", 1.0}})
    if (unit == name) return size;
  throw InputError("EMGCoordinateUnits is '" + unit + "', which is no length; give one of mm, cm, m", found.path);
}

Eigen::Vector3d position_at(const TsvFile& file, std::size_t row, double unit) {
  Eigen::Vector3d position;
  int i = 0;
  for (const std::string column : {"x", "y", "z"}) {
    position[i] = unit * file.real(row, column);
    if (!std::isfinite(position[i]))
      throw InputError("column '" + column + "' holds '" + file.text(row, column) + "'; electrode '" +
                           file.text(row, "name") + "' needs a number here to be placed on a limb",
                       file.path(), file.line(row));
    ++i;
  }
  return position;
}

// Sizes as the table says (millimetres, as bmiss writes them), else those of the options.
void set_contact(Electrode& electrode, const TsvFile& file, std::size_t row, GridOptions options) {
  if (electrode.is_inside()) {
    electrode.shape = ElectrodeShape::point;
    return;
  }
  const std::string shape = cell(file, row, "shape");
  if (!shape.empty()) {
    const auto size = [&](const char* column) {
      const double value = cell(file, row, column).empty() ? 0 : 1e-3 * file.real(row, column);
      return std::isfinite(value) ? value : 0.0;
    };
    options.radius = size("radius");
    options.inner_radius = size("inner_radius");
    options.length = size("length");
    options.width = size("width");
    try {
      options.shape = shape_named(shape);
      check_contact(options);
    } catch (const InputError& error) {
      throw InputError("electrode '" + electrode.name + "': " + error.what(), file.path(), file.line(row));
    }
  } else if (is_reference(file, row)) {
    options.shape = ElectrodeShape::point;
  }
  const Electrode contact = options.contact();
  electrode.shape = contact.shape;
  electrode.radius = contact.radius;
  electrode.inner_radius = contact.inner_radius;
  electrode.length = contact.length;
  electrode.width = contact.width;
  if (!is_reference(file, row)) options.touch.apply_to(electrode);
}

Electrode electrode_at(const TsvFile& file, std::size_t row, const GridOptions& options, double unit) {
  Electrode electrode;
  electrode.name = file.text(row, "name");
  if (electrode.name.empty() || electrode.name == "n/a")
    throw InputError("the electrode has no name; give every electrode one", file.path(), file.line(row));
  electrode.kind = is_reference(file, row) ? ElectrodeKind::surface : kind_at(file, row);
  electrode.position = position_at(file, row, unit);
  electrode.group = cell(file, row, "group");
  if (electrode.group.empty()) electrode.group = options.name;
  if (!cell(file, row, "row").empty()) electrode.row = static_cast<int>(file.integer(row, "row"));
  if (!cell(file, row, "column").empty()) electrode.column = static_cast<int>(file.integer(row, "column"));
  set_contact(electrode, file, row, options);
  electrode.passive = options.passive && !is_reference(file, row);
  read_contact_cells(file, row, electrode);
  return electrode;
}

// Rows of the wanted group, and of references.
std::vector<std::size_t> wanted_rows(const TsvFile& file, const std::string& group) {
  std::vector<std::size_t> rows;
  std::set<std::string> groups;
  bool found = false;
  for (std::size_t row = 0; row < file.n_rows(); ++row) {
    const bool reference = is_reference(file, row);
    if (!reference) groups.insert(cell(file, row, "group"));
    const bool wanted = group.empty() || cell(file, row, "group") == group;
    if (!reference && wanted) found = true;
    if (reference || wanted) rows.push_back(row);
  }
  groups.erase("");
  if (!found && !group.empty())
    throw InputError("no electrode is of the group '" + group + "'" +
                         known_names(group, std::vector<std::string>(groups.begin(), groups.end())),
                     file.path());
  if (!found) throw InputError("the table has no electrode; add one row for each", file.path());
  return rows;
}

void require_apart(const std::vector<Electrode>& electrodes, const TsvFile& file) {
  for (std::size_t i = 0; i < electrodes.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      if (electrodes[i].name == electrodes[j].name)
        throw InputError("electrode '" + electrodes[i].name + "' is given twice; give each electrode its own name",
                         file.path());
      if ((electrodes[i].position - electrodes[j].position).norm() < nearest_positions)
        throw InputError("electrodes '" + electrodes[j].name + "' and '" + electrodes[i].name +
                             "' have the same position " + place_of(electrodes[i].position) +
                             "; give each electrode its own",
                         file.path());
    }
}

}  // namespace

DigitisedPositions read_positions(const GridOptions& options) {
  const TsvFile file(options.positions_file);
  const auto rows = wanted_rows(file, options.positions_group);
  const auto first = std::find_if(rows.begin(), rows.end(), [&](std::size_t row) { return !is_reference(file, row); });
  const std::string system = system_at(file, *first);
  const double unit = unit_of(options, system);
  DigitisedPositions result;
  for (const std::size_t row : rows) {
    if (is_reference(file, row)) {
      if (system_at(file, row) != system) continue;  // its place relative to the others is not known
      if (result.reference)
        throw InputError("'" + file.text(row, "name") +
                             "' is a second reference (type REF); one electrode takes the "
                             "current back",
                         file.path(), file.line(row));
      result.reference = electrode_at(file, row, options, unit);
      continue;
    }
    if (system_at(file, row) != system)
      throw InputError("electrode '" + file.text(row, "name") + "' is in the coordinate system '" +
                           system_at(file, row) + "' and '" + file.text(*first, "name") + "' in '" + system +
                           "'; give all in the world frame of the label map, or choose a 'Group'",
                       file.path(), file.line(row));
    result.electrodes.push_back(electrode_at(file, row, options, unit));
  }
  auto all = result.electrodes;
  if (result.reference) all.push_back(*result.reference);
  require_apart(all, file);
  return result;
}

}  // namespace bmiss
