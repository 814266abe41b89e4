#include "anatomy/fibre_settings.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cctype>

#include "anatomy/fibre_direction_model.h"
#include "anatomy/fibres.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/parameters.h"

namespace bmiss {
namespace {

const std::string same_as_all = "as all";

void declare_muscle(Parameters& p, const std::string& name, std::vector<std::string> models) {
  const Parameters::Section section(p, name);
  models.insert(models.begin(), same_as_all);
  p.declare_choice("Directions", same_as_all, models, "model of this muscle's fibre directions");
  for (const std::string end : {"Origin", "Insertion"}) {
    p.declare_names(end + " label", {},
                    "tissues (names or labels) whose common surface with the muscle is its " +
                        std::string(end == "Origin" ? "proximal" : "distal") + " end; empty: by its shape or a cut");
    p.declare_reals(end + " plane", {}, "mm", {},
                    "point x, y, z and normal x, y, z of a plane where the fibres end; the normal points to the muscle "
                    "beyond it");
  }
  p.declare_real("Pennation", 0, "deg", {0, 80}, "by which fibres are turned from the line of action");
  p.declare_reals("Pennation direction", {}, "1", {},
                  "x, y, z; fibres turn towards it, in the plane that it spans with the line of action");
  p.declare_choice("Pennate", "unipennate", {"unipennate", "bipennate"},
                   "bipennate: towards the plane through the muscle's centroid normal to the pennation direction, from "
                   "both sides");
}

Eigen::Vector3d vector_at(const std::vector<double>& values, std::size_t first) {
  return {values[first], values[first + 1], values[first + 2]};
}

int tissue_label(const Parameters& p, const std::string& key, const std::string& text, const TissueTable& tissues) {
  std::vector<std::string> names;
  for (const Tissue& tissue : tissues.tissues()) {
    if (tissue.name == text || std::to_string(tissue.label) == text) return tissue.label;
    names.push_back(tissue.name);
  }
  p.reject(key, "no tissue is called '" + text + "'" + known_names(text, names));
}

Attachment parse_attachment(const Parameters& p, const std::string& end, const TissueTable& tissues) {
  Attachment attachment;
  for (const std::string& text : p.names(end + " label"))
    attachment.labels.push_back(tissue_label(p, end + " label", text, tissues));
  const std::vector<double> plane = p.reals(end + " plane");
  if (plane.empty()) return attachment;
  if (plane.size() != 6)
    p.reject(end + " plane",
             "give six numbers, a point [mm] and a normal, but here are " + std::to_string(plane.size()));
  if (vector_at(plane, 3).norm() == 0) p.reject(end + " plane", "the normal is zero; give its direction");
  if (!attachment.labels.empty())
    p.reject(end + " plane", "the " + end + " label is given too; leave one of them empty");
  attachment.plane = AttachmentPlane{vector_at(plane, 0), vector_at(plane, 3).normalized()};
  return attachment;
}

void parse_muscle(const Parameters& p, const TissueTable& tissues, FibreSetting& setting) {
  const Parameters::Section section(p, setting.muscle.name);
  if (p.text("Directions") != same_as_all) setting.model = p.text("Directions");
  FibreMuscle& muscle = setting.muscle;
  muscle.origin = parse_attachment(p, "Origin", tissues);
  muscle.insertion = parse_attachment(p, "Insertion", tissues);
  muscle.pennation = p.real("Pennation");
  muscle.pennation_kind = p.text("Pennate") == "bipennate" ? PennationKind::bipennate : PennationKind::unipennate;
  const std::vector<double> direction = p.reals("Pennation direction");
  if (muscle.pennation > 0 && direction.empty())
    p.reject("Pennation",
             "the angle alone does not tell the plane in which fibres are inclined; set the pennation "
             "direction");
  if (direction.empty()) return;
  if (direction.size() != 3 || vector_at(direction, 0).norm() == 0)
    p.reject("Pennation direction", "give a vector x, y, z that is not zero");
  muscle.pennation_direction = vector_at(direction, 0).normalized();
}

}  // namespace

void declare_fibre_muscles(Parameters& p) {
  const Parameters::Section section(p, "Fibres");
  p.declare_names("Muscles", {}, "muscles with a subsection of their own for ends, pennation and model of directions");
}

void declare_fibre_parameters(Parameters& p) {
  StreamlineOptions::declare_parameters(p);
  const auto models = fibre_direction_models().names();
  {
    const Parameters::Section section(p, "Fibres");
    p.declare_choice("Directions", "harmonic", models, "model of the fibre directions");
    for (const std::string& name : p.names("Muscles")) declare_muscle(p, name, models);
  }
  for (const std::string& name : models) fibre_direction_models().create(name)->declare_parameters(p);
}

std::vector<FibreSetting> parse_fibre_settings(const Parameters& p, const TissueTable& tissues) {
  const Parameters::Section section(p, "Fibres");
  std::vector<FibreSetting> settings;
  std::vector<std::string> muscles;
  for (const Tissue* tissue : tissues.of_kind(TissueKind::muscle)) {
    FibreSetting setting;
    setting.muscle.label = tissue->label;
    setting.muscle.name = tissue->name;
    setting.model = p.text("Directions");
    settings.push_back(setting);
    muscles.push_back(tissue->name);
  }
  for (const std::string& name : p.names("Muscles")) {
    const auto found = std::find(muscles.begin(), muscles.end(), name);
    if (found == muscles.end()) p.reject("Muscles", "no muscle is called '" + name + "'" + known_names(name, muscles));
    parse_muscle(p, tissues, settings[static_cast<std::size_t>(found - muscles.begin())]);
  }
  return settings;
}

}  // namespace bmiss
