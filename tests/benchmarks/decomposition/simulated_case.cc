#include "benchmarks/decomposition/simulated_case.h"

#include <algorithm>
#include <filesystem>

#include "anatomy/tissue_table.h"
#include "base/output_file.h"
#include "base/provenance.h"
#include "base/table.h"
#include "benchmarks/decomposition/recovered_parameters.h"
#include "benchmarks/machine.h"
#include "benchmarks/program_run.h"
#include "recording/recording_file.h"

namespace bmiss::bench {
namespace {

namespace fs = std::filesystem;

constexpr int most_ranks = 4;  // that make a lead field

std::string parameter_file(Body body) {
  return std::string(BMISS_SOURCE_DIR) + "/tests/benchmarks/decomposition/" +
         (body == Body::cylinder ? "cylinder.prm" : "forearm.prm");
}

std::string quoted(const std::string& path) {
  return "'" + path + "'";
}

void add(std::vector<std::string>& list, const std::vector<std::string>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

std::string number(double value) {
  return format("%.6g", value);
}

// What a wrong model takes the limb for.
std::vector<std::string> wrong_limb(Body body, ModelError error) {
  const bool cylinder = body == Body::cylinder;
  switch (error) {
    case ModelError::fat_thicker:
    case ModelError::fat_thinner: {
      const double change = error == ModelError::fat_thicker ? 1 : -1;
      if (!cylinder) return {"Phantom/Forearm/Fat thickness=" + number(3 + change)};
      return {"Phantom/Cylinder/Outer radii=10, 35, " + number(38 + change) + ", " + number(40 + change),
              "Grids/grid1/Centre=" + number(40 + change) + ", 0, 70"};
    }
    case ModelError::grid_moved:  // by 2 mm, and turned
      return {"Grids/grid1/Shift=1.414, 1.414", "Grids/grid1/Rotation=5"};
    case ModelError::other_anatomy:
      if (!cylinder) return {"Phantom/Forearm/Scale=1.1"};
      return {"Phantom/Cylinder/Outer radii=11, 38.5, 42, 44", "Grids/grid1/Centre=44, 0, 70"};
    default:
      return {};
  }
}

// A tissue table in which the muscles conduct otherwise; columns: label, name, kind, across, along.
void scale_muscles(const std::string& path, double factor) {
  std::vector<Tissue> tissues = TissueTable::read(path).tissues();
  for (Tissue& tissue : tissues) {
    if (tissue.kind != TissueKind::muscle) continue;
    tissue.conductivity_across *= factor;
    tissue.conductivity_along *= factor;
  }
  TissueTable(tissues).write(path);
}

// Tells folders apart that were made from other parameters.
std::string key_of(Body body, const std::vector<std::string>& overrides) {
  ContentHash hash;
  hash.add(hash_of_file(parameter_file(body)));
  for (const std::string& value : overrides) hash.add(value);
  return hash.hex().substr(0, 8);
}

// Nothing in a folder counts before the last of it was written: it is emptied when it is not finished.
bool is_finished(const std::string& folder) {
  if (fs::exists(folder + "/finished")) return true;
  fs::remove_all(folder);
  return false;
}

void mark_finished(const std::string& folder) {
  OutputFile(folder + "/finished").commit();
}

}  // namespace

std::vector<std::string> CaseMaker::body_overrides(const Condition& condition, ModelError error,
                                                   const std::string& mesh) const {
  std::vector<std::string> list = {"Grids/grid1/Rows=" + std::to_string(condition.rows),
                                   "Grids/grid1/Columns=" + std::to_string(condition.columns)};
  const bool fine = mesh == "fine";
  const double edge = fine ? edges_.fine : edges_.coarse;
  add(list, {"Mesh/Muscle edge=" + number(edge), "Contour/Edge length=" + number(edge)});
  if (!fine)  // also another label map and other fibre paths
    add(list, {"Phantom/Cylinder/Voxel=1.3", "Phantom/Forearm/Voxel=1.3", "Mesh/Electrode edge=1.6", "Seed=77"});
  if (!wrong_parameters(error).empty()) list.push_back("Derivatives/Store=true");  // so that they can be found
  add(list, overrides_);
  add(list, wrong_limb(condition.body, error));
  return list;
}

// Folder of a meshed limb with its lead field; made when it is not there.
std::string CaseMaker::body(const Condition& condition, ModelError error, const std::string& mesh) {
  const std::string name = (condition.body == Body::cylinder ? "cylinder_" : "forearm_") +
                           std::to_string(condition.rows) + "x" + std::to_string(condition.columns) + "_" + mesh + "_" +
                           std::to_string(static_cast<int>(error));
  const auto overrides = body_overrides(condition, error, mesh);
  const std::string folder = folder_ + "/" + name + "_" + key_of(condition.body, overrides);
  if (is_finished(folder)) return folder;
  const std::string file = quoted(parameter_file(condition.body));
  for (const std::string stage : {"phantom", "mesh"}) run_program(stage + " " + file, folder, overrides, 0);
  if (error == ModelError::conductivity_high) scale_muscles(folder + "/mesh_tissues.txt", 1.3);
  if (error == ModelError::conductivity_low) scale_muscles(folder + "/mesh_tissues.txt", 0.7);
  run_program("leadfield " + file, folder, overrides, cores() > 1 ? std::min(cores(), most_ranks) : 0);
  mark_finished(folder);
  return folder;
}

std::string CaseMaker::recording(const Condition& c, int seed) {
  const std::string fine = body(c, ModelError::none, "fine");
  const bool all_fire = c.pool == Pool::all_firing;
  auto overrides = body_overrides(c, ModelError::none, "fine");
  add(overrides, {"Seed=" + std::to_string(seed), "EMG/Duration=" + number(c.duration),
                  "EMG/Signal to noise=" + number(c.signal_to_noise)});
  if (all_fire)  // from 18 Hz (first unit) to 8 Hz (last)
    add(overrides,
        {"Motoneuron pool/Recruitment range=2", "Motoneuron pool/Gain=10", "Motoneuron pool/Peak rate of first unit=19",
         "Motoneuron pool/Peak rate of last unit=19", "Drive/Level=65"});
  else
    add(overrides, {"Drive/Level=" + number(100 * c.excitation), "EMG/Noise=coloured"});
  add(overrides, overrides_);
  const std::string folder = fine + "_" + (all_fire ? "all" : number(100 * c.excitation)) + "_" +
                             number(c.signal_to_noise) + "dB_" + number(c.duration) + "s_seed" + std::to_string(seed) +
                             "_" + key_of(c.body, overrides);
  if (is_finished(folder)) return folder;
  fs::create_directories(folder);
  for (const char* file : {"mesh.msh", "mesh_tissues.txt", "fibres.h5", "lead_field.h5", "electrodes.tsv"})
    fs::create_symlink("../" + fs::path(fine).filename().string() + "/" + file, folder + "/" + file);
  run_program("simulate " + quoted(parameter_file(c.body)), folder, overrides, 0);
  mark_finished(folder);
  return folder;
}

SimulatedCase CaseMaker::make(const Condition& condition, int seed) {
  const std::string data = recording(condition, seed);
  SimulatedCase result;
  result.signal = bids_recording_path(data + "/recording", BidsName());
  result.true_spikes = events_path(data + "/recording", BidsName(), "truth");
  result.true_units = data + "/true_units.tsv";
  result.muaps = data + "/muaps.h5";
  result.model = body(condition, condition.error, "coarse");
  result.model_parameters = result.model + "/parameters.prm";
  return result;
}

}  // namespace bmiss::bench
