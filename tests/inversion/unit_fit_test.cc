// Units recovered from noisy action potentials.
#include "inversion/refine/unit_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/errors.h"
#include "base/report.h"
#include "support/infinite_medium.h"
#include "support/straight_muscle.h"

namespace bmiss {
namespace {

struct Case {
  Case() : field(test::plane_grid(9, 5, 8e-3, 6e-3, -32e-3)), potential(action_potentials().create("rosenfalck")) {
    std::ostringstream log;
    Report report(log, 0);
    MuapModelOptions options;
    options.n_lags = 72;
    model = std::make_unique<MuapModel>(test::straight_muscle(1e-3, 45e-3), std::vector<std::string>{"muscle"}, field,
                                        *potential, options, report);
  }
  UnitParameters unit(int seed) const {
    RandomStream random(5, "unit", seed);
    UnitParameters unit = model->typical_unit(0);
    unit[across_1] = 6e-3 * (2 * random.uniform() - 1);
    unit[across_2] += 4e-3 * (2 * random.uniform() - 1);
    unit[territory_radius] = 1.5e-3 + 2e-3 * random.uniform();
    unit[innervation_zone] = 10e-3 * (2 * random.uniform() - 1);
    unit[velocity] = 4 + 0.5 * (2 * random.uniform() - 1);
    unit[delay] = 0.2e-3 * (2 * random.uniform() - 1);
    unit[log_size] = std::log(1e-6);
    return unit;
  }
  // Noise of `level` times the largest value, white.
  MuapEstimate noisy(const UnitParameters& unit, double level, int seed) const {
    RandomStream random(7, "noise", seed);
    MuapEstimate estimate;
    estimate.waveform = model->value(unit);
    const float sd = static_cast<float>(level) * estimate.waveform.cwiseAbs().maxCoeff();
    for (Eigen::Index i = 0; i < estimate.waveform.size(); ++i)
      estimate.waveform.data()[i] += sd * static_cast<float>(random.gaussian());
    estimate.precision = Eigen::MatrixXf::Constant(1, 1, 1 / (sd * sd));
    return estimate;
  }
  test::InfiniteMedium field;
  std::unique_ptr<ActionPotential> potential;
  std::unique_ptr<MuapModel> model;
};

UnitParameters moved(UnitParameters unit) {
  unit[across_1] += 2e-3, unit[across_2] -= 2e-3;
  unit[territory_radius] = 3e-3;
  unit[innervation_zone] += 3e-3;
  unit[velocity] -= 0.3;
  unit[delay] = 0;
  return unit;
}

UnitFitOptions without_discrepancy() {
  UnitFitOptions options;
  options.discrepancy = 0;
  return options;
}

const Case& shared_case() {
  static const Case made;
  return made;
}

TEST(UnitFit, RecoversTheUnitOfAnExactActionPotential) {
  const Case& c = shared_case();
  for (int seed = 0; seed < 5; ++seed) {
    const UnitParameters truth = c.unit(seed);
    MuapEstimate estimate = c.noisy(truth, 1e-3, seed);
    estimate.waveform = c.model->value(truth);
    UnitPrior prior = usual_prior(*c.model, 0);
    const UnitFit fit = fit_unit(*c.model, estimate, {moved(truth)}, prior, without_discrepancy());
    EXPECT_TRUE(fit.converged) << fit.reason;
    EXPECT_LT(fit.share_of_norm, 1e-3);
    EXPECT_NEAR(fit.unit[across_1], truth[across_1], 0.05e-3);
    EXPECT_NEAR(fit.unit[across_2], truth[across_2], 0.05e-3);
    EXPECT_NEAR(fit.unit[innervation_zone], truth[innervation_zone], 0.05e-3);
    EXPECT_NEAR(fit.unit[velocity], truth[velocity], 0.01);
    EXPECT_NEAR(fit.unit[delay], truth[delay], 0.02e-3);
    EXPECT_GT(fit.explained, 0.9999);
    EXPECT_LT(fit.n_derivatives, 40);
  }
}

TEST(UnitFit, IntervalsFromTheHessianCoverTheTruth) {
  const Case& c = shared_case();
  std::array<int, n_unit_parameters> covered{};
  const int n = 60;
  double misfits = 0, errors = 0, expected_errors = 0;
  for (int seed = 0; seed < n; ++seed) {
    const UnitParameters truth = c.unit(seed);
    const MuapEstimate estimate = c.noisy(truth, 0.05, seed);
    const UnitFit fit = fit_unit(*c.model, estimate, {moved(truth)}, usual_prior(*c.model, 0), without_discrepancy());
    EXPECT_TRUE(fit.converged) << fit.reason;
    errors += estimate.precision(0, 0) * (c.model->value(fit.unit) - c.model->value(truth)).squaredNorm() / n;
    expected_errors += fit.expected_error / n;
    misfits += fit.misfit / static_cast<double>(estimate.waveform.size()) / n;
    for (int p = 0; p < n_unit_parameters; ++p)
      if (std::abs(fit.unit.values[p] - truth.values[p]) <= 1.645 * std::sqrt(fit.covariance(p, p)))
        ++covered[static_cast<std::size_t>(p)];
  }
  // 54 of 60 are expected, with a standard deviation of 2.3; radii and junction scatter are held by their prior too.
  for (const UnitParameter p : {across_1, across_2, innervation_zone, velocity, delay, log_size}) {
    EXPECT_GE(covered[p], 47) << unit_parameter_kinds()[p].name;
    EXPECT_LE(covered[p], 60);
  }
  EXPECT_NEAR(misfits, 1, 0.02);
  EXPECT_NEAR(errors / expected_errors, 1, 0.2);
}

TEST(UnitFit, DiscrepancyWidensTheIntervals) {
  const Case& c = shared_case();
  const UnitParameters truth = c.unit(4);
  const MuapEstimate estimate = c.noisy(truth, 1e-3, 4);
  const UnitPrior prior = usual_prior(*c.model, 0);
  const UnitFit exact = fit_unit(*c.model, estimate, {moved(truth)}, prior, without_discrepancy());
  const UnitFit cautious = fit_unit(*c.model, estimate, {moved(truth)}, prior);
  const double energy = estimate.precision(0, 0) * c.model->value(truth).squaredNorm();
  EXPECT_NEAR(cautious.covariance(across_1, across_1) / exact.covariance(across_1, across_1), 1 + 4e-4 * energy / 6,
              0.05 * 4e-4 * energy / 6);
  EXPECT_NEAR(cautious.expected_error, 4e-4 * energy, 1e-5 * energy);
}

TEST(UnitFit, TakesWhiteningOfTheErrorsIntoAccount) {
  const Case& c = shared_case();
  const UnitParameters truth = c.unit(1);
  // Errors of neighbouring channels equal up to a small part: their difference is what counts.
  MuapEstimate estimate = c.noisy(truth, 1e-3, 2);
  estimate.waveform = c.model->value(truth);
  estimate.waveform.array() += 0.1F * estimate.waveform.maxCoeff();  // a baseline, which the whitening removes
  estimate.whitening = [](const Eigen::MatrixXf& m) {
    return Eigen::MatrixXf(m.bottomRows(m.rows() - 1) - m.topRows(m.rows() - 1));
  };
  const UnitFit fit = fit_unit(*c.model, estimate, {moved(truth)}, usual_prior(*c.model, 0), without_discrepancy());
  EXPECT_TRUE(fit.converged) << fit.reason;
  EXPECT_NEAR(fit.unit[across_1], truth[across_1], 0.05e-3);
  EXPECT_NEAR(fit.unit[innervation_zone], truth[innervation_zone], 0.05e-3);
  EXPECT_NEAR(fit.unit[log_size], truth[log_size], 0.02);
}

TEST(UnitFit, TakesTheBestOfSeveralStarts) {
  const Case& c = shared_case();
  const UnitParameters truth = c.unit(3);
  UnitParameters wrong = truth;
  wrong[across_1] = -truth[across_1], wrong[innervation_zone] = -15e-3;
  UnitFitOptions one_start;
  one_start.starts = 1;
  const UnitFit fit =
      fit_unit(*c.model, c.noisy(truth, 0.02, 1), {wrong, moved(truth), wrong}, usual_prior(*c.model, 0), one_start);
  EXPECT_NEAR(fit.unit[across_1], truth[across_1], 0.5e-3);
}

TEST(UnitFit, SaysWhenItDidNotConverge) {
  const Case& c = shared_case();
  const UnitParameters truth = c.unit(0);
  UnitFitOptions options = without_discrepancy();
  options.most_iterations = 1;
  const UnitFit fit = fit_unit(*c.model, c.noisy(truth, 1e-3, 0), {moved(truth)}, usual_prior(*c.model, 0), options);
  EXPECT_FALSE(fit.converged);
  EXPECT_EQ(fit.reason, "not converged: most iterations reached");
}

TEST(UnitFit, FailsWhenNoStartResemblesTheEstimate) {
  const Case& c = shared_case();
  MuapEstimate estimate = c.noisy(c.unit(0), 1e-3, 0);
  estimate.waveform = -c.model->value(c.unit(0));
  EXPECT_THROW(fit_unit(*c.model, estimate, {c.unit(0)}, usual_prior(*c.model, 0)), NumericalError);
}

}  // namespace
}  // namespace bmiss
