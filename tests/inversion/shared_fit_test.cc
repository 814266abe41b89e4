// Parameters of the field recovered together with the units.
#include "inversion/refine/shared_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/report.h"
#include "inversion/refine/tangent_field.h"
#include "support/straight_muscle.h"
#include "support/uncertain_medium.h"

namespace bmiss {
namespace {

MuapModel model_of(const LeadField& field, const ActionPotential& potential) {
  std::ostringstream log;
  Report report(log, 0);
  MuapModelOptions options;
  options.n_lags = 72;
  return {test::straight_muscle(1.2e-3, 45e-3), {"muscle"}, field, potential, options, report};
}

TEST(SharedFit, RecoversRotationAndConductivityWithTheUnits) {
  const auto potential = action_potentials().create("rosenfalck");
  const test::UncertainMedium truth(0.05, 0.56), assumed(0, 0.5);
  const MuapModel true_model = model_of(truth, *potential);
  MuapModel model = model_of(assumed, *potential);
  std::vector<MuapModel> tangents;
  std::vector<TangentField> fields{{assumed, 0}, {assumed, 1}};
  for (const auto& field : fields) tangents.push_back(model_of(field, *potential));
  RandomStream random(3, "shared fit", 0);
  std::vector<UnitParameters> units;
  std::vector<MuapEstimate> estimates;
  for (int u = 0; u < 5; ++u) {
    UnitParameters unit = model.typical_unit(0);
    unit[across_1] = 5e-3 * (2 * random.uniform() - 1);
    unit[across_2] += 3e-3 * (2 * random.uniform() - 1);
    unit[territory_radius] = 2e-3;
    unit[innervation_zone] = 8e-3 * (2 * random.uniform() - 1);
    unit[log_size] = std::log(1e-6);
    MuapEstimate estimate;
    estimate.waveform = true_model.value(unit);
    const float sd = 0.01F * estimate.waveform.cwiseAbs().maxCoeff();
    for (Eigen::Index i = 0; i < estimate.waveform.size(); ++i)
      estimate.waveform.data()[i] += sd * static_cast<float>(random.gaussian());
    estimate.precision = Eigen::MatrixXf::Constant(1, 1, 1 / (sd * sd));
    units.push_back(unit);
    estimates.push_back(estimate);
  }
  const UnitFit before = fit_unit(model, estimates[0], {units[0]}, usual_prior(model, 0));
  const SharedFit fit = fit_shared(model, tangents, assumed.model_parameters(), estimates, units,
                                   std::vector<UnitPrior>(units.size(), usual_prior(model, 0)));
  EXPECT_TRUE(fit.converged) << fit.reason;
  // The field is linearised: 5 % of the change.
  EXPECT_NEAR(fit.change[0], 0.05, 0.05 * 0.05 + 2 * std::sqrt(fit.covariance(0, 0)));
  EXPECT_NEAR(fit.change[1], 0.06, 0.1 * 0.06 + 2 * std::sqrt(fit.covariance(1, 1)));
  EXPECT_LT(std::sqrt(fit.covariance(0, 0)), 0.02);
  const double entries = static_cast<double>(estimates[0].waveform.size());
  EXPECT_GT(before.misfit, 1.5 * entries);
  EXPECT_NEAR(fit.units[0].misfit, entries, 0.1 * entries);  // nothing but the noise
  EXPECT_NEAR(fit.units[0].unit[innervation_zone], units[0][innervation_zone], 0.3e-3);
}

TEST(TangentField, ActionPotentialsAreDerivativesByTheParameter) {
  const auto potential = action_potentials().create("rosenfalck");
  const test::UncertainMedium field(0, 0.5), ahead(0, 0.501), behind(0, 0.499);
  const TangentField tangent(field, 1);
  const MuapModel model = model_of(tangent, *potential);
  UnitParameters unit = model.typical_unit(0);
  const Eigen::MatrixXf expected =
      (model_of(ahead, *potential).value(unit) - model_of(behind, *potential).value(unit)) / 0.002F;
  EXPECT_LT((model.value(unit) - expected).norm(), 1e-3 * expected.norm());
}

}  // namespace
}  // namespace bmiss
