// Units moved to where their filters make the most spike-like output.
#include "inversion/refine/contrast_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/errors.h"
#include "base/report.h"
#include "forward/fractional_delay.h"
#include "support/infinite_medium.h"
#include "support/straight_muscle.h"

namespace bmiss {
namespace {

MuapModel model_in(const LeadField& field, const ActionPotential& potential) {
  std::ostringstream log;
  Report report(log, 0);
  MuapModelOptions options;
  options.n_lags = 72;
  return {test::straight_muscle(1.2e-3, 45e-3), {"muscle"}, field, potential, options, report};
}

// Eight units that fire at random, 5 s, in white noise.
struct Case {
  Case()
      : field(test::plane_grid(7, 4, 8e-3, 6e-3, -24e-3)),
        potential(action_potentials().create("rosenfalck")),
        model(model_in(field, *potential)) {
    RandomStream random(11, "units", 0);
    for (int u = 0; u < 8; ++u) {
      UnitParameters unit = model.typical_unit(0);
      unit[across_1] = 8e-3 * (2 * random.uniform() - 1);
      unit[across_2] += 6e-3 * (2 * random.uniform() - 1);
      unit[territory_radius] = 2e-3;
      unit[innervation_zone] = 8e-3 * (2 * random.uniform() - 1);
      unit[velocity] = 4 + 0.4 * (2 * random.uniform() - 1);
      unit[log_size] = std::log(1e-6);
      units.push_back(unit);
    }
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(model.n_rows(), 10240);
    for (const auto& unit : units) {
      const Eigen::MatrixXd muap = model.value(unit).cast<double>() / model.value(unit).cwiseAbs().maxCoeff();
      const DelayedWaveform waveform(muap);
      for (double t = 200 * random.uniform(); t < 10240; t += 120 + 100 * random.uniform()) waveform.add_to(sum, t);
    }
    for (Eigen::Index i = 0; i < sum.size(); ++i) sum.data()[i] += 0.05 * random.gaussian();
    signal = std::make_unique<ExtendedSignal>(Eigen::MatrixXf(sum.cast<float>()), 16);
  }
  test::InfiniteMedium field;
  std::unique_ptr<ActionPotential> potential;
  MuapModel model;
  std::vector<UnitParameters> units;
  std::unique_ptr<ExtendedSignal> signal;
};

const Case& shared_case() {
  static const Case made;
  return made;
}

TEST(ContrastFit, GradientHasATaylorRemainderOfSecondOrder) {
  const Case& c = shared_case();
  const FilterContrast contrast(*c.signal, c.model);
  UnitParameters at = c.units[2];
  at[across_1] += 0.6e-3, at[innervation_zone] += 0.7e-3, at[velocity] += 0.05;
  const Eigen::Index last_lag = contrast.best_last_lag(at);
  const auto value = contrast.value(at, last_lag);
  EXPECT_NEAR(value.output.squaredNorm() / static_cast<float>(value.output.size()), 1, 0.05);
  const UnitVector gradient = c.model.gradient(at, contrast.by_muap(at, value, last_lag));
  for (const UnitParameter p : {across_1, across_2, territory_radius, innervation_zone, velocity}) {
    const double scale = unit_parameter_kinds()[p].scale;
    // Mean of both directions: the terms of third order, which a contrast has plenty of, cancel.
    std::vector<double> remainders;
    double slope = 0;
    for (const double step : {0.4, 0.2, 0.1}) {
      const auto change = [&](double by) {
        UnitParameters moved = at;
        moved[p] += by * scale;
        return contrast.value(moved, last_lag).contrast - value.contrast;
      };
      const double ahead = change(step), behind = change(-step), linear = step * scale * gradient[p];
      remainders.push_back((std::abs(ahead - linear) + std::abs(behind + linear)) / 2);
      slope = (ahead - behind) / (2 * step * scale);
    }
    EXPECT_GT(std::log2(remainders[0] / remainders[2]) / 2, 1.9) << unit_parameter_kinds()[p].name;
    EXPECT_NEAR(slope, gradient[p], 0.01 * std::abs(gradient[p]) + 1e-3 / scale) << unit_parameter_kinds()[p].name;
    EXPECT_GT(remainders[2], 2e-5) << unit_parameter_kinds()[p].name << ": rounding only";
  }
}

TEST(ContrastFit, GradientByThePotentialsPredictsAnotherConductivity) {
  const Case& c = shared_case();
  const FilterContrast contrast(*c.signal, c.model);
  UnitParameters at = c.units[2];
  at[across_1] += 0.6e-3;
  const Eigen::Index last_lag = contrast.best_last_lag(at);
  const auto by_muap = contrast.by_muap(at, contrast.value(at, last_lag), last_lag);
  const PotentialGradient gradient = c.model.potential_gradient(at, by_muap);
  double contrasts[2], slope = 0;
  for (const int side : {0, 1}) {
    const double along = 0.5 * (side == 0 ? 0.97 : 1.03);
    const test::InfiniteMedium other(c.field.electrodes(), {0.1, along});
    const MuapModel model = model_in(other, *c.potential);
    contrasts[side] = FilterContrast(*c.signal, model).value(at, last_lag).contrast;
    slope += (side == 0 ? -1 : 1) * gradient.gradient.cwiseProduct(other.potential(gradient.points)).sum();
  }
  EXPECT_NEAR(contrasts[1] - contrasts[0], slope, 0.05 * std::abs(slope));
  EXPECT_GT(std::abs(slope), 1e-3);
}

// The place of the greatest contrast is near the unit's, but other units and noise move it.
TEST(ContrastFit, FindsAtLeastTheContrastOfTheTrueUnit) {
  const Case& c = shared_case();
  const FilterContrast contrast(*c.signal, c.model);
  for (const std::size_t u : {0u, 2u, 5u}) {
    UnitParameters start = c.units[u];
    start[across_1] += 0.8e-3, start[innervation_zone] -= 1e-3, start[velocity] += 0.08;
    const ContrastFit fit = fit_contrast(contrast, start);
    EXPECT_TRUE(fit.converged) << fit.reason;
    EXPECT_GT(fit.contrast, fit.start_contrast);
    EXPECT_GT(fit.contrast, 0.999 * contrast.value(c.units[u], contrast.best_last_lag(start)).contrast);
    EXPECT_NEAR(fit.unit[innervation_zone], c.units[u][innervation_zone], 0.6e-3);
    EXPECT_LT(fit.n_values, 30);
  }
}

TEST(ContrastFit, SaysHowManySamplesTheCovarianceNeeds) {
  const Case& c = shared_case();
  const ExtendedSignal brief(Eigen::MatrixXf::Random(c.model.n_rows(), 300), 16);
  try {
    FilterContrast(brief, c.model);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "the recording has 300 samples, but the covariance of 448 channels and delays needs 896; record for "
                 "longer or take a smaller extension");
  }
}

TEST(ContrastFit, RefusesARecordingOfOtherChannels) {
  const ExtendedSignal other(Eigen::MatrixXf::Random(5, 3000), 4);
  EXPECT_THROW(FilterContrast(other, shared_case().model), InputError);
}

}  // namespace
}  // namespace bmiss
