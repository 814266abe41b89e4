// Meshes of label maps as people have them: is each complete, of the right volumes, well shaped, conforming, and made
// in reasonable time? What a mesh is like is computed from its file alone.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <iostream>
#include <set>

#include "anatomy/label_map.h"
#include "anatomy/tissue_table.h"
#include "base/table.h"
#include "benchmarks/mesh_soundness.h"
#include "benchmarks/program_run.h"
#include "benchmarks/sections.h"
#include "support/test_files.h"

namespace bmiss::bench {
namespace {

constexpr double volume_limit = 2, small_volume_limit = 5;    // [%]
constexpr double smallest_large_tissue = 1000;                // [mm3]
constexpr double dihedral_limit = 8, percentile1_limit = 15;  // [deg]
constexpr double cost_limit = 3;  // CPU time of meshing, of Gmsh's volume meshing in the same run

struct Case {
  std::string name, parameters;    // parameters: file in this project
  std::string label_map, tissues;  // outside data; empty: a phantom makes them
  Overrides settings;
  bool cost_is_limited;
};

std::vector<Case> cases() {
  const std::string data = "data/anatomy/", forearm_tissues = data + "forearm_bp3d_labels.txt";
  // Ends as long as the default makes them, also where the parameter file has none; about 300 thousand quadratic nodes.
  const Overrides forearm = {"Mesh/End extension=-1", "Contour/Edge length=2.7"};
  return {{"calf", "tests/anatomy/calf.prm", data + "calf_qmri_1mm.nii.gz", data + "calf_qmri_labels.txt", {}, false},
          {"forearm", "tests/anatomy/forearm.prm", data + "forearm_bp3d_1mm.nii.gz", forearm_tissues, forearm, true},
          {"forearm_4mm_slices", "tests/anatomy/forearm.prm", data + "forearm_bp3d_0.8x0.8x4mm.nii.gz", forearm_tissues,
           forearm, false},
          {"phantom", "params/demo.prm", "", "", {}, false},
          {"dirty_phantom", "meshes/dirty_forearm.prm", "", "", {}, false}};
}

// A column of the table: what each row says about one case.
struct Verdicts {
  std::map<std::string, std::string> cells;
  bool kept = true;
  void say(const std::string& row, const std::string& cell) { cells[row] = cell; }
  void judge(const std::string& row, const std::string& cell, bool ok) {
    cells[row] = cell + (ok ? "" : " FAILED");
    kept = kept && ok;
  }
};

const std::vector<std::array<std::string, 2>> rows = {{"tetrahedra", ""},
                                                      {"of them in extruded ends", ""},
                                                      {"quadratic nodes", ""},
                                                      {"labels present", "all"},
                                                      {"worst volume error, tissues above 1 cm3, %", "2"},
                                                      {"worst volume error, other tissues, %", "5"},
                                                      {"worst change of a volume since the file, %", ""},
                                                      {"smallest dihedral angle, degrees", "8"},
                                                      {"the same without extruded ends", "8"},
                                                      {"1st percentile of it, degrees", "15"},
                                                      {"percentile without extruded ends", "15"},
                                                      {"conforming", "yes"},
                                                      {"interface facets without both labels nearby", "0"},
                                                      {"manifold skin and ends", "yes"},
                                                      {"bmiss mesh in all, s", ""},
                                                      {"meshing, s of CPU time", ""},
                                                      {"Gmsh's volume meshing, s of CPU time", ""},
                                                      {"ratio of the two", "3, forearm"},
                                                      {"peak memory, GB", ""},
                                                      {"verdict", ""}};

struct Inputs {
  LabelMap map;  // of the file, after the rules of the table
  TissueTable tissues;
};

Inputs read_inputs(const std::string& label_map, const std::string& tissues) {
  Inputs inputs{read_label_map(label_map), TissueTable::read(tissues)};
  const auto replacements = inputs.tissues.replacements();
  for (std::int32_t& label : inputs.map.labels)
    if (const auto found = replacements.find(label); found != replacements.end()) label = found->second;
  return inputs;
}

struct VolumeError {
  std::string tissue = "none";
  double percent = 0;
  bool operator<(const VolumeError& o) const { return std::abs(percent) < std::abs(o.percent); }
  std::string text() const { return tissue == "none" ? tissue : format("%+.2f ", percent) + tissue; }
};

// The worst of the tissues whose volume in voxels `counts`.
VolumeError worst_error(const std::map<int, double>& in_mesh, const std::map<int, double>& in_voxels,
                        const TissueTable& tissues, const std::function<bool(double)>& counts) {
  VolumeError worst;
  for (const auto& [label, voxels] : in_voxels) {
    if (!counts(voxels)) continue;
    const auto found = in_mesh.find(label);
    const VolumeError error{tissues.has_label(label) ? tissues.by_label(label).name : std::to_string(label),
                            100 * ((found == in_mesh.end() ? 0 : found->second) / voxels - 1)};
    if (worst.tissue == "none" || worst < error) worst = error;
  }
  return worst;
}

// Volumes of the prepared label map, as run.json tells them [mm3].
std::map<int, double> prepared_volumes(const RunFacts& facts) {
  const std::string prefix = "label map/prepared_mm3/label_";
  std::map<int, double> result;
  for (auto i = facts.numbers.lower_bound(prefix); i != facts.numbers.end() && i->first.rfind(prefix, 0) == 0; ++i)
    result[std::stoi(i->first.substr(prefix.size()))] = i->second;
  if (result.empty()) throw std::runtime_error("run.json tells no volumes of the prepared label map");
  return result;
}

void judge_tissues(const MshContents& mesh, const Inputs& inputs, const RunFacts& facts, Verdicts& verdicts) {
  std::map<int, double> in_file;
  for (const auto& [label, count] : inputs.map.voxel_counts())
    if (label != 0) in_file[label] = static_cast<double>(count) * inputs.map.voxel_volume() * 1e9;
  const auto in_mesh = volumes(mesh), prepared = prepared_volumes(facts);
  const auto present = static_cast<std::size_t>(
      std::count_if(in_file.begin(), in_file.end(), [&](const auto& item) { return in_mesh.count(item.first) > 0; }));
  verdicts.judge("labels present", std::to_string(present) + " of " + std::to_string(in_file.size()),
                 present == in_file.size());
  const VolumeError large = worst_error(in_mesh, prepared, inputs.tissues,
                                        [](double volume) { return volume > smallest_large_tissue; }),
                    small = worst_error(in_mesh, prepared, inputs.tissues,
                                        [](double volume) { return volume > 0 && volume <= smallest_large_tissue; }),
                    since_file = worst_error(in_mesh, in_file, inputs.tissues, [](double) { return true; });
  verdicts.judge("worst volume error, tissues above 1 cm3, %", large.text(), std::abs(large.percent) <= volume_limit);
  verdicts.judge("worst volume error, other tissues, %", small.text(), std::abs(small.percent) <= small_volume_limit);
  verdicts.say("worst change of a volume since the file, %", since_file.text());
}

void judge_shapes(const MshContents& mesh, Verdicts& verdicts) {
  const Shapes shapes = measure_shapes(mesh);
  const auto at_least = [&](const std::string& row, double angle, double limit) {
    verdicts.judge(row, format("%.2f", angle), angle >= limit);
  };
  at_least("smallest dihedral angle, degrees", shapes.least_dihedral, dihedral_limit);
  at_least("the same without extruded ends", shapes.least_dihedral_of_limb, dihedral_limit);
  at_least("1st percentile of it, degrees", shapes.percentile1, percentile1_limit);
  at_least("percentile without extruded ends", shapes.percentile1_of_limb, percentile1_limit);
  verdicts.say("tetrahedra", std::to_string(mesh.tets.size()));
  verdicts.say("of them in extruded ends",
               std::to_string(std::count(mesh.tet_extruded.begin(), mesh.tet_extruded.end(), 1)));
  verdicts.say("quadratic nodes", std::to_string(shapes.quadratic_nodes));
}

void judge_conformity(const MshContents& mesh, const Inputs& inputs, const RunFacts& facts, Verdicts& verdicts) {
  const Conformity conformity = examine_conformity(mesh);
  verdicts.judge("conforming", conformity.conforming_text(), conformity.conforming());
  verdicts.judge("manifold skin and ends", conformity.manifold_text(), conformity.manifold());
  // A surface may lie off by the distance of its own points and by half a voxel.
  const double reach = facts.number("contour/edge_mm") + inputs.map.spacing().norm() / 2 * 1e3;
  const auto skin = inputs.tissues.of_kind(TissueKind::skin);
  const Interfaces interfaces = compare_interfaces(mesh, inputs.map, skin.empty() ? 0 : skin.front()->label, reach);
  verdicts.judge("interface facets without both labels nearby",
                 std::to_string(interfaces.misplaced) + " of " + std::to_string(interfaces.facets),
                 interfaces.misplaced == 0);
}

void judge_cost(const Case& wanted, const RunFacts& facts, Verdicts& verdicts) {
  const double meshing = facts.number("mesh/CPU seconds of meshing"), gmsh = facts.number("mesh/CPU seconds of Gmsh");
  verdicts.say("bmiss mesh in all, s", format("%.1f", facts.total_seconds));
  verdicts.say("meshing, s of CPU time", format("%.1f", meshing));
  verdicts.say("Gmsh's volume meshing, s of CPU time", format("%.1f", gmsh));
  verdicts.judge("ratio of the two", format("%.2f", meshing / gmsh),
                 !wanted.cost_is_limited || meshing / gmsh <= cost_limit);
  verdicts.say("peak memory, GB", format("%.2f", facts.peak_memory / 1e9));
}

Verdicts run_case(const Case& wanted, const std::string& folder, const Overrides& overrides) {
  std::filesystem::remove_all(folder);  // nothing of an older run may be taken for a result
  const std::string parameters = std::string("'") + BMISS_SOURCE_DIR + "/" + wanted.parameters + "'";
  Overrides settings = wanted.settings;
  std::string map = folder + "/labels.nii.gz", tissues = folder + "/tissues.txt";
  if (!wanted.label_map.empty()) {
    map = test::shared_path(wanted.label_map);
    tissues = test::shared_path(wanted.tissues);
    settings.insert(settings.end(), {"Anatomy/Label map=" + map, "Anatomy/Tissue table=" + tissues});
  }
  settings.insert(settings.end(), overrides.begin(), overrides.end());
  if (wanted.label_map.empty()) run_program("phantom " + parameters, folder, settings, 0);
  const RunFacts facts = run_program("mesh " + parameters, folder, settings, 0);
  const MshContents mesh = read_msh_contents(folder + "/mesh.msh");
  const Inputs inputs = read_inputs(map, tissues);
  Verdicts verdicts;
  judge_shapes(mesh, verdicts);
  judge_tissues(mesh, inputs, facts, verdicts);
  judge_conformity(mesh, inputs, facts, verdicts);
  judge_cost(wanted, facts, verdicts);
  verdicts.say("verdict", verdicts.kept ? "ok" : "FAILED");
  return verdicts;
}

void print(const std::vector<std::string>& names, const std::vector<Verdicts>& columns) {
  std::vector<std::string> header{"quantity"};
  header.insert(header.end(), names.begin(), names.end());
  header.emplace_back("limit");
  Table table(header);
  for (const auto& [row, limit] : rows) {
    std::vector<std::string> cells{row};
    for (const Verdicts& column : columns) {
      const auto found = column.cells.find(row);
      cells.push_back(found == column.cells.end() ? "–" : found->second);
    }
    cells.push_back(limit);
    table.add_row(cells);
  }
  std::cout << table.text();
}

}  // namespace

bool meshing_section(const Overrides& overrides) {
  const std::filesystem::path results = std::filesystem::absolute("results/bench/meshing");
  std::vector<std::string> names, remarks;
  std::vector<Verdicts> columns;
  for (const Case& wanted : cases()) {
    if (!wanted.label_map.empty() && !std::filesystem::exists(test::shared_path(wanted.label_map))) {
      skip(wanted.name + ": " + test::shared_path(wanted.label_map) + " is not here");
      continue;
    }
    const std::string folder = (results / wanted.name).string();
    names.push_back(wanted.name);
    std::replace(names.back().begin(), names.back().end(), '_', ' ');
    try {
      columns.push_back(run_case(wanted, folder, overrides));
    } catch (const std::runtime_error& error) {
      columns.emplace_back();
      columns.back().judge("verdict", "no mesh:", false);
      remarks.push_back(wanted.name + ": " + error.what());
      continue;
    }
    for (const char* picture : {"mesh_section.png", "mesh_skin.png", "mesh_fibres.png"})
      if (const std::string path = folder + "/" + picture; std::filesystem::exists(path)) remarks.push_back(path);
  }
  print(names, columns);
  std::cout << "  volumes against the prepared label map; dirty_phantom: islands, holes, bridges and a skin of one "
               "voxel\n  messages and pictures:\n";
  for (const std::string& remark : remarks) std::cout << "  " << remark << '\n';
  std::cout << std::flush;
  return std::all_of(columns.begin(), columns.end(), [](const Verdicts& column) { return column.kept; });
}

}  // namespace bmiss::bench
