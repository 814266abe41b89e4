// Parameters of the field recovered together with the units.
#include "inversion/refine/shared_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <sstream>
#include <tuple>

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

// Five units whose action potentials come from another field than the assumed one, with noise of 1 % of their peaks.
struct Units {
  Units()
      : potential(action_potentials().create("rosenfalck")),
        model(model_of(assumed, *potential)),
        fields{{assumed, 0}, {assumed, 1}} {
    const test::UncertainMedium truth(0.05, 0.56);
    const MuapModel true_model = model_of(truth, *potential);
    for (const auto& field : fields) tangents.push_back(model_of(field, *potential));
    RandomStream random(3, "shared fit", 0);
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
  }
  SharedFit fit() {
    return fit_shared(model, tangents, assumed.model_parameters(), estimates, units,
                      std::vector<UnitPrior>(units.size(), usual_prior(model, 0)));
  }
  test::UncertainMedium assumed{0, 0.5};
  std::unique_ptr<ActionPotential> potential;
  MuapModel model;
  std::vector<TangentField> fields;
  std::vector<MuapModel> tangents;
  std::vector<UnitParameters> units;
  std::vector<MuapEstimate> estimates;
};

TEST(SharedFit, RecoversRotationAndConductivityWithTheUnits) {
  Units simulated;
  const auto& [estimate, unit] = std::tie(simulated.estimates[0], simulated.units[0]);
  const UnitFit before = fit_unit(simulated.model, estimate, {unit}, usual_prior(simulated.model, 0));
  const SharedFit fit = simulated.fit();
  EXPECT_TRUE(fit.converged) << fit.reason;
  // The field is linearised: 5 % of the change.
  EXPECT_NEAR(fit.change[0], 0.05, 0.05 * 0.05 + 2 * std::sqrt(fit.covariance(0, 0)));
  EXPECT_NEAR(fit.change[1], 0.06, 0.1 * 0.06 + 2 * std::sqrt(fit.covariance(1, 1)));
  EXPECT_LT(std::sqrt(fit.covariance(0, 0)), 0.02);
  const double entries = static_cast<double>(estimate.waveform.size());
  EXPECT_GT(before.misfit, 1.5 * entries);
  EXPECT_NEAR(fit.units[0].misfit, entries, 0.1 * entries);  // nothing but the noise
  EXPECT_NEAR(fit.units[0].unit[innervation_zone], unit[innervation_zone], 0.3e-3);
}

TEST(SharedFit, TrustsEstimatesLessThatItCannotExplain) {
  Units simulated;
  const SharedFit trusting = simulated.fit();
  // Every other electrode sees 15 % less than it should: nothing that a parameter could make.
  Units broken;
  for (MuapEstimate& estimate : broken.estimates)
    for (Eigen::Index e = 0; e < estimate.waveform.rows(); e += 2) estimate.waveform.row(e) *= 0.85F;
  const SharedFit wary = broken.fit();
  EXPECT_GT(wary.units[0].misfit, 2 * trusting.units[0].misfit);
  for (int q = 0; q < 2; ++q) EXPECT_GT(wary.covariance(q, q), 2 * trusting.covariance(q, q));
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
