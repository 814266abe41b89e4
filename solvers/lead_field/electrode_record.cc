#include "solvers/lead_field/electrode_record.h"

#include <algorithm>

#include "base/errors.h"
#include "base/hdf5_file.h"

namespace bmiss {
namespace {

// In the order of the enumeration.
const std::vector<std::string> names_of_kinds{"surface", "needle", "wire"};

struct RealColumn {
  const char* name;
  const char* unit;
  const char* meaning;
  double Electrode::*member;
};
constexpr RealColumn real_columns[] = {
    {"radius", "m", "radius of a disc, outer one of a ring", &Electrode::radius},
    {"inner_radius", "m", "inner radius of a ring", &Electrode::inner_radius},
    {"length", "m", "length of a rectangle along the limb", &Electrode::length},
    {"width", "m", "width of a rectangle across the limb", &Electrode::width},
    {"contact_impedance", "ohm m2", "between metal and skin; 0: not known", &Electrode::contact_impedance}};

struct VectorColumn {
  const char* name;
  const char* unit;
  const char* meaning;
  Eigen::Vector3d Electrode::*member;
};
constexpr VectorColumn vector_columns[] = {
    {"position", "m", "centre on the skin, or place inside the limb, RAS", &Electrode::position},
    {"normal", "1", "outward normal of the skin", &Electrode::normal},
    {"along", "1", "direction of the rows", &Electrode::along}};

struct IntegerColumn {
  const char* name;
  const char* meaning;
  int Electrode::*member;
};
constexpr IntegerColumn integer_columns[] = {
    {"row", "row in the grid", &Electrode::row},
    {"column", "column in the grid", &Electrode::column},
    {"current_modes", "profiles of the current density", &Electrode::current_modes}};

}  // namespace

void write_electrode_record(Hdf5File& file, const std::string& group, const std::vector<Electrode>& electrodes) {
  const std::size_t n = electrodes.size();
  std::vector<std::string> names, groups, shapes, kinds, models;
  std::vector<int> passive;
  for (const auto& e : electrodes) {
    names.push_back(e.name);
    groups.push_back(e.group);
    shapes.push_back(name_of(e.shape));
    models.push_back(name_of(e.model));
    passive.push_back(e.passive ? 1 : 0);
    kinds.push_back(names_of_kinds.at(static_cast<std::size_t>(e.kind)));
  }
  file.write_names(group + "/names", names, "names of the electrodes, in the order of the rows");
  file.write_names(group + "/group", groups, "grid that an electrode belongs to");
  file.write_names(group + "/kind", kinds, "surface, or inside the limb: needle or wire");
  file.write_names(group + "/shape", shapes, "point, disc, rectangle or ring");
  file.write_names(group + "/model", models, "point, uniform (patch of uniform current density) or complete");
  file.write_all(group + "/passive", passive, {n}, "1", "1: shunts but is not recorded");
  for (const auto& column : real_columns) {
    std::vector<double> values;
    for (const auto& e : electrodes) values.push_back(e.*column.member);
    file.write_all(group + "/" + column.name, values, {n}, column.unit, column.meaning);
  }
  for (const auto& column : vector_columns) {
    std::vector<double> values;
    for (const auto& e : electrodes)
      values.insert(values.end(), (e.*column.member).data(), (e.*column.member).data() + 3);
    file.write_all(group + "/" + column.name, values, {n, 3}, column.unit, column.meaning);
  }
  for (const auto& column : integer_columns) {
    std::vector<int> values;
    for (const auto& e : electrodes) values.push_back(e.*column.member);
    file.write_all(group + "/" + column.name, values, {n}, "1", column.meaning);
  }
}

std::vector<Electrode> read_electrode_record(const Hdf5File& file, const std::string& group) {
  const auto names = file.read_names(group + "/names"), groups = file.read_names(group + "/group"),
             kinds = file.read_names(group + "/kind"), shapes = file.read_names(group + "/shape"),
             models = file.read_names(group + "/model");
  const auto passive = file.read_all<int>(group + "/passive");
  std::vector<Electrode> electrodes(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    electrodes[i].name = names[i];
    electrodes[i].group = groups.at(i);
    electrodes[i].passive = passive.at(i) != 0;
    try {
      electrodes[i].shape = shape_named(shapes.at(i));
      electrodes[i].model = electrode_model_named(models.at(i));
    } catch (const InputError& error) {
      throw InputError("electrode '" + names[i] + "': " + error.what(), file.path());
    }
    const auto kind = std::find(names_of_kinds.begin(), names_of_kinds.end(), kinds.at(i));
    if (kind == names_of_kinds.end())
      throw InputError("electrode '" + names[i] + "' is of the unknown kind '" + kinds[i] + "'", file.path());
    electrodes[i].kind = static_cast<ElectrodeKind>(kind - names_of_kinds.begin());
  }
  for (const auto& column : real_columns) {
    const auto values = file.read_all<double>(group + "/" + column.name);
    for (std::size_t i = 0; i < names.size(); ++i) electrodes[i].*column.member = values.at(i);
  }
  for (const auto& column : vector_columns) {
    const auto values = file.read_all<double>(group + "/" + column.name);
    for (std::size_t i = 0; i < names.size(); ++i)
      electrodes[i].*column.member = Eigen::Vector3d(values.at(3 * i), values.at(3 * i + 1), values.at(3 * i + 2));
  }
  for (const auto& column : integer_columns) {
    const auto values = file.read_all<int>(group + "/" + column.name);
    for (std::size_t i = 0; i < names.size(); ++i) electrodes[i].*column.member = values.at(i);
  }
  return electrodes;
}

}  // namespace bmiss
