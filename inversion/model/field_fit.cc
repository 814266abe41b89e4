#include "inversion/model/field_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "inversion/refine/shared_fit.h"
#include "inversion/refine/tangent_field.h"

namespace bmiss {
namespace {

constexpr std::size_t fewest_units = 3, most_units = 6;
constexpr double clear = 100;  // energy of a waveform over that of its noise

double clarity(const UnitEstimate& estimate) {
  const MuapEstimate& muap = estimate.muap;
  return static_cast<double>(muap.waveform.squaredNorm()) /
         (estimate.variance * static_cast<double>(muap.waveform.size()));
}

// The clearest units.
std::vector<UnitEstimate> clearest(const std::vector<UnitEstimate>& estimates) {
  std::vector<std::size_t> order(estimates.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return clarity(estimates[a]) > clarity(estimates[b]); });
  std::vector<UnitEstimate> some;
  for (const std::size_t j : order)
    if (some.size() < most_units && clarity(estimates[j]) > clear) some.push_back(estimates[j]);
  return some;
}

struct Shown {
  std::string unit;
  double scale;
};

Shown shown(const ModelParameter& parameter) {
  if (parameter.unit == "m") return {"mm", 1e3};
  if (parameter.unit == "rad") return {"deg", 180 / std::acos(-1.0)};
  return {parameter.unit, 1};
}

void report_field(const FittedField& field, Report& report) {
  Table table({"model parameter", "unit", "assumed", "+-", "found", "+-"});
  for (const FittedParameter& p : field.parameters) {
    const Shown s = shown(p.parameter);
    table.add_row({p.parameter.name, s.unit, format("%.4g", s.scale * p.parameter.value),
                   format("%.2g", s.scale * p.parameter.uncertainty), format("%.4g", s.scale * p.value),
                   format("%.2g", s.scale * p.deviation)});
  }
  report.table(table);
  report.line("  " + field.reason + (field.adopted ? "; the model was changed" : "; the model stays as it was"));
}

SharedFit fit_few(const LimbModel& limb, const MuapModelOptions& options, const std::vector<ModelParameter>& parameters,
                  const std::vector<UnitEstimate>& estimates, Report& report) {
  // All tangents lie in the memory beside the model.
  MuapModelOptions smaller = options;
  smaller.memory /= static_cast<double>(parameters.size() + 1);
  MuapModel model(limb.atlas, limb.muscles, limb.lead_field, limb.action_potential, smaller, report);
  std::vector<MuapModel> tangents;
  for (std::size_t q = 0; q < parameters.size(); ++q)
    tangents.emplace_back(limb.atlas, limb.muscles, TangentField(limb.lead_field, q), limb.action_potential, smaller,
                          report);
  std::vector<MuapEstimate> muaps;
  std::vector<UnitParameters> starts;
  std::vector<UnitPrior> priors;
  for (const UnitEstimate& estimate : estimates) {
    muaps.push_back(estimate.muap);
    starts.push_back(fit_unit(model, estimate.muap, estimate.starts, estimate.prior).unit);
    priors.push_back(estimate.prior);
  }
  return fit_shared(model, tangents, parameters, muaps, starts, priors);
}

}  // namespace

FittedField fit_field(const LimbModel& limb, const MuapModelOptions& options,
                      const std::vector<UnitEstimate>& estimates, MuapModel& model, Report& report) {
  FittedField field;
  const std::vector<ModelParameter> parameters = limb.lead_field.model_parameters();
  const std::vector<UnitEstimate> some = clearest(estimates);
  if (parameters.empty()) field.reason = "the lead field has no derivatives";
  if (some.size() < fewest_units) field.reason = "fewer than three units have a clear waveform";
  if (!field.reason.empty()) {
    report.line("  parameters of the model are not fitted: " + field.reason);
    return field;
  }
  const Phase phase(report, "fit of the model's parameters");
  try {
    const SharedFit fit = fit_few(limb, options, parameters, some, report);
    for (std::size_t q = 0; q < parameters.size(); ++q) {
      const auto i = static_cast<Eigen::Index>(q);
      field.parameters.push_back({parameters[q], parameters[q].value + fit.change[i], std::sqrt(fit.covariance(i, i))});
    }
    field.adopted = fit.converged;
    field.reason = fit.reason;
    for (std::size_t q = 0; q < parameters.size() && field.adopted; ++q)
      model.add_scaled(
          MuapModel(limb.atlas, limb.muscles, TangentField(limb.lead_field, q), limb.action_potential, options, report),
          fit.change[static_cast<Eigen::Index>(q)]);
    report_field(field, report);
  } catch (const NumericalError& error) {
    field.reason = error.what();
    report.line("  parameters of the model are not fitted: " + field.reason);
  }
  return field;
}

void write_fitted_field(const FittedField& field, const std::string& path) {
  TsvFile table;
  table.set_columns({"parameter", "unit", "assumed", "sd_assumed", "found", "sd_found"});
  for (const FittedParameter& p : field.parameters) {
    const Shown s = shown(p.parameter);
    table.add_row({p.parameter.name, s.unit, format_real(s.scale * p.parameter.value),
                   format_real(s.scale * p.parameter.uncertainty), format_real(s.scale * p.value),
                   format_real(s.scale * p.deviation)});
  }
  table.write(path);
}

}  // namespace bmiss
