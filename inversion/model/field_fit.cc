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
constexpr double told = 0.5;   // of a parameter's standard deviation, that is left when the recording tells about it

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
  Table table({"model parameter", "unit", "assumed", "+-", "found", "+-", "adopted"});
  for (const FittedParameter& p : field.parameters) {
    const Shown s = shown(p.parameter);
    table.add_row({p.parameter.name, s.unit, format("%.4g", s.scale * p.parameter.value),
                   format("%.2g", s.scale * p.parameter.uncertainty), format("%.4g", s.scale * p.value),
                   format("%.2g", s.scale * p.deviation), p.adopted ? "yes" : "no"});
  }
  report.table(table);
  report.line("  fit of the model's parameters " + field.reason);
}

MuapModel tangent_model(const LimbModel& limb, std::size_t parameter, const MuapModelOptions& options, Report& report) {
  return {limb.atlas, limb.muscles, TangentField(limb.lead_field, parameter), limb.action_potential, options, report};
}

// Some units, and a model and its tangents that fit into the memory together.
class FieldFitter {
public:
  FieldFitter(const LimbModel& limb, MuapModelOptions options, std::vector<UnitEstimate> estimates, Report& report)
      : parameters_(limb.lead_field.model_parameters()),
        limb_(limb),
        options_(std::move(options)),
        estimates_(std::move(estimates)),
        report_(report) {
    options_.memory /= static_cast<double>(parameters_.size() + 2);
    const MuapModel model = assumed();
    for (UnitEstimate& estimate : estimates_)
      estimate.starts = {fit_unit(model, estimate.muap, estimate.starts, estimate.prior).unit};
    for (std::size_t q = 0; q < parameters_.size(); ++q) tangents_.push_back(tangent_model(limb, q, options_, report));
  }
  // By the numbers of some of the lead field's parameters.
  SharedFit fit(const std::vector<std::size_t>& numbers) {
    MuapModel model = assumed();
    std::vector<MuapModel> tangents;
    std::vector<ModelParameter> parameters;
    for (const std::size_t q : numbers) {
      tangents.push_back(std::move(tangents_[q]));
      parameters.push_back(parameters_[q]);
    }
    std::vector<MuapEstimate> muaps;
    std::vector<UnitParameters> starts;
    std::vector<UnitPrior> priors;
    for (const UnitEstimate& estimate : estimates_) {
      muaps.push_back(estimate.muap);
      starts.push_back(estimate.starts.front());
      priors.push_back(estimate.prior);
    }
    SharedFit fit = fit_shared(model, tangents, parameters, muaps, starts, priors);
    for (std::size_t i = 0; i < numbers.size(); ++i) tangents_[numbers[i]] = std::move(tangents[i]);
    return fit;
  }
  const std::vector<ModelParameter>& parameters() const { return parameters_; }

private:
  MuapModel assumed() const {
    return {limb_.atlas, limb_.muscles, limb_.lead_field, limb_.action_potential, options_, report_};
  }

  std::vector<ModelParameter> parameters_;
  const LimbModel& limb_;
  MuapModelOptions options_;
  std::vector<UnitEstimate> estimates_;
  std::vector<MuapModel> tangents_;
  Report& report_;
};

// All parameters together, then those that this tells about alone; the deviations are those of the first fit, which
// knows how uncertain the others are. Marks what the model is to be changed to.
FittedField fit_in_two_steps(FieldFitter& fitter) {
  FittedField field;
  std::vector<std::size_t> numbers(fitter.parameters().size()), clear_ones;
  std::iota(numbers.begin(), numbers.end(), 0U);
  const SharedFit all = fitter.fit(numbers);
  for (const std::size_t q : numbers) {
    const auto i = static_cast<Eigen::Index>(q);
    const ModelParameter& p = fitter.parameters()[q];
    field.parameters.push_back({p, p.value + all.change[i], std::sqrt(all.covariance(i, i))});
    if (field.parameters[q].deviation < told * p.uncertainty) clear_ones.push_back(q);
  }
  field.reason = all.reason;
  if (!all.converged || clear_ones.empty()) return field;
  const SharedFit some = clear_ones.size() < numbers.size() ? fitter.fit(clear_ones) : all;
  field.reason = some.reason;
  if (!some.converged) return field;
  for (std::size_t i = 0; i < clear_ones.size(); ++i) {
    FittedParameter& p = field.parameters[clear_ones[i]];
    p.value = p.parameter.value + some.change[static_cast<Eigen::Index>(i)];
    p.adopted = true;
  }
  return field;
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
    FieldFitter fitter(limb, options, some, report);
    const FittedField found = fit_in_two_steps(fitter);
    std::vector<MuapModel> changes;
    for (std::size_t q = 0; q < parameters.size(); ++q)
      if (found.parameters[q].adopted) changes.push_back(tangent_model(limb, q, options, report));
    auto change = changes.begin();
    for (const FittedParameter& p : found.parameters)
      if (p.adopted) model.add_scaled(*change++, p.value - p.parameter.value);
    field = found;
    report_field(field, report);
  } catch (const NumericalError& error) {
    field.reason = error.what();
    report.line("  parameters of the model are not fitted: " + field.reason);
  }
  return field;
}

void write_fitted_field(const FittedField& field, const std::string& path) {
  TsvFile table;
  table.set_columns({"parameter", "unit", "assumed", "sd_assumed", "found", "sd_found", "adopted"});
  for (const FittedParameter& p : field.parameters) {
    const Shown s = shown(p.parameter);
    table.add_row({p.parameter.name, s.unit, format_real(s.scale * p.parameter.value),
                   format_real(s.scale * p.parameter.uncertainty), format_real(s.scale * p.value),
                   format_real(s.scale * p.deviation), p.adopted ? "yes" : "no"});
  }
  table.write(path);
}

}  // namespace bmiss
