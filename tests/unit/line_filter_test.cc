// Smoothing of potentials along a fibre.
#include "forward/line_filter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "physiology/muscle_fibre.h"
#include "support/infinite_medium.h"

namespace bmiss {
namespace {

constexpr double step = 0.5e-3;

Eigen::VectorXd arc_length(Eigen::Index n) {
  return Eigen::VectorXd::LinSpaced(n, 0, step * static_cast<double>(n - 1));
}

Eigen::VectorXd potentials_on(const MuscleFibre& fibre) {
  return test::InfiniteMedium(test::plane_grid(1, 1, 5e-3, 12e-3, 0.05)).potential(fibre.path).row(0).transpose();
}

double peak_to_peak(const Eigen::RowVectorXd& signal) {
  return signal.maxCoeff() - signal.minCoeff();
}

TEST(LineFilter, KeepsPolynomialsOfDegreeFiveUpToTheEndsWhateverTheWidths) {
  const Eigen::VectorXd s = arc_length(161) / 80e-3;
  Eigen::MatrixXd values(2, 161);
  values.row(0) =
      (1 - 3 * s.array() + 5 * s.array().square() - 4 * s.array().cube() + 2 * s.array().pow(5)).transpose();
  values.row(1).setConstant(7);
  const Eigen::VectorXd widths = (2e-3 + 3e-3 * s.array()).matrix();
  EXPECT_LT((smoothed_along(values, step, widths) - values).cwiseAbs().maxCoeff(), 1e-10);
}

TEST(LineFilter, LeavesValuesWhereTheWidthIsBelowTheStepOrTheFibreIsShort) {
  const Eigen::MatrixXd values = Eigen::MatrixXd::Random(3, 30);
  EXPECT_EQ(smoothed_along(values, step, Eigen::VectorXd::Zero(30)), values);
  EXPECT_EQ(smoothed_along(values, step, Eigen::VectorXd::Constant(30, 0.9 * step)), values);
  const Eigen::MatrixXd few = values.leftCols(6);
  EXPECT_EQ(smoothed_along(few, step, Eigen::VectorXd::Constant(6, 3e-3)), few);
}

// Noise as of quadratic elements with edges of 3 mm, which is proportional to third derivatives and so to the fourth
// power of the potential: at most a part in 1000 of the potential, but a tenth of the action potential.
TEST(LineFilter, TakesMeshNoiseOutOfAnActionPotentialAndAddsLessThanOnePercent) {
  const MuscleFibre fibre = test::straight_fibre(0.1, step, 0.03);
  const Eigen::VectorXd exact = potentials_on(fibre), s = arc_length(exact.size());
  std::mt19937 generator(3);
  Eigen::VectorXd noise = Eigen::VectorXd::Zero(s.size());
  for (int wave = 0; wave < 20; ++wave) {
    const double length = 2.5e-3 + 0.1e-3 * wave, phase = static_cast<double>(generator() % 1000) / 1000 * 2 * M_PI;
    noise.array() += (2 * M_PI / length * s.array() + phase).cos();
  }
  noise.array() *= (exact.array() / exact.maxCoeff()).pow(4);
  noise *= 1e-3 * exact.maxCoeff() / noise.cwiseAbs().maxCoeff();
  const auto times = Eigen::VectorXd::LinSpaced(161, 0, 0.02);
  const Eigen::MatrixXd currents = fibre_currents(fibre, *action_potentials().create("rosenfalck"), times);
  const Eigen::VectorXd widths = Eigen::VectorXd::Constant(s.size(), 3e-3);
  const auto signal = [&](const Eigen::VectorXd& values) -> Eigen::RowVectorXd {
    return values.transpose() * currents;
  };
  const auto smooth = [&](const Eigen::VectorXd& values) -> Eigen::VectorXd {
    return smoothed_along(values.transpose(), step, widths).transpose();
  };
  const Eigen::RowVectorXd expected = signal(exact);
  EXPECT_LT((signal(smooth(exact)) - expected).norm(), 0.01 * expected.norm());
  const double before = (signal(exact + noise) - expected).norm(),
               after = (signal(smooth(exact + noise)) - expected).norm();
  EXPECT_GT(before, 0.1 * expected.norm());
  EXPECT_LT(after, 0.15 * before);
  EXPECT_NEAR(peak_to_peak(signal(smooth(exact + noise))) / peak_to_peak(expected), 1, 0.01);
}

// The smoothing of currents that gives the same potentials is its transpose: it must not depend on the values.
TEST(LineFilter, IsLinearInTheValues) {
  const Eigen::MatrixXd a = Eigen::MatrixXd::Random(1, 90), b = Eigen::MatrixXd::Random(1, 90);
  const Eigen::VectorXd widths = Eigen::VectorXd::LinSpaced(90, 2e-3, 6e-3);
  EXPECT_LT((smoothed_along(2 * a - 3 * b, step, widths) - 2 * smoothed_along(a, step, widths) +
             3 * smoothed_along(b, step, widths))
                .cwiseAbs()
                .maxCoeff(),
            1e-12);
}

TEST(LineFilter, ChangesNothingOnAnExactLeadField) {
  const test::InfiniteMedium medium(test::plane_grid(2, 2, 5e-3, 12e-3, 0.05));
  const MuscleFibre fibre = test::straight_fibre(0.1, step, 0.03);
  EXPECT_EQ(potential_along(medium, fibre.path, fibre.step), medium.potential(fibre.path));
}

}  // namespace
}  // namespace bmiss
