#include "cli/visible_units.h"

#include "base/report.h"
#include "cli/study.h"
#include "forward/motor_unit_placement.h"
#include "inversion/scan/identifiability.h"

namespace bmiss {

void write_visible_units(const Study& study, const MuapModel& model, const PreparedSignal& prepared,
                         const SurfaceLocator& skin, Report& report) {
  const Phase phase(report, "identifiability");
  const auto fibres = PlacementOptions::parse_parameters(study.parameters());
  IdentifiabilityOptions options;
  MuscleFibre fibre;
  fibre.radius = fibres.fibre_radius;
  fibre.intracellular_conductivity = fibres.intracellular_conductivity;
  options.fibre_size = fibre.size();
  options.territory_density = fibres.territory_density;
  const NoiseSpectrum noise = noise_of_recording(prepared, model.n_columns(), report);
  const auto places = visible_places(model, noise, skin, options);
  report_visible_places(places, options, report);
  write_visible_places(places, options, study.file("identifiability.tsv"));
  write_visible_places_vtu(places, options, study.file("identifiability.vtu"));
  report.line("  wrote " + study.file("identifiability.tsv") + " and " + study.file("identifiability.vtu"));
}

}  // namespace bmiss
