#include "solvers/lead_field/electrode_block.h"

#include <Eigen/Dense>
#include <cmath>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr const char* row_name = "/electrode_block/name";
constexpr const char* row_electrode = "/electrode_block/electrode";
constexpr const char* row_mode = "/electrode_block/mode";
constexpr const char* patch_area = "/electrode_block/area";
constexpr const char* resistance = "/electrode_block/resistance";

const Electrode& owner(const ElectrodeArray& contacts, std::size_t number) {
  return number < contacts.electrodes.size() ? contacts.electrodes[number] : contacts.reference;
}

void require_impedance(const Electrode& electrode) {
  const double z = electrode.contact_impedance;
  const bool complete = electrode.model == ElectrodeModel::complete;
  if (complete ? z > 0 : z >= 0) return;
  throw InputError("electrode '" + electrode.name + "' has a contact impedance of " + format("%g", 10 * z) +
                   " kohm cm^2; give " + (complete ? "a complete electrode a positive one" : "0 (none) or more"));
}

// Of the uniform current through a contact [ohm]; 0 where it is not known.
double contact_resistance(const ElectrodeBlock& block, const ElectrodeArray& contacts, std::size_t number) {
  const double z = owner(contacts, number).contact_impedance, area = block.areas.at(number);
  return area > 0 && std::isfinite(z) ? z / area : 0;
}

}  // namespace

Eigen::MatrixXd open_circuit_rows(const ElectrodeBlock& block, const ElectrodeArray& contacts) {
  const Eigen::Index n = static_cast<Eigen::Index>(contacts.electrodes.size()),
                     n_rows = static_cast<Eigen::Index>(block.rows.size()), further = n_rows - n;
  for (const auto& electrode : contacts.electrodes) require_impedance(electrode);
  require_impedance(contacts.reference);
  Eigen::MatrixXd result = Eigen::MatrixXd::Identity(n, n_rows);
  if (further == 0) return result;
  // With the conductances Y = |patch| / z the modes are c = -(Y^-1 + R)^-1 s = -D (1 + D R D)^-1 D s, D = Y^(1/2).
  Eigen::VectorXd d(further);
  for (Eigen::Index k = 0; k < further; ++k) {
    const std::size_t e = block.rows[static_cast<std::size_t>(n + k)].electrode;
    d[k] = std::sqrt(block.areas.at(e) / owner(contacts, e).contact_impedance);
  }
  const auto& r = block.resistances;
  const Eigen::MatrixXd system = Eigen::MatrixXd::Identity(further, further) +
                                 d.asDiagonal() * r.bottomRightCorner(further, further) * d.asDiagonal();
  result.rightCols(further) =
      -(d.asDiagonal() * system.llt().solve(d.asDiagonal() * r.bottomLeftCorner(further, n))).transpose();
  return result;
}

Eigen::MatrixXd terminal_resistances(const ElectrodeBlock& block, const ElectrodeArray& contacts,
                                     const Eigen::MatrixXd& open_circuit) {
  const Eigen::Index n = open_circuit.rows();
  Eigen::MatrixXd result = open_circuit * block.resistances.leftCols(n);
  result.array() += contact_resistance(block, contacts, contacts.electrodes.size());
  for (Eigen::Index e = 0; e < n; ++e) result(e, e) += contact_resistance(block, contacts, static_cast<std::size_t>(e));
  return result;
}

Eigen::MatrixXd loaded_rows(const Eigen::MatrixXd& open_circuit, const Eigen::MatrixXd& resistances,
                            const Eigen::VectorXd& conductances) {
  // Currents -Y V enter the skin, so V = open - S Y V.
  const Eigen::Index n = open_circuit.rows();
  return (Eigen::MatrixXd::Identity(n, n) + resistances * conductances.asDiagonal()).partialPivLu().solve(open_circuit);
}

void create_electrode_block(Hdf5File& file, const ElectrodeArray& array) {
  const auto rows = lead_field_rows(array);
  std::vector<std::string> names;
  std::vector<int> electrodes, modes;
  for (const auto& row : rows) {
    names.push_back(row.name);
    electrodes.push_back(static_cast<int>(row.electrode));
    modes.push_back(row.mode);
  }
  const std::size_t n = rows.size(), n_patches = array.electrodes.size() + 1;
  file.write_names(row_name, names, "of the rows of the lead field, in their order");
  file.write_all(row_electrode, electrodes, {n}, "1", "electrode of each row, from 0; after the last: the reference");
  file.write_all(row_mode, modes, {n}, "1", "mode of the current density; 0: uniform");
  file.write_all(patch_area, std::vector<double>(n_patches, NAN), {n_patches}, "m2",
                 "of the patches of the electrodes and of the reference, as integrated; 0 for points");
  file.write_all(resistance, std::vector<double>(n * n, NAN), {n, n}, "V/A",
                 "what the functional of each row reads of the field of each row");
}

void write_electrode_block(Hdf5File& file, const std::vector<double>& areas, const Eigen::MatrixXd& resistances) {
  const Eigen::MatrixXd symmetric = 0.5 * (resistances + resistances.transpose());
  const std::size_t n = static_cast<std::size_t>(resistances.rows());
  file.write(patch_area, areas.data(), {0}, {areas.size()});
  file.write(resistance, symmetric.data(), {0, 0}, {n, n});
}

ElectrodeBlock read_electrode_block(const Hdf5File& file) {
  ElectrodeBlock block;
  const auto names = file.read_names(row_name);
  const auto electrodes = file.read_all<int>(row_electrode), modes = file.read_all<int>(row_mode);
  for (std::size_t i = 0; i < names.size(); ++i)
    block.rows.push_back({names[i], static_cast<std::size_t>(electrodes.at(i)), modes.at(i)});
  block.areas = file.read_all<double>(patch_area);
  const auto values = file.read_all<double>(resistance);
  const Eigen::Index n = static_cast<Eigen::Index>(names.size());
  block.resistances = Eigen::Map<const Eigen::MatrixXd>(values.data(), n, n);
  return block;
}

}  // namespace bmiss
