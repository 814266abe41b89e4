#include "solvers/lead_field/electrode_record.h"

#include "base/errors.h"
#include "base/hdf5_file.h"

namespace bmiss {
namespace {

const std::vector<std::pair<std::string, ElectrodeShape>> shapes = {
    {"point", ElectrodeShape::point}, {"disc", ElectrodeShape::disc}, {"rectangle", ElectrodeShape::rectangle}};

std::string name_of(ElectrodeShape shape) {
  for (const auto& [name, known] : shapes)
    if (known == shape) return name;
  BMISS_ASSERT(false);
  return "";
}

struct RealColumn {
  const char* name;
  const char* meaning;
  double Electrode::*member;
};
constexpr RealColumn real_columns[] = {{"radius", "radius of a disc", &Electrode::radius},
                                       {"length", "length of a rectangle along the limb", &Electrode::length},
                                       {"width", "width of a rectangle across the limb", &Electrode::width}};

struct VectorColumn {
  const char* name;
  const char* unit;
  const char* meaning;
  Eigen::Vector3d Electrode::*member;
};
constexpr VectorColumn vector_columns[] = {{"position", "m", "centre on the skin, RAS", &Electrode::position},
                                           {"normal", "1", "outward normal of the skin", &Electrode::normal},
                                           {"along", "1", "direction of the rows", &Electrode::along}};

struct IntegerColumn {
  const char* name;
  const char* meaning;
  int Electrode::*member;
};
constexpr IntegerColumn integer_columns[] = {{"row", "row in the grid", &Electrode::row},
                                             {"column", "column in the grid", &Electrode::column}};

}  // namespace

void write_electrode_record(Hdf5File& file, const std::string& group, const std::vector<Electrode>& electrodes) {
  const std::size_t n = electrodes.size();
  std::vector<std::string> names, groups, kinds;
  for (const auto& e : electrodes) {
    names.push_back(e.name);
    groups.push_back(e.group);
    kinds.push_back(name_of(e.shape));
  }
  file.write_names(group + "/names", names, "names of the electrodes, in the order of the rows");
  file.write_names(group + "/group", groups, "grid that an electrode belongs to");
  file.write_names(group + "/shape", kinds, "point, disc or rectangle");
  for (const auto& column : real_columns) {
    std::vector<double> values;
    for (const auto& e : electrodes) values.push_back(e.*column.member);
    file.write_all(group + "/" + column.name, values, {n}, "m", column.meaning);
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
             kinds = file.read_names(group + "/shape");
  std::vector<Electrode> electrodes(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    electrodes[i].name = names[i];
    electrodes[i].group = groups.at(i);
    bool known = false;
    for (const auto& [name, shape] : shapes)
      if (name == kinds.at(i)) {
        electrodes[i].shape = shape;
        known = true;
      }
    if (!known)
      throw InputError("electrode '" + names[i] + "' has the unknown shape '" + kinds.at(i) + "'", file.path());
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
