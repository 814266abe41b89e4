// The lead field does not depend on the number of ranks, on interruptions, or on the solver.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <sstream>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "solvers/lead_field/engine.h"
#include "solvers/lead_field/store.h"
#include "support/layered_cylinder_problem.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

// A file name that all ranks agree on, in a folder of rank 0.
class SharedFolder {
public:
  SharedFolder() {
    char path[4096] = {};
    if (mpi_rank(MPI_COMM_WORLD) == 0) {
      folder_ = std::make_unique<test::ScratchFolder>();
      folder_->path().copy(path, sizeof path - 1);
    }
    MPI_Bcast(path, sizeof path, MPI_CHAR, 0, MPI_COMM_WORLD);
    path_ = path;
  }
  ~SharedFolder() { MPI_Barrier(MPI_COMM_WORLD); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::unique_ptr<test::ScratchFolder> folder_;
  std::string path_;
};

// Sends a signal to this process as soon as `trigger` is logged.
class SignallingBuffer : public std::stringbuf {
public:
  SignallingBuffer(std::string trigger, int signal) : trigger_(std::move(trigger)), signal_(signal) {}

protected:
  int sync() override {
    if (signal_ != 0 && str().find(trigger_) != std::string::npos) raise(std::exchange(signal_, 0));
    return 0;
  }

private:
  std::string trigger_;
  int signal_;
};

LeadFieldProblem small_problem(double radius = 4e-3) {
  return test::cylinder_problem(
      test::reference_cylinder(8e-3, 16e-3, 0.5, {{0, 0.06}}),
      {test::skin_electrode("E1", 0, 0.05, radius), test::skin_electrode("E2", 0, 0.06, radius),
       test::skin_electrode("E3", 0.3, 0.06, radius), test::skin_electrode("E4", 0, 0.07, radius)},
      test::skin_electrode("R", 3.0, 0.06, radius));
}

SolverOptions with_method(const std::string& method) {
  SolverOptions options;
  options.method = method;
  return options;
}

// Computes on `communicator`; `problem` counts on its rank 0 only.
LeadFieldChecks compute(const LeadFieldProblem& problem, const SolverOptions& options, const std::string& path,
                        MPI_Comm communicator, std::streambuf* log = nullptr) {
  std::ostringstream silent;
  std::ostream stream(log != nullptr ? log : silent.rdbuf());
  Report report(stream, mpi_rank(communicator));
  if (mpi_rank(communicator) == 0) return compute_lead_field(problem, options, path, communicator, report);
  LeadFieldProblem elsewhere;  // other ranks know the electrodes only
  elsewhere.electrodes = problem.electrodes;
  return compute_lead_field(elsewhere, options, path, communicator, report);
}

std::vector<double> rows_of(const std::string& path) {
  return Hdf5File(path, Hdf5File::Mode::read).read_all<double>("/lead_field/potential");
}

double relative_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double worst = 0, largest = 0;
  EXPECT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    worst = std::max(worst, std::abs(a[i] - b[i]));
    largest = std::max(largest, std::abs(b[i]));
  }
  return worst / largest;
}

}  // namespace

TEST(LeadFieldRanks, AllMethodsGiveTheFieldOfOneRank) {
  const SharedFolder folder;
  const LeadFieldProblem problem = small_problem();
  for (const std::string method : {"direct", "multigrid", "algebraic"}) {
    const LeadFieldChecks checks = compute(problem, with_method(method), folder / (method + ".h5"), MPI_COMM_WORLD);
    EXPECT_LT(checks.reciprocity, 1e-8) << method;
    EXPECT_LT(checks.delivered_current, 1e-8) << method;
    EXPECT_LT(checks.symmetry, 1e-8) << method;
  }
  if (mpi_rank(MPI_COMM_WORLD) == 0) {
    compute(problem, with_method("direct"), folder / "alone.h5", MPI_COMM_SELF);
    const auto alone = rows_of(folder / "alone.h5");
    EXPECT_LT(relative_difference(rows_of(folder / "direct.h5"), alone), 1e-8);
    EXPECT_LT(relative_difference(rows_of(folder / "multigrid.h5"), alone), 1e-8);
    EXPECT_LT(relative_difference(rows_of(folder / "algebraic.h5"), alone), 1e-8);
    std::printf("direct %.1e, multigrid %.1e, algebraic %.1e\n",
                relative_difference(rows_of(folder / "direct.h5"), alone),
                relative_difference(rows_of(folder / "multigrid.h5"), alone),
                relative_difference(rows_of(folder / "algebraic.h5"), alone));
  }
}

TEST(LeadFieldRanks, AllGroupingsGiveTheFieldOfOneRank) {
  const SharedFolder folder;
  const LeadFieldProblem problem = small_problem();
  std::vector<double> alone;
  if (mpi_rank(MPI_COMM_WORLD) == 0) {
    compute(problem, with_method("direct"), folder / "alone.h5", MPI_COMM_SELF);
    alone = rows_of(folder / "alone.h5");
  }
  for (const int ranks_per_group : {1, 2, 3}) {
    SolverOptions options = with_method("multigrid");
    options.ranks_per_group = ranks_per_group;
    const std::string path = folder / (std::to_string(ranks_per_group) + ".h5");
    const LeadFieldChecks checks = compute(problem, options, path, MPI_COMM_WORLD);
    EXPECT_LT(checks.reciprocity, 1e-8) << ranks_per_group;
    EXPECT_LT(checks.delivered_current, 1e-8) << ranks_per_group;
    if (mpi_rank(MPI_COMM_WORLD) != 0) continue;
    const double difference = relative_difference(rows_of(path), alone);
    EXPECT_LT(difference, 1e-9) << ranks_per_group << " ranks a group";
    std::printf("%d ranks a group: %.1e\n", ranks_per_group, difference);
  }
}

