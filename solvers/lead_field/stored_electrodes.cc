#include "solvers/lead_field/stored_electrodes.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/nearest_name.h"
#include "base/parameters.h"
#include "base/table.h"
#include "solvers/lead_field/electrode_record.h"
#include "solvers/lead_field/file_layout.h"

namespace bmiss {
namespace {

constexpr double same_place = 0.1e-3;  // between an electrode and its namesake in the file [m]

// "0.05" or "grid1: 0.05, grid1_r02c03: 20".
std::pair<std::string, double> impedance_in(const Parameters& p, const std::string& text) {
  const auto colon = text.rfind(':');
  std::string name = colon == std::string::npos ? "" : text.substr(0, colon);
  name.erase(name.find_last_not_of(' ') + 1);
  const std::string number = colon == std::string::npos ? text : text.substr(colon + 1);
  std::size_t end = 0;
  double value = 0;
  try {
    value = std::stod(number, &end);
  } catch (const std::exception&) {
    end = 0;
  }
  if (end == 0 || number.find_first_not_of(' ', end) != std::string::npos)
    p.reject("Contact impedances", "'" + text + "' is not a number of kohm cm^2, nor 'name: number'");
  if (!(value > 0) || !std::isfinite(value))
    p.reject("Contact impedances", "'" + text + "' is not positive; give the impedance of a contact in kohm cm^2");
  return {name, 0.1 * value};
}

void require_same(const Electrode& stored, const Electrode& wanted, const std::string& path) {
  const double distance = (stored.position - wanted.position).norm();
  if (distance > same_place)
    throw InputError("electrode '" + wanted.name + "' of the lead field lies " + format("%.1f mm", 1e3 * distance) +
                         " away from where it is wanted; compute the lead field of these electrodes",
                     path);
  const bool complete = stored.model == ElectrodeModel::complete;
  if (wanted.model == stored.model && (!complete || wanted.current_modes == stored.current_modes)) return;
  if (complete && wanted.model == ElectrodeModel::uniform) return;
  const auto words = [](const Electrode& e) {
    return "'" + name_of(e.model) + "'" +
           (e.model == ElectrodeModel::complete ? " with " + std::to_string(e.current_modes) + " current modes" : "");
  };
  throw InputError("electrode '" + wanted.name + "' of the lead field has the model " + words(stored) + " but " +
                       words(wanted) + " is wanted; compute the lead field of these electrodes",
                   path);
}

// The contact of the day from what is wanted.
void take_contact(const Electrode& wanted, Electrode& contact) {
  if (contact.model == ElectrodeModel::complete && wanted.model == ElectrodeModel::uniform)
    contact.contact_impedance = std::numeric_limits<double>::infinity();
  else if (wanted.contact_impedance != 0)
    contact.contact_impedance = wanted.contact_impedance;
}

}  // namespace

void ContactChanges::declare_parameters(Parameters& p) {
  p.declare_names(
      "Contact impedances", {},
      "between metal and skin in kohm cm2, one for all ('0.05') or of grids and electrodes ('grid1: 0.05, "
      "grid1_r02c03: 20', the last that fits counts); empty: as the electrodes say. Needs no new lead field");
  p.declare_real("Input impedance", 0, "Mohm", {0, 1e9},
                 "of the amplifier, between each recorded electrode and the reference; 0: infinite");
}

ContactChanges ContactChanges::parse_parameters(const Parameters& p) {
  ContactChanges changes;
  for (const auto& text : p.names("Contact impedances")) changes.impedances.push_back(impedance_in(p, text));
  changes.input_impedance = p.real("Input impedance");
  return changes;
}

StoredElectrodes::StoredElectrodes(const Hdf5File& file)
    : path_(file.path()), is_complex_(file.exists(imaginary_dataset)), block_(read_electrode_block(file)) {
  stored_.electrodes = read_electrode_record(file, "/electrodes");
  stored_.reference = read_electrode_record(file, "/reference").at(0);
  choose(stored_);
}

void StoredElectrodes::choose(const ElectrodeArray& wanted) {
  if (wanted.reference.name != stored_.reference.name)
    throw InputError("the lead field has the reference '" + stored_.reference.name + "' but '" + wanted.reference.name +
                         "' is wanted; compute a lead field with that reference",
                     path_);
  const auto names = stored_.names();
  ElectrodeArray contacts = stored_, recorded;
  std::vector<std::size_t> numbers;
  for (const auto& electrode : wanted.electrodes) {
    const auto found = std::find(names.begin(), names.end(), electrode.name);
    if (found == names.end())
      throw InputError("the lead field has no electrode '" + electrode.name + "'" + known_names(electrode.name, names),
                       path_);
    const std::size_t number = static_cast<std::size_t>(found - names.begin());
    require_same(stored_.electrodes[number], electrode, path_);
    take_contact(electrode, contacts.electrodes[number]);
    if (electrode.passive) continue;
    recorded.electrodes.push_back(electrode);
    numbers.push_back(number);
  }
  take_contact(wanted.reference, contacts.reference);
  recorded.reference = wanted.reference;
  contacts_ = std::move(contacts);
  recorded_ = std::move(recorded);
  numbers_ = std::move(numbers);
  update();
}

void StoredElectrodes::change(const ContactChanges& changes) {
  if (is_complex_ && (!changes.impedances.empty() || changes.input_impedance > 0))
    throw InputError(
        "the lead field is complex, so that contact and input impedances cannot be added to it; leave them empty, or "
        "compute it with a conductivity law without imaginary part",
        path_);
  changes_ = changes;
  update();
}

void StoredElectrodes::update() {
  ElectrodeArray contacts = contacts_;
  for (const auto& [name, impedance] : changes_.impedances) {
    std::vector<std::string> known;
    bool found = false;
    const auto apply = [&, wanted = name, value = impedance](Electrode& electrode) {
      for (const auto& text : {electrode.group, electrode.name})
        if (std::find(known.begin(), known.end(), text) == known.end()) known.push_back(text);
      if (!wanted.empty() && wanted != electrode.name && wanted != electrode.group) return;
      if (std::isfinite(electrode.contact_impedance)) electrode.contact_impedance = value;
      found = true;
    };
    for (auto& electrode : contacts.electrodes) apply(electrode);
    apply(contacts.reference);
    if (!found)
      throw InputError("Lead field/Contact impedances: no grid or electrode is called '" + name + "'" +
                       known_names(name, known));
  }
  Eigen::MatrixXd all = open_circuit_rows(block_, contacts);
  if (changes_.input_impedance > 0) {
    Eigen::VectorXd conductances = Eigen::VectorXd::Zero(all.rows());
    for (const std::size_t number : numbers_)
      conductances[static_cast<Eigen::Index>(number)] = 1 / changes_.input_impedance;
    all = loaded_rows(all, terminal_resistances(block_, contacts, all), conductances);
  }
  montage_.resize(static_cast<Eigen::Index>(numbers_.size()), all.cols());
  for (std::size_t e = 0; e < numbers_.size(); ++e)
    montage_.row(static_cast<Eigen::Index>(e)) = all.row(static_cast<Eigen::Index>(numbers_[e]));
}

}  // namespace bmiss
