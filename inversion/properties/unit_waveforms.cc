#include "inversion/properties/unit_waveforms.h"

#include <cmath>
#include <sstream>

#include "base/report.h"
#include "inversion/decode/template_fit.h"
#include "inversion/decode/templates.h"

namespace bmiss {

UnitWaveforms unit_waveforms(const Recording& recording, const std::vector<UnitSpikes>& units,
                             const PrepareOptions& options) {
  constexpr double before = 15e-3, after = 35e-3;  // [s]
  std::ostringstream said;                         // the decomposition has told all of it
  Report silent(said, 0);
  const PreparedSignal prepared = prepare_channels(recording, options, silent);
  TemplateWindow window;
  window.before = std::lround(before * prepared.rate);
  window.lags = window.before + std::lround(after * prepared.rate);
  std::vector<SpikePositions> trains;
  for (const UnitSpikes& unit : units) trains.push_back(positions_of(unit.times, prepared.rate));
  TemplateFit fit;
  fit.tolerance = 0.03;  // a picture shows no more
  const Templates templates = fit_templates(prepared.signal, trains, window, fit);
  UnitWaveforms result;
  result.rate = prepared.rate;
  result.first = -static_cast<double>(window.before) / prepared.rate;
  result.channels = prepared.channels;
  for (const auto& waveform : templates.waveforms)
    result.waveforms.emplace_back(prepared.scale * waveform.cast<double>());
  return result;
}

}  // namespace bmiss
