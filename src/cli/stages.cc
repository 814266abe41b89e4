#include "cli/stages.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/output_file.h"
#include "base/provenance.h"
#include "cli/study.h"
#include "recording/recording_file.h"
#include "solvers/conductor/law/conductivity_laws.h"

namespace bmiss {
namespace {

using Files = std::vector<std::string>;

// What earlier runs in this folder recorded about their stages; empty when there is nothing readable.
nlohmann::json read_marks(const Study& study) {
  std::ifstream stream(study.file("stages.json"));
  const auto json = nlohmann::json::parse(stream, nullptr, false);
  return json.is_object() ? json : nlohmann::json::object();
}

// With the digitised positions of electrodes.
Files with_refinement(const Study& study, Files files) {
  if (const std::string file = study.text("Mesh", "Refine by"); !file.empty()) files.push_back(file);
  return files;
}

Files with_positions(const Study& study, Files files) {
  for (const GridOptions& grid : study.grids())
    if (!grid.positions_file.empty()) files.push_back(grid.positions_file);
  return files;
}

}  // namespace

std::vector<Stage> stages_of(const Study& study) {
  std::vector<Stage> stages;
  if (study.needs_phantom() && study.text("Anatomy", "Mesh").empty())
    stages.push_back({"phantom",
                      run_phantom,
                      {"Phantom"},
                      [](const Study&) { return Files(); },
                      [](const Study& s) {
                        return Files{s.file("labels.nii.gz"), s.file("tissues.txt")};
                      }});
  stages.push_back(
      {"mesh",
       run_mesh,
       {"Anatomy", "Label map", "Contour", "Mesh", "Fibres", "Grids", "Motor units/Muscle"},
       [](const Study& s) {
         const std::string given = s.text("Anatomy", "Mesh");
         return with_refinement(s, with_positions(s, {given.empty() ? s.label_map() : given, s.tissue_table()}));
       },
       [](const Study& s) {
         return Files{s.file("mesh.msh"), s.file("fibres.h5"), s.file("mesh_tissues.txt")};
       }});
  stages.push_back({"leadfield",
                    run_lead_field,
                    {"Grids", "Reference", "Conductivity", "Solver", "Derivatives"},
                    [](const Study& s) {
                      Files files = ConductivityLaws::parse_parameters(s.parameters()).files();
                      for (const char* name : {"mesh.msh", "fibres.h5", "mesh_tissues.txt"})
                        files.push_back(s.file(name));
                      return with_positions(s, files);
                    },
                    [](const Study& s) {
                      return Files{s.file("lead_field.h5"), s.file("electrodes.tsv")};
                    }});
  stages.push_back(
      {"simulate",
       run_simulate,
       {"Volume conductor", "Motor units", "Motoneuron pool", "Drive", "EMG", "Lead field", "Layered cylinder",
        "Montage"},
       [](const Study& s) {
         return Files{s.file("lead_field.h5"), s.file("electrodes.tsv"), s.file("fibres.h5"), s.file("mesh.msh")};
       },
       [](const Study& s) {
         return Files{bids_recording_path(s.file("recording"), BidsName()), s.file("muaps.h5"),
                      events_path(s.file("recording"), BidsName(), "truth")};
       }});
  stages.push_back({"decompose",
                    run_decompose,
                    {"Decomposition", "Volume conductor", "Motor units", "Lead field", "Layered cylinder", "Montage"},
                    [](const Study& s) {
                      Files files = {s.recording()};
                      if (s.text("Decomposition", "Method") == "model")
                        for (const char* name : {"lead_field.h5", "fibres.h5", "mesh.msh"})
                          files.push_back(s.file(name));
                      return files;
                    },
                    [](const Study& s) {
                      Files files{s.file("decomposed_events.tsv"), s.file("units.tsv"), s.file("neural_drive.tsv"),
                                  s.file("decomposition.png")};
                      if (s.text("Decomposition", "Method") == "model")
                        for (const char* name : {"identifiability.tsv", "identifiability.vtu"})
                          files.push_back(s.file(name));
                      return files;
                    }});
  stages.push_back({"score",
                    run_score,
                    {},
                    [](const Study& s) {
                      return Files{s.file("decomposed_events.tsv"), s.file("units.tsv"), s.file("true_units.tsv"),
                                   events_path(s.file("recording"), BidsName(), "truth")};
                    },
                    [](const Study& s) { return Files{s.file("score.tsv")}; }});
  return stages;
}

std::string stage_key(const Stage& stage, const Study& study) {
  ContentHash hash;
  hash.add(study.fingerprint(stage.sections));
  for (const auto& file : stage.inputs(study)) hash.add(hash_of_file(file));
  return hash.hex();
}

bool is_current(const Stage& stage, const Study& study, const std::string& key) {
  const auto marks = read_marks(study);
  if (!marks.contains(stage.name) || marks[stage.name].value("key", "") != key) return false;
  // An output that was changed or lost since is made again.
  for (const auto& file : stage.outputs(study))
    if (!std::filesystem::exists(file) || marks[stage.name]["outputs"].value(file, "") != hash_of_file(file))
      return false;
  return true;
}

void mark_current(const Stage& stage, const Study& study, const std::string& key) {
  auto marks = read_marks(study);
  marks[stage.name] = {{"key", key}, {"outputs", nlohmann::json::object()}};
  for (const auto& file : stage.outputs(study)) marks[stage.name]["outputs"][file] = hash_of_file(file);
  OutputFile file(study.file("stages.json"));
  file.stream() << marks.dump(2) << '\n';
  file.commit();
}

}  // namespace bmiss
