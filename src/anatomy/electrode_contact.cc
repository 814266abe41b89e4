#include "anatomy/electrode_contact.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/parameters.h"
#include "base/tsv_file.h"

namespace bmiss {
namespace {

std::vector<std::string> mode_choices() {
  std::vector<std::string> choices;
  for (const int n : known_numbers_of_modes()) choices.push_back(std::to_string(n));
  return choices;
}

// "" when the table does not say.
std::string cell(const TsvFile& file, std::size_t row, const std::string& column) {
  if (!file.has_column(column)) return "";
  const std::string& text = file.text(row, column);
  return text == "n/a" ? "" : text;
}

bool has_area(const Electrode& electrode) {
  return !electrode.is_inside() && electrode.shape != ElectrodeShape::point;
}

}  // namespace

const std::vector<int>& known_numbers_of_modes() {
  static const std::vector<int> known{1, 3, 6, 12, 20};
  return known;
}

void ContactOptions::apply_to(Electrode& electrode) const {
  if (!has_area(electrode)) return;
  electrode.model = model;
  electrode.contact_impedance = impedance;
  electrode.current_modes = model == ElectrodeModel::complete ? current_modes : 1;
}

void ContactOptions::declare_parameters(Parameters& p) {
  p.declare_choice(
      "Model", "uniform", electrode_model_names(),
      "of the contacts. point: the potential at the centre; uniform: a patch with uniform current density, "
      "which reads the average; complete: metal behind a contact impedance, which shunts the skin");
  p.declare_real("Contact impedance", 0.1, "kohm cm2", {0, 1e6},
                 "between metal and skin (wet gel 0.01 to 0.1, dry metal 10 and more); of complete contacts and, with "
                 "an amplifier's input impedance, of patches. Changes no row of the lead field");
  p.declare_choice("Current modes", "6", mode_choices(),
                   "profiles that make up the current density under a complete contact, each a row of the lead field. "
                   "3: linear, 6: and crowded at the rim, 12: quadratic, 20: cubic");
}

ContactOptions ContactOptions::parse_parameters(const Parameters& p) {
  ContactOptions options;
  options.model = electrode_model_named(p.text("Model"));
  options.impedance = p.real("Contact impedance");
  options.current_modes = std::stoi(p.text("Current modes"));
  if (options.model == ElectrodeModel::complete && !(options.impedance > 0))
    p.reject("Contact impedance", "a complete contact needs a positive one; wet gel has 0.01 to 0.1 kohm cm^2");
  return options;
}

std::string impedance_cell(const Electrode& electrode) {
  const bool known = electrode.contact_impedance > 0 && electrode.area() > 0;
  return known ? format_real(1e-3 * electrode.contact_impedance / electrode.area()) : "n/a";
}

std::string role_cell(const Electrode& electrode) {
  return electrode.passive ? "passive" : "recording";
}

void read_contact_cells(const TsvFile& file, std::size_t row, Electrode& electrode) {
  const auto reject = [&](const std::string& sentence) {
    throw InputError("electrode '" + electrode.name + "' " + sentence, file.path(), file.line(row));
  };
  const std::string model = cell(file, row, "model"), modes = cell(file, row, "current_modes"),
                    impedance = cell(file, row, "impedance"), role = cell(file, row, "role");
  if (!model.empty()) {
    const auto& known = electrode_model_names();
    if (std::find(known.begin(), known.end(), model) == known.end())
      reject("has the model '" + model + "'" + known_names(model, known));
    electrode.model = electrode_model_named(model);
  }
  if (!modes.empty()) {
    const auto choices = mode_choices();
    if (std::find(choices.begin(), choices.end(), modes) == choices.end())
      reject("has '" + modes + "' current modes" + known_names(modes, choices));
    electrode.current_modes = std::stoi(modes);
  }
  if (!impedance.empty()) {
    const double value = file.real(row, "impedance");
    if (!(value > 0) || !std::isfinite(value))
      reject("has an impedance of " + impedance + " kohm; give a positive one, or n/a where it is not known");
    electrode.contact_impedance = 1e3 * value * electrode.area();
  }
  if (role == "passive") electrode.passive = true;
  if (!role.empty() && role != "passive" && role != "recording" && role != "reference")
    reject("has the role '" + role + "'" + known_names(role, {"recording", "passive", "reference"}));
  if (electrode.model != ElectrodeModel::complete) return;
  if (!has_area(electrode)) reject("is a point, which has no contact impedance; give it an area or another model");
  if (!(electrode.contact_impedance > 0))
    reject("is complete but has no impedance; give that of its contact in kohm in the column 'impedance'");
}

}  // namespace bmiss
