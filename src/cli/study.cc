#include "cli/study.h"

#include "anatomy/label_preparation.h"
#include "anatomy/mesh_estimate.h"
#include "anatomy/mesh_report.h"
#include "anatomy/phantom.h"
#include "base/plugin_loader.h"
#include "base/provenance.h"
#include "base/version.h"
#include "forward/lead_field.h"
#include "forward/referenced_lead_field.h"
#include "forward/territory_sites.h"
#include "inversion/model/decompose_model.h"
#include "physiology/action_potential.h"
#include "physiology/drive.h"
#include "physiology/motoneuron_pool.h"
#include "recording/recording_file.h"
#include "solvers/conductor/law/conductivity_laws.h"
#include "solvers/lead_field/derivative_file.h"
#include "solvers/lead_field/engine.h"

namespace bmiss {
namespace {

void declare_top_level(Parameters& p) {
  p.declare_text("Output folder", "results", "all results go here");
  p.declare_integer("Seed", 1, 0, 2000000000, "of everything random");
  p.declare_names("Grids", {"grid1"}, "electrode grids; each has its subsection in 'Grids'");
  p.declare_names("Additional shared libraries", {}, "plugins to load");
}

void declare_anatomy(Parameters& p) {
  const Parameters::Section section(p, "Anatomy");
  p.declare_text("Label map", "", "NIfTI label map; empty: the phantom");
  p.declare_text("Tissue table", "",
                 "label, name, kind, conductivity [S/m] across and along fibres; empty: the phantom's");
  p.declare_choice("Proximal end", "first slice", {"first slice", "last slice", "superior", "inferior"},
                   "of the label map, along the limb; superior: the end with the higher z");
  p.declare_text("Mesh", "", "a .msh file with one physical volume per label, instead of meshing the label map");
  p.declare_choice("Mesh unit", "mm", {"mm", "cm", "m"}, "of the coordinates in 'Mesh'");
}

void declare_reference(Parameters& p) {
  const Parameters::Section section(p, "Reference");
  p.declare_text("Name", "R1", "of the reference electrode");
  p.declare_reals("Position", {}, "mm", {}, "RAS point, taken to the nearest skin; empty: opposite to the first grid");
  p.declare_real("Position along", 0.85, "", {0, 1},
                 "fraction of the limb from the proximal end, when no position is given");
  p.declare_real("Radius", 5, "mm", {0.5, 30}, "of the patch");
  ContactOptions::declare_parameters(p);
}

void declare_models(Parameters& p) {
  {
    const Parameters::Section section(p, "Volume conductor");
    p.declare_choice("Model", "finite elements", lead_fields().names(), "what computes the lead field");
  }
  {
    const Parameters::Section section(p, "Motor units");
    p.declare_text("Muscle", "", "that holds the pool; empty: the muscle nearest to the first grid");
    p.declare_choice("Action potential", "rosenfalck", action_potentials().names(), "intracellular");
    p.declare_choice("Pool", "fuglevand", motoneuron_pools().names(), "of motoneurons");
  }
  for (const auto& name : lead_fields().names()) lead_fields().create(name)->declare_parameters(p);
  for (const auto& name : action_potentials().names()) action_potentials().create(name)->declare_parameters(p);
  for (const auto& name : motoneuron_pools().names()) motoneuron_pools().create(name)->declare_parameters(p);
}

void declare_decomposition(Parameters& p) {
  const Parameters::Section section(p, "Decomposition");
  p.declare_text("Recording", "", "EDF, BDF or MAT; empty: the simulated one");
  p.declare_choice(
      "Method", "blind", {"blind", "model"},
      "blind: convolutive fastICA (Negro et al. 2016); model: units that the limb's lead field can produce");
  p.declare_text("Model folder", "",
                 "results of the study whose lead field, fibres and mesh the model is; empty: the output folder");
}

}  // namespace

Study::Study(const std::string& parameter_file, const std::vector<std::string>& overrides) {
  declare_top_level(parameters_);
  declare_fibre_muscles(parameters_);
  parameters_.read_declared(parameter_file, overrides);
  load_plugins(parameters_.names("Additional shared libraries"));
  declare();
  parameters_.read(parameter_file, overrides);
  folder_ = parameters_.text("Output folder");
}

void Study::declare() {
  declare_anatomy(parameters_);
  declare_phantom_parameters(parameters_);
  PreparationOptions::declare_parameters(parameters_);
  ContourOptions::declare_parameters(parameters_);
  VolumeMeshOptions::declare_parameters(parameters_);
  MeshLimits::declare_parameters(parameters_);
  declare_memory_limit(parameters_);
  declare_fibre_parameters(parameters_);
  for (const auto& name : parameters_.names("Grids")) GridOptions::declare_parameters(parameters_, name);
  declare_reference(parameters_);
  ConductivityLaws::declare_parameters(parameters_);
  SolverOptions::declare_parameters(parameters_);
  DerivativeOptions::declare_parameters(parameters_);
  declare_models(parameters_);
  ReferenceChoice::declare_parameters(parameters_);
  PlacementOptions::declare_parameters(parameters_);
  SiteOptions::declare_parameters(parameters_);
  DriveOptions::declare_parameters(parameters_);
  EmgOptions::declare_parameters(parameters_);
  declare_decomposition(parameters_);
  BlindOptions::declare_parameters(parameters_);
  ModelOptions::declare_parameters(parameters_);
}

std::string Study::text(const std::string& section, const std::string& key) const {
  if (section.empty()) return parameters_.text(key);
  const Parameters::Section open(parameters_, section);
  return parameters_.text(key);
}

double Study::real(const std::string& section, const std::string& key) const {
  const Parameters::Section open(parameters_, section);
  return parameters_.real(key);
}

unsigned Study::seed() const {
  return static_cast<unsigned>(parameters_.integer("Seed"));
}

std::string Study::label_map() const {
  return needs_phantom() ? file("labels.nii.gz") : text("Anatomy", "Label map");
}

std::string Study::tissue_table() const {
  const std::string given = text("Anatomy", "Tissue table");
  return given.empty() ? file("tissues.txt") : given;
}

std::string Study::recording() const {
  const std::string given = text("Decomposition", "Recording");
  return given.empty() ? bids_recording_path(file("recording"), BidsName()) : given;
}

std::vector<GridOptions> Study::grids() const {
  std::vector<GridOptions> grids;
  for (const auto& name : parameters_.names("Grids")) grids.push_back(GridOptions::parse_parameters(parameters_, name));
  return grids;
}

std::string Study::fingerprint(const std::vector<std::string>& sections) const {
  ContentHash hash;
  hash.add(version()).add(parameters_.text("Seed")).add(parameters_.text("Grids"));
  for (const auto& name : sections) {
    if (const auto slash = name.find('/'); slash != std::string::npos) {
      hash.add(text(name.substr(0, slash), name.substr(slash + 1)));
      continue;
    }
    const Parameters::Section open(parameters_, name);
    hash.add(parameters_.section_text());
  }
  return hash.hex();
}

}  // namespace bmiss
