// Directions and paths of all muscles, as the parameters ask.
#include <set>

#include "anatomy/fibre_settings.h"
#include "anatomy/fibres.h"
#include "anatomy/harmonic_directions.h"
#include "anatomy/muscle_ends.h"
#include "anatomy/tensor_directions.h"
#include "anatomy/tissue_table.h"
#include "base/report.h"

namespace bmiss {
namespace {

FibreDirections directions_of_all(const TetMesh& mesh, const std::vector<FibreSetting>& settings,
                                  const Parameters& parameters, const std::optional<ImageFrame>& label_frame,
                                  Report& report) {
  FibreDirections result = FibreDirections::Zero(3, static_cast<Eigen::Index>(mesh.n_tets()));
  std::set<std::string> models;
  for (const FibreSetting& setting : settings) models.insert(setting.model);
  for (const std::string& name : models) {
    FibreProblem problem{mesh, {}, label_frame};
    for (const FibreSetting& setting : settings)
      if (setting.model == name) problem.muscles.push_back(setting.muscle);
    const auto model = fibre_direction_models().create(name);
    model->parse_parameters(parameters);
    result += model->directions(problem, report);
    report.fact("fibres/directions/" + name, static_cast<double>(problem.muscles.size()));
  }
  return result;
}

}  // namespace

Registry<FibreDirectionModel>& fibre_direction_models() {
  static Registry<FibreDirectionModel> registry = [] {
    Registry<FibreDirectionModel> built_in("model of fibre directions");
    built_in.add<HarmonicDirections>("harmonic", "gradient of a Laplace field between origin and insertion");
    built_in.add<TensorDirections>("diffusion tensor", "principal eigenvector of a measured tensor image");
    return built_in;
  }();
  return registry;
}

FibreAtlas make_fibre_atlas(const TetMesh& mesh, const TissueTable& tissues, const Parameters& parameters,
                            const std::optional<ImageFrame>& label_frame, unsigned seed, Report& report) {
  const Phase phase(report, "fibres");
  const std::set<int> present(mesh.tet_labels.begin(), mesh.tet_labels.end());
  std::vector<FibreSetting> settings;
  for (FibreSetting& setting : parse_fibre_settings(parameters, tissues))
    if (present.count(setting.muscle.label) > 0) settings.push_back(std::move(setting));
  FibreAtlas atlas;
  atlas.mesh_hash = mesh.hash();
  atlas.directions = directions_of_all(mesh, settings, parameters, label_frame, report);
  const auto options = StreamlineOptions::parse_parameters(parameters);
  Progress progress(report, "Fibres", settings.size());
  for (const FibreSetting& setting : settings) {
    const std::string& name = setting.muscle.name;
    TracedFibres traced = trace_fibres(mesh, atlas.directions, setting.muscle, options, seed);
    atlas.seeds[name] = traced.counts;
    atlas.lines_of_action[name] = line_of_action(mesh, setting.muscle.label);
    if (traced.paths.empty())
      report.warn("muscle '" + name + "' has no fibre of the shortest length or more (" +
                  std::to_string(traced.counts.seeds) + " seeds); no motor unit can be placed in it");
    else
      atlas.paths[name] = std::move(traced.paths);
    progress.advance();
  }
  return atlas;
}

}  // namespace bmiss
