#include "cli/visible_units.h"

#include <cmath>

#include "base/report.h"
#include "base/table.h"
#include "cli/study.h"
#include "forward/motor_unit_placement.h"
#include "inversion/scan/identifiability.h"

namespace bmiss {
namespace {

NoiseSpectrum noise_of(const PreparedSignal& prepared, Eigen::Index n_lags, Report& report) {
  const Eigen::Index n = prepared.signal.rows();
  if (NoiseSpectrum::is_long_enough(n, prepared.signal.cols())) return {prepared.signal, n_lags};
  report.warn("the recording lasts " + format("%.2f", static_cast<double>(prepared.signal.cols()) / prepared.rate) +
              " s, too short for the noise between " + std::to_string(n) + " channels (" +
              format("%.2f", static_cast<double>(NoiseSpectrum::samples_needed(n)) / prepared.rate) +
              " s are needed); the map of what can be seen takes it for white");
  return NoiseSpectrum::white(n, 1, n_lags);  // the scale of the prepared signal is its rms
}

}  // namespace

void write_visible_units(const Study& study, const MuapModel& model, const PreparedSignal& prepared,
                         const SurfaceLocator& skin, Report& report) {
  const Phase phase(report, "identifiability");
  const auto fibres = PlacementOptions::parse_parameters(study.parameters());
  IdentifiabilityOptions options;
  options.fibre_size = fibres.intracellular_conductivity * std::acos(-1.0) * std::pow(fibres.fibre_radius, 2);
  options.territory_density = fibres.territory_density;
  const NoiseSpectrum noise = noise_of(prepared, model.n_columns(), report);
  const auto places = visible_places(model, noise, skin, options);
  report_visible_places(places, options, report);
  write_visible_places(places, options, study.file("identifiability.tsv"));
  write_visible_places_vtu(places, options, study.file("identifiability.vtu"));
  report.line("  wrote " + study.file("identifiability.tsv") + " and " + study.file("identifiability.vtu"));
}

}  // namespace bmiss
