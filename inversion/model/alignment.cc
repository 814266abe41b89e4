#include "inversion/model/alignment.h"

#include "inversion/decode/template_fit.h"

namespace bmiss {

std::vector<SpikePositions> aligned_trains(const Eigen::MatrixXf& signal, std::vector<SpikePositions> trains,
                                           const TemplateWindow& window, const TemplateSpan& span, double least) {
  if (trains.empty()) return trains;
  // Room for shifts on both sides; action potentials follow their spike, so more of it before.
  const Eigen::Index earlier = window.lags / 2, later = window.lags / 4;
  const TemplateWindow wide{window.before + earlier, window.lags + earlier + later};
  const Templates free = fit_templates(signal, trains, wide, TemplateFit());
  for (std::size_t j = 0; j < trains.size(); ++j) {
    double best = least;
    Eigen::Index at = earlier;
    for (Eigen::Index first = 0; first <= earlier + later; ++first) {
      const Eigen::MatrixXf part = free.waveforms[j].middleCols(first, window.lags);
      const double share = span.explained(part) * static_cast<double>(part.squaredNorm()) /
                           static_cast<double>(free.waveforms[j].squaredNorm());
      if (share > best) {
        best = share;
        at = first;
      }
    }
    for (double& position : trains[j]) position += static_cast<double>(at - earlier);
  }
  return trains;
}

}  // namespace bmiss