TEST(LeadFieldRanks, AFailureInAnyGroupStopsAllWithItsSentence) {
  const SharedFolder folder;
  SolverOptions hasty = with_method("multigrid");
  hasty.largest_iterations = 3;
  hasty.ranks_per_group = 1;
  const std::string message = test::message_of<NumericalError>(
      [&] { compute(small_problem(), hasty, folder / "lead_field.h5", MPI_COMM_WORLD); });
  EXPECT_NE(message.find("the relative residual is"), std::string::npos) << message;
}

TEST(LeadFieldRanks, AFinishedFieldOfTheSameProblemIsKeptAndOfAnotherReplaced) {
  const SharedFolder folder;
  const std::string path = folder / "lead_field.h5";
  const LeadFieldChecks first = compute(small_problem(), with_method("multigrid"), path, MPI_COMM_WORLD);
  std::stringbuf log;
  const LeadFieldChecks second = compute(small_problem(), with_method("multigrid"), path, MPI_COMM_WORLD, &log);
  if (mpi_rank(MPI_COMM_WORLD) == 0) {
    EXPECT_NE(log.str().find("is there already"), std::string::npos) << log.str();
  }
  EXPECT_EQ(first.reciprocity, second.reciprocity);
  EXPECT_EQ(first.symmetry, second.symmetry);
  LeadFieldProblem moved = small_problem();
  moved.mesh.points(2, 5) += 1e-5;
  compute(moved, with_method("multigrid"), path, MPI_COMM_WORLD);
  if (mpi_rank(MPI_COMM_WORLD) == 0) {
    EXPECT_EQ(Hdf5File(path, Hdf5File::Mode::read).text_attribute("/", "mesh_hash"), moved.mesh.hash());
  }
}

TEST(LeadFieldRanks, ARunStoppedBySignalsContinuesToTheSameField) {
  const SharedFolder folder;
  const LeadFieldProblem problem = small_problem();
  const std::string path = folder / "lead_field.h5";
  for (const int signal : {SIGTERM, SIGUSR1}) {  // while the solver is set up: no row is begun then
    SignallingBuffer log("solver:", mpi_rank(MPI_COMM_WORLD) == 0 ? signal : 0);
    EXPECT_THROW(compute(problem, with_method("algebraic"), path, MPI_COMM_WORLD, &log), Interrupted);
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  if (mpi_rank(MPI_COMM_WORLD) == 0) {
    EXPECT_EQ(Hdf5File(path + ".part", Hdf5File::Mode::read).read_all<int>("/lead_field/status"),
              (std::vector<int>{0, 0, 0, 0}));
  }
  MPI_Barrier(MPI_COMM_WORLD);
  std::stringbuf log;
  compute(problem, with_method("algebraic"), path, MPI_COMM_WORLD, &log);
  if (mpi_rank(MPI_COMM_WORLD) == 0) {
    EXPECT_NE(log.str().find("4 of 4 rows"), std::string::npos) << log.str();
    EXPECT_FALSE(std::filesystem::exists(path + ".part"));
    compute(problem, with_method("algebraic"), folder / "uninterrupted.h5", MPI_COMM_SELF);
    EXPECT_LT(relative_difference(rows_of(path), rows_of(folder / "uninterrupted.h5")), 1e-8);
  }
}

TEST(LeadFieldRanks, AnUnfinishedFileOfAnotherProblemIsRefusedWithWhatDiffers) {
  const SharedFolder folder;
  const std::string path = folder / "lead_field.h5";
  SignallingBuffer log("solver:", mpi_rank(MPI_COMM_WORLD) == 0 ? SIGTERM : 0);
  EXPECT_THROW(compute(small_problem(), with_method("algebraic"), path, MPI_COMM_WORLD, &log), Interrupted);
  const auto message = [&](const LeadFieldProblem& problem, const SolverOptions& options) {
    return test::message_of<InputError>([&] { compute(problem, options, path, MPI_COMM_WORLD); });
  };
  LeadFieldProblem moved = small_problem();
  moved.mesh.points(2, 5) += 1e-5;
  EXPECT_NE(message(moved, with_method("algebraic")).find("differs from this run in the mesh;"), std::string::npos);
  LeadFieldProblem drier = small_problem();
  drier.tissues =
      TissueTable({test::layer(1, "a", TissueKind::bone, 0.02, 0.02), test::layer(2, "b", TissueKind::muscle, 0.1, 0.5),
                   test::layer(3, "c", TissueKind::fat, 0.04, 0.04), test::layer(4, "d", TissueKind::skin, 0.5, 0.5)});
  drier.electrodes.electrodes[0].name = "other";
  EXPECT_NE(message(drier, with_method("algebraic")).find("in the conductivities, the electrodes;"), std::string::npos);
  SolverOptions linear = with_method("algebraic");
  linear.degree = 1;
  EXPECT_NE(message(small_problem(), linear).find("in the degree of the tetrahedra; delete it"), std::string::npos);
}

TEST(LeadFieldRanks, InputErrorsReachEveryRank) {
  const SharedFolder folder;
  LeadFieldProblem problem = small_problem();
  problem.electrodes.electrodes[1].position[2] = 0.0;  // half of it hangs over the cut end
  const std::string message =
      test::message_of<InputError>([&] { compute(problem, {}, folder / "x.h5", MPI_COMM_WORLD); });
  EXPECT_NE(message.find("electrode 'E2' touches the skin on only 50 % of its area"), std::string::npos) << message;
  EXPECT_FALSE(std::filesystem::exists(folder / "x.h5.part"));
}
