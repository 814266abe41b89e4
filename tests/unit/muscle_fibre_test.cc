// Action potentials, and the currents of a muscle fibre against the exact potential in an infinite medium.
#include "physiology/muscle_fibre.h"

#include <gtest/gtest.h>

#include "base/errors.h"
#include "support/infinite_medium.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

Eigen::VectorXd sample_times(double rate, double until) {
  return Eigen::VectorXd::LinSpaced(static_cast<Eigen::Index>(until * rate), 0, until);
}

TEST(ActionPotential, RosenfalckPeaksAt129MillivoltThreeMillimetresBehindTheFront) {
  const auto ap = action_potentials().create("rosenfalck");
  EXPECT_NEAR(ap->value(3e-3), 96e-3 * 27 * std::exp(-3.0), 1e-15);  // -90 + 129 = +39 mV
  EXPECT_NEAR(ap->value(3e-3), 0.129, 1e-4);
  for (const double z : {2.9e-3, 3.1e-3}) EXPECT_LT(ap->value(z), ap->value(3e-3));
  EXPECT_EQ(ap->value(0), 0);
  EXPECT_EQ(ap->value(-1e-3), 0);
}

TEST(ActionPotential, NandedkarStalbergIsRosenfalckAtHalfTheLength) {
  const auto rosenfalck = action_potentials().create("rosenfalck"),
             other = action_potentials().create("nandedkar-stalberg");
  for (const double z : {0.1e-3, 1e-3, 4e-3}) {
    EXPECT_NEAR(other->value(z), 768e-3 * std::pow(z * 1e3, 3) * std::exp(-2e3 * z), 1e-16);
    EXPECT_NEAR(other->value(z), rosenfalck->value(2 * z), 1e-15);
  }
}

TEST(ActionPotential, IntegralIsThatOfTheValueAndTheExtentIsWhereItIsNegligible) {
  for (const auto& name : action_potentials().names()) {
    const auto ap = action_potentials().create(name);
    double sum = 0, peak = 0, z = 0;
    const double h = ap->extent() / 4000;
    for (int k = 0; k < 4000; ++k, z += h) {  // Simpson
      sum += h / 6 * (ap->value(z) + 4 * ap->value(z + h / 2) + ap->value(z + h));
      peak = std::max(peak, ap->value(z));
      if (k == 10 || k == 100 || k == 1000) {
        EXPECT_NEAR(ap->integral(z + h) / sum, 1, 2e-7) << name << " " << z;
      }
    }
    EXPECT_NEAR(ap->integral(ap->extent()) / sum, 1, 1e-9) << name;
    EXPECT_LT(ap->value(ap->extent()), 1e-9 * peak);
    EXPECT_GT(ap->value(0.9 * ap->extent()), 1e-9 * peak) << "extent is wasteful";
    EXPECT_FALSE(ap->citation().empty());
  }
}

TEST(ActionPotential, UnknownNameListsTheKnownOnes) {
  EXPECT_EQ(test::message_of<InputError>([] { action_potentials().create("rosenfalk"); }),
            "no action potential is called 'rosenfalk'; known: rosenfalck, nandedkar-stalberg");
}

TEST(FibreCurrents, SumToZeroAndHaveNoFirstMoment) {
  MuscleFibre fibre = test::straight_fibre(0.12, 0.5e-3, 0.0501234);
  fibre.delay = 1.3e-3;
  for (const auto& name : action_potentials().names()) {
    const auto currents = fibre_currents(fibre, *action_potentials().create(name), sample_times(2048, 0.04));
    ASSERT_EQ(currents.rows(), 241);
    const double scale = currents.cwiseAbs().colwise().sum().maxCoeff();
    ASSERT_GT(scale, 0);
    EXPECT_LT(currents.colwise().sum().cwiseAbs().maxCoeff(), 1e-15 * scale);
    EXPECT_LT((fibre.path.row(2) * currents).cwiseAbs().maxCoeff(), 1e-15 * scale * fibre.length());
    EXPECT_EQ(currents.leftCols(2).cwiseAbs().maxCoeff(), 0) << "no current before the junction fires";
    EXPECT_LT(currents.rightCols(2).cwiseAbs().maxCoeff(), 1e-8 * currents.cwiseAbs().maxCoeff())
        << "nor after the tendons";
  }
}

