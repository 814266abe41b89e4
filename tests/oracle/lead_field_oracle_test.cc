// The finite-element lead field against exact values of the finite layered cylinder, and against identities that hold
// exactly.
#include <gtest/gtest.h>

#include "support/finite_element_cases.h"

using namespace bmiss;

namespace {

void expect_sound(const test::CaseOutcome& outcome) {
  EXPECT_LT(outcome.error, 0.01) << outcome.log;
  EXPECT_LT(outcome.checks.reciprocity, 1e-8);
  EXPECT_LT(outcome.checks.symmetry, 1e-8);
  EXPECT_LT(outcome.checks.delivered_current, 1e-8);
}

}  // namespace

TEST(LeadFieldOracle, DiscElectrodeOnTheFiniteCylinderIsExactToOnePercentOfTheCaseMaximum) {
  BMISS_NEEDS_DATA("oracle/cases.json");
  expect_sound(test::solve_case(test::oracle_case("lead-A-disc5"), {1.5e-3, 5e-3, 0.3}, {}));
}

TEST(LeadFieldOracle, PointElectrodeOnTheFiniteCylinderIsExactToOnePercentOfTheCaseMaximum) {
  BMISS_NEEDS_DATA("oracle/cases.json");
  expect_sound(test::solve_case(test::oracle_case("lead-A-point"), {1.5e-3, 5e-3, 0.3}, {}));
}

TEST(LeadFieldOracle, AxialDipoleInMuscleIsSeenAtSkinPointsToOnePercentOfTheCaseMaximum) {
  BMISS_NEEDS_DATA("oracle/cases.json");
  expect_sound(test::solve_case(test::oracle_case("fin-A-axial"), {4e-3, 8e-3, 0.3}, {}));
}
