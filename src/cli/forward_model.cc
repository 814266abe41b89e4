#include "cli/forward_model.h"

#include <limits>
#include <vector>

#include "anatomy/mesh_file.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/nearest_name.h"
#include "cli/limb.h"
#include "cli/study.h"
#include "forward/referenced_lead_field.h"

namespace bmiss {

std::unique_ptr<LeadField> lead_field_of(const Study& study, const std::string& folder) {
  const std::string model = study.text("Volume conductor", "Model");
  auto lead_field = lead_fields().create(model);
  lead_field->parse_parameters(study.parameters(), folder);
  lead_field->set_electrodes(read_electrodes(folder + "/electrodes.tsv"));
  return with_reference(std::move(lead_field), ReferenceChoice::parse_parameters(study.parameters()));
}

std::unique_ptr<ActionPotential> action_potential_of(const Study& study) {
  auto action_potential = action_potentials().create(study.text("Motor units", "Action potential"));
  action_potential->parse_parameters(study.parameters());
  return action_potential;
}

std::string muscle_of(const Study& study, const FibreAtlas& atlas, const ElectrodeArray& array) {
  const std::string named = study.text("Motor units", "Muscle");
  std::vector<std::string> muscles;
  for (const auto& entry : atlas.paths) muscles.push_back(entry.first);
  if (!named.empty()) {
    if (atlas.paths.count(named) == 0) {
      const Parameters::Section section(study.parameters(), "Motor units");
      study.parameters().reject("Muscle", "no muscle with fibres is called so" + known_names(named, muscles));
    }
    return named;
  }
  const Eigen::Vector3d centre = middle_electrode(array.electrodes).position;
  std::string nearest;
  double smallest = std::numeric_limits<double>::infinity();
  for (const auto& [name, paths] : atlas.paths)
    for (const FibrePath& path : paths) {
      const double distance = (path.points.colwise() - centre).colwise().norm().minCoeff();
      if (distance < smallest) {
        smallest = distance;
        nearest = name;
      }
    }
  if (nearest.empty())
    throw InputError("no muscle has fibres; check the kinds in the tissue table", study.tissue_table());
  return nearest;
}

Surface skin_of(const std::string& folder) {
  return skin_surface(read_msh(folder + "/mesh.msh", "mm", TissueTable::read(folder + "/mesh_tissues.txt")));
}

}  // namespace bmiss
