// The check of rank independence splits the world, and fails when ranks do not agree.
#include <gtest/gtest.h>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "solvers/verification/conductor_checks.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

SolverOptions with_method(const std::string& method, double tolerance = 1e-10) {
  SolverOptions options;
  options.method = method;
  options.tolerance = tolerance;
  return options;
}

}  // namespace

TEST(RankCheck, PassesForEverySolver) {
  const CheckCase cylinder = cylinder_case(2, MPI_COMM_WORLD);
  for (const char* method : {"direct", "multigrid"}) {
    const Verdict verdict = check_ranks(cylinder, with_method(method), MPI_COMM_WORLD);
    EXPECT_EQ(verdict.state, Verdict::State::passed) << method << " " << verdict.value;
    const std::string counts = mpi_size(MPI_COMM_WORLD) == 2 ? "1 and 2 ranks" : "1, 2 and 3 ranks";
    EXPECT_NE(verdict.remark.find(counts), std::string::npos) << verdict.remark;
    if (mpi_rank(MPI_COMM_WORLD) == 0) std::printf("%s: %.1e\n", method, verdict.value);
  }
}

TEST(RankCheck, FailsForALooseTolerance) {
  const CheckCase cylinder = cylinder_case(2, MPI_COMM_WORLD);
  EXPECT_EQ(check_ranks(cylinder, with_method("multigrid", 1e-3), MPI_COMM_WORLD).state, Verdict::State::failed);
}

TEST(RankCheck, TellsEveryRankOfAFailureOnSome) {
  const CheckCase cylinder = cylinder_case(2, MPI_COMM_WORLD);
  SolverOptions hasty = with_method("multigrid");
  hasty.largest_iterations = 2;
  const std::string message = test::message_of<NumericalError>([&] { check_ranks(cylinder, hasty, MPI_COMM_WORLD); });
  EXPECT_NE(message.find("electrode 'E1'"), std::string::npos) << message;
}