// Against w = s^2 and w = s^3, which the spline reproduces, the currents must give C * integral V w'' exactly (to the
// table's 1e-10).
TEST(FibreCurrents, HaveTheExactSecondAndThirdMoments) {
  const auto ap = action_potentials().create("rosenfalck");
  const MuscleFibre fibre = test::straight_fibre(0.1, 1e-3, 0.0403);
  const Eigen::RowVectorXd s = fibre.path.row(2);
  for (const double t : {2e-3, 8e-3, 11e-3, 15e-3}) {
    const Eigen::VectorXd currents = fibre_currents(fibre, *ap, Eigen::VectorXd::Constant(1, t));
    double second = 0, third = 0;  // mid-point rule, 1 um
    const double h = 1e-6;
    for (int k = 0; k < 100000; ++k) {
      const double at = (k + 0.5) * h, v = ap->value(fibre.velocity * t - std::abs(at - fibre.junction));
      second += 2 * v * h;
      third += 6 * at * v * h;
    }
    const double strength = fibre.intracellular_conductivity * std::acos(-1.0) * fibre.radius * fibre.radius;
    EXPECT_NEAR(s.array().square().matrix().dot(currents) / (strength * second), 1, 1e-6) << t;
    EXPECT_NEAR(s.array().cube().matrix().dot(currents) / (strength * third), 1, 1e-6) << t;
  }
}

// Largest error over time relative to the peak-to-peak of the exact potential.
double relative_error(double step, const test::Medium& medium, double rho, double z) {
  const auto ap = action_potentials().create("rosenfalck");
  const MuscleFibre fibre = test::straight_fibre(0.12, step, 0.05013);
  const Eigen::VectorXd times = sample_times(1024, 0.03);
  Eigen::RowVectorXd lead(fibre.path.cols());
  for (Eigen::Index k = 0; k < lead.size(); ++k) lead[k] = medium.potential(rho, z - fibre.path(2, k));
  const Eigen::RowVectorXd computed = lead * fibre_currents(fibre, *ap, times);
  Eigen::RowVectorXd exact(times.size());
  for (Eigen::Index i = 0; i < times.size(); ++i)
    exact[i] = test::exact_fibre_potential(fibre, *ap, medium, rho, z, times[i]);
  return (computed - exact).cwiseAbs().maxCoeff() / (exact.maxCoeff() - exact.minCoeff());
}

TEST(FibreCurrents, AreWithinOneInAThousandAtTheDefaultStepFromSevenMillimetresOn) {
  for (const test::Medium medium : {test::Medium{0.1, 0.5}, test::Medium{0.3, 0.3}})
    for (const double rho : {7e-3, 10e-3, 20e-3})
      for (const double z : {0.05, 0.07, 0.115}) {  // over the junction, midway, over the end
        const double error = relative_error(0.5e-3, medium, rho, z);
        EXPECT_LT(error, 1e-3) << rho << " " << z;
        RecordProperty("error", std::to_string(error));
        if (z < 0.1) {
          EXPECT_LT(error, 1e-5) << rho << " " << z;
        }
      }
}

TEST(FibreCurrents, ConvergeFasterThanTheThirdOrder) {
  for (const double z : {0.07, 0.115}) {
    const double coarse = relative_error(1e-3, {}, 10e-3, z), fine = relative_error(0.5e-3, {}, 10e-3, z);
    EXPECT_GT(std::log2(coarse / fine), 2.9) << "at " << z << ": " << coarse << " -> " << fine;
  }
}

TEST(FibreCurrents, ScaleWithTheSquareOfTheRadiusAndShiftWithTheDelay) {
  const auto ap = action_potentials().create("rosenfalck");
  MuscleFibre fibre = test::straight_fibre(0.08, 0.5e-3, 0.04);
  const auto thin = fibre_currents(fibre, *ap, sample_times(2048, 0.02));
  fibre.radius *= 2;
  EXPECT_LT((fibre_currents(fibre, *ap, sample_times(2048, 0.02)) - 4 * thin).cwiseAbs().maxCoeff(),
            1e-12 * thin.maxCoeff());
  fibre.radius /= 2;
  fibre.delay = 2e-3;
  const Eigen::VectorXd later = sample_times(2048, 0.02).array() + 2e-3;
  EXPECT_LT((fibre_currents(fibre, *ap, later) - thin).cwiseAbs().maxCoeff(), 1e-9 * thin.maxCoeff());
}

TEST(FibreCurrents, BadFibresAreRefusedWithTheValueSeen) {
  const auto ap = action_potentials().create("rosenfalck");
  const auto message = [&](auto change) {
    MuscleFibre fibre = test::straight_fibre(0.08, 0.5e-3, 0.04);
    change(fibre);
    return test::message_of<InputError>([&] { fibre_currents(fibre, *ap, sample_times(1000, 0.01)); });
  };
  EXPECT_EQ(message([](MuscleFibre& f) { f.velocity = -4; }),
            "a muscle fibre has a conduction velocity of -4 m/s; it must be positive");
  EXPECT_EQ(message([](MuscleFibre& f) { f.junction = 0.09; }),
            "a muscle fibre of length 0.08 m has its junction at 0.09 m; it must lie on the fibre");
  EXPECT_EQ(message([](MuscleFibre& f) { f.path.conservativeResize(3, 4); }),
            "a muscle fibre has 4 points; it needs 5 or more, so take a smaller step or drop the fibre");
}

}  // namespace
}  // namespace bmiss
