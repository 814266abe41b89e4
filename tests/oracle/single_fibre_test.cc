// Single-fibre action potentials of the analytic conductor against exact values of another program.
#include <gtest/gtest.h>

#include "support/single_fibre_case.h"

namespace bmiss {
namespace {

class SingleFibre : public testing::TestWithParam<const char*> {};

TEST_P(SingleFibre, MatchesTheExactValues) {
  BMISS_NEEDS_DATA("oracle/cases.json");
  const test::OracleCase c = test::oracle_case(GetParam());
  const double largest = c.values.cwiseAbs().maxCoeff();
  const auto error = [&](double step) {
    return (test::single_fibre_potential(c, step) - c.values).cwiseAbs().maxCoeff() / largest;
  };
  const double coarse = error(1e-3), fine = error(0.5e-3);
  EXPECT_LT(fine, 1e-3);
  EXPECT_LT(fine, 0.5 * coarse + 1e-6) << "the error must fall with the step";
}

INSTANTIATE_TEST_SUITE_P(Oracle, SingleFibre, testing::Values("sfap-A-r33-z0", "sfap-A-r25-z10"));

}  // namespace
}  // namespace bmiss
