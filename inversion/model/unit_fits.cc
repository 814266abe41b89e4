#include "inversion/model/unit_fits.h"

#include <algorithm>
#include <memory>

#include "base/errors.h"
#include "base/report.h"
#include "inversion/model/decompose_model.h"

namespace bmiss {
namespace {

constexpr double end_gap = 1.5e-3;  // usual, from a fibre's end to that of the path it follows [m]
constexpr Eigen::Index n_starts = 8;

// Of the energy of a waveform, less what noise of this variance in each entry has added, the part that a model of it
// explains.
double explained_share(const Eigen::MatrixXf& waveform, const Eigen::MatrixXf& modelled, double variance) {
  const double noise = variance * static_cast<double>(waveform.size());
  const double all = static_cast<double>(waveform.squaredNorm()) - noise;
  const double left = static_cast<double>((waveform - modelled).squaredNorm()) - noise;
  return all > 0 ? std::clamp(1 - left / all, 0.0, 1.0) : 0;
}

std::vector<UnitParameters> atoms_like(const Eigen::MatrixXf& waveform, const TemplateSpan& span) {
  const Eigen::MatrixXf combined = span.channels().transpose() * waveform;
  Eigen::VectorXf likeness(span.n_atoms());
  for (Eigen::Index i = 0; i < span.n_atoms(); ++i) likeness[i] = span.atom(i).cwiseProduct(combined).sum();
  std::vector<UnitParameters> atoms;
  for (const Eigen::Index i : largest(likeness, n_starts)) atoms.push_back(span.unit(i));
  return atoms;
}

// Fibres end before their paths do, here a little, there more.
void let_ends_vary(const MuapModel& model, UnitEstimate& estimate) {
  for (UnitParameters& start : estimate.starts) {
    const TerritoryPlace place = model.place(start);
    start[proximal_length] = place.proximal - end_gap;
    start[distal_length] = place.distal - end_gap;
  }
  for (const UnitParameter end : {proximal_length, distal_length}) {
    estimate.prior.mean[end] = estimate.starts.front()[end];
    estimate.prior.deviation[end] = end_gap;
  }
}

}  // namespace

std::vector<UnitEstimate> unit_estimates(const PreparedSignal& prepared, const std::vector<SpikePositions>& trains,
                                         const TemplateWindow& window, const MuapModel& model,
                                         const TemplateSpan& span) {
  const JointState state =
      explain(prepared.signal, trains, window, [](const Eigen::MatrixXf& waveform, std::size_t) { return waveform; });
  const double power = static_cast<double>(state.residual.squaredNorm()) / static_cast<double>(state.residual.size());
  const auto whitener = std::make_shared<NoiseWhitener>(state.residual);
  std::vector<UnitEstimate> estimates(trains.size());
  for (std::size_t j = 0; j < trains.size(); ++j) {
    UnitEstimate& estimate = estimates[j];
    const auto n_spikes = static_cast<double>(trains[j].size());
    estimate.muap.waveform = state.templates.waveforms[j];
    estimate.muap.precision = Eigen::MatrixXf::Constant(1, 1, static_cast<float>(n_spikes));
    estimate.muap.whitening_reach = whitener->reach();
    estimate.muap.whitening = [whitener](const Eigen::MatrixXf& w) { return whitener->whiten(w); };
    estimate.variance = power / n_spikes;
    estimate.starts = atoms_like(estimate.muap.waveform, span);
    estimate.prior = usual_prior(model, estimate.starts.front().muscle);
    let_ends_vary(model, estimate);
  }
  return estimates;
}

void fit_units(const MuapModel& model, const std::vector<UnitEstimate>& estimates, const SurfaceLocator& skin,
               std::vector<ModelledUnit>& units, Report& report) {
  BMISS_ASSERT(estimates.size() == units.size());
  Progress progress(report, "unit fits", units.size());
  for (std::size_t j = 0; j < units.size(); ++j, progress.advance()) {
    const UnitEstimate& estimate = estimates[j];
    ModelledUnit& unit = units[j];
    try {
      unit.fit = fit_unit(model, estimate.muap, estimate.starts, estimate.prior);
      unit.properties = describe_unit(model, unit.fit, skin);
      unit.explained = explained_share(estimate.muap.waveform, model.value(unit.fit.unit), estimate.variance);
    } catch (const NumericalError& error) {
      // Spikes may be right where the waveform is not the model's: its place is not known.
      unit.fit.reason = error.what();
    }
  }
}

}  // namespace bmiss
