// The differentiable action potential model in an infinite medium.
#include "inversion/refine/muap_model.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/errors.h"
#include "base/report.h"
#include "forward/muap.h"
#include "inversion/refine/taylor_rates.h"
#include "support/infinite_medium.h"
#include "support/straight_muscle.h"

namespace bmiss {
namespace {

class MuapModelTest : public testing::Test {
protected:
  static void SetUpTestSuite() {
    array_ = new ElectrodeArray(test::plane_grid(9, 5, 8e-3, 6e-3, -32e-3));
    field_ = new test::InfiniteMedium(*array_);
    atlas_ = new FibreAtlas(test::straight_muscle(1e-3, 45e-3));
    potential_ = action_potentials().create("rosenfalck").release();
    std::ostringstream log;
    Report report(log, 0);
    MuapModelOptions options;
    options.n_lags = 80;
    model_ = new MuapModel(*atlas_, {"muscle"}, *field_, *potential_, options, report);
  }
  static UnitParameters unit() {
    UnitParameters unit = model_->typical_unit(0);
    unit[across_1] += 0.7e-3, unit[across_2] -= 1.1e-3;
    unit[innervation_zone] = 4.3e-3;
    unit[proximal_length] = 38e-3, unit[distal_length] = 35e-3;
    unit[velocity] = 4.2, unit[delay] = 0.2e-3;
    unit[log_size] = std::log(1e-6);
    return unit;
  }
  static ElectrodeArray* array_;
  static test::InfiniteMedium* field_;
  static FibreAtlas* atlas_;
  static ActionPotential* potential_;
  static MuapModel* model_;
};
ElectrodeArray* MuapModelTest::array_ = nullptr;
test::InfiniteMedium* MuapModelTest::field_ = nullptr;
FibreAtlas* MuapModelTest::atlas_ = nullptr;
ActionPotential* MuapModelTest::potential_ = nullptr;
MuapModel* MuapModelTest::model_ = nullptr;

TEST_F(MuapModelTest, DerivativeByEveryParameterHasATaylorRemainderOfSecondOrder) {
  for (const UnitParameters& at : {unit(), unit_for_taylor_rates(*model_, 0)}) {
    const auto rates = taylor_rates(*model_, at);
    ASSERT_EQ(rates.size(), static_cast<std::size_t>(n_unit_parameters));
    for (const MuapTaylorRate& rate : rates) {
      EXPECT_GT(rate.rate, 1.9) << rate.parameter;
      EXPECT_LT(rate.rate, 2.3) << rate.parameter;
      EXPECT_GT(rate.remainder, 1e-5) << rate.parameter << ": rounding only";
    }
    EXPECT_LT((model_->linearise(at).value - model_->value(at)).norm(), 1e-6 * model_->value(at).norm());
  }
}

TEST_F(MuapModelTest, TypicalZoneIsInTheMiddleOfWhatWasImaged) {
  FibreAtlas longer = *atlas_;  // the first 30 mm of each fibre and the last 10 were added to the limb
  for (FibrePath& path : longer.paths.at("muscle")) path.beyond_proximal = 30e-3, path.beyond_distal = 10e-3;
  std::ostringstream log;
  Report report(log, 0);
  const MuapModel model(longer, {"muscle"}, *field_, *potential_, model_->options(), report);
  EXPECT_NEAR(model.typical_unit(0)[innervation_zone], model_->typical_unit(0)[innervation_zone] + 10e-3, 1e-9);
}

TEST_F(MuapModelTest, AdjointIsTheTransposeOfTheDerivative) {
  const LinearMuap linear = model_->linearise(unit());
  Eigen::MatrixXf by_muap = Eigen::MatrixXf::Random(model_->n_rows(), model_->n_columns());
  const UnitVector gradient = model_->gradient(unit(), by_muap);
  const Eigen::VectorXf expected =
      linear.jacobian.transpose() * Eigen::Map<const Eigen::VectorXf>(by_muap.data(), by_muap.size());
  for (int p = 0; p < n_unit_parameters; ++p)
    EXPECT_NEAR(gradient[p], expected[p], 1e-5 * linear.jacobian.col(p).norm() * by_muap.norm());
}

TEST_F(MuapModelTest, IsLinearInThePotentialsWithTheGradientItReturns) {
  // The model is J = <by_muap, muap>; Euler: the gradient times the potentials themselves is J.
  Eigen::MatrixXf by_muap = Eigen::MatrixXf::Random(model_->n_rows(), model_->n_columns());
  const PotentialGradient gradient = model_->potential_gradient(unit(), by_muap);
  const double sum = gradient.gradient.cwiseProduct(field_->potential(gradient.points)).sum();
  const double expected = by_muap.cwiseProduct(model_->value(unit())).sum();
  EXPECT_NEAR(sum, expected, 1e-5 * by_muap.norm() * model_->value(unit()).norm());
}

TEST_F(MuapModelTest, AgreesWithTheSynthesisOfManyFibres) {
  // Junctions and velocities at the nodes of Gauss-Hermite rules, fibres at even places of the disc.
  const double hermite[9] = {-4.51274586339978, -3.20542900285647, -2.07684797867783, -1.02325566378913, 0,
                             1.02325566378913,  2.07684797867783,  3.20542900285647,  4.51274586339978};
  const double weight[9] = {2.23458440077466e-05, 0.00278914132123177, 0.0499164067652178,
                            0.24409750289494,     0.406349206349206,   0.24409750289494,
                            0.0499164067652178,   0.00278914132123177, 2.23458440077466e-05};
  const UnitParameters at = unit();
  const TerritoryPlace place = model_->place(at);
  std::vector<MotorUnit> units;
  std::vector<double> weights;
  for (int j = 0; j < 9; ++j)
    for (int v = 0; v < 3; ++v) {
      MotorUnit one;
      const double speed = at[velocity] + (v - 1) * 0.1 * std::sqrt(3.0);
      for (int ring = 0; ring < 3; ++ring)
        for (int k = 0; k < 4 * (2 * ring + 1); ++k) {
          const double radius = at[territory_radius] * std::sqrt((ring + 0.5) * (ring + 0.5) + 1.0 / 4) / 3;
          const double angle = 2 * M_PI * (k + 0.37 * ring) / (4 * (2 * ring + 1));
          for (int end = 0; end < 12; ++end) {
            // Ends scatter as the soft end does: quantiles of its density 30 x^2 (1 - x)^2, with its variance.
            static const double quantile[12] = {0.1688, 0.2637, 0.3281, 0.3820, 0.4308, 0.4772,
                                                0.5228, 0.5692, 0.6180, 0.6719, 0.7363, 0.8312};
            const double width = 3e-3 * soft_end_width;
            MuscleFibre fibre;
            const double cut = (quantile[end] - 0.5) * width;
            const double first = place.zone.z() - at[proximal_length] - cut;
            const double last = place.zone.z() + at[distal_length] + cut;
            const int n = static_cast<int>((last - first) / 0.5e-3);
            fibre.step = (last - first) / n;
            fibre.path.resize(3, n + 1);
            for (int i = 0; i <= n; ++i)
              fibre.path.col(i) << place.centre.x() + radius * std::cos(angle),
                  place.centre.y() + radius * std::sin(angle), first + fibre.step * i;
            fibre.junction = place.zone.z() - first + at[junction_scatter] * hermite[j];
            fibre.velocity = speed;
            fibre.delay = at[delay];
            one.fibres.push_back(fibre);
          }
        }
      one.weight_per_fibre = weight[j] * (v == 1 ? 4.0 : 1.0) / 6 / static_cast<double>(one.fibres.size());
      units.push_back(one);
    }
  std::ostringstream log;
  Report report(log, 0);
  const auto muaps = synthesise_muaps(units, *field_, *potential_, 2048, 80, report);
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(muaps.front().waveform.rows(), 80);
  for (const auto& muap : muaps) sum += muap.waveform;
  const double strength = M_PI * 27.5e-6 * 27.5e-6;
  sum *= std::exp(at[log_size]) / strength;
  const Eigen::MatrixXd value = model_->value(at).cast<double>();
  EXPECT_LT((value - sum).norm(), 1e-3 * sum.norm());
}

}  // namespace
}  // namespace bmiss
