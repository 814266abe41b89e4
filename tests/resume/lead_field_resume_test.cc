// A lead field cannot be lost: killed, signalled, on a full disk or continued with other ranks, the program leaves a
// file that opens, keeps every finished row, and finishes to the uninterrupted field.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "support/cylinder_study.h"
#include "support/running_program.h"
#include "support/test_files.h"

using namespace bmiss;
using test::RunningProgram;

namespace {

constexpr rlim_t full = 2000000;  // [bytes], too little for the lead field

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::string> leadfield(const test::CylinderStudy& study, int ranks = 0,
                                   const std::vector<std::string>& more = {}) {
  std::vector<std::string> command;
  if (ranks > 0) command = {"mpirun", "--oversubscribe", "--bind-to", "none", "-n", std::to_string(ranks)};
  command.insert(command.end(), {BMISS_PROGRAM, "leadfield", study.parameters()});
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

// The field of a run that nobody disturbs; computed once.
class LeadFieldResume : public testing::Test {
protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<test::ScratchFolder>();
    const test::CylinderStudy study(*folder_ / "reference");
    const auto start = Clock::now();
    RunningProgram program(leadfield(study), log());
    ASSERT_EQ(program.wait(), 0) << program.output();
    duration_ = seconds_since(start);
    reference_ = rows_of(study.lead_field());
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static std::string log() { return *folder_ / "log"; }
  static std::vector<double> rows_of(const std::string& path) {
    return Hdf5File(path, Hdf5File::Mode::read).read_all<double>("/lead_field/potential");
  }
  static std::vector<int> status_of(const std::string& path) {
    return Hdf5File(path, Hdf5File::Mode::read).read_all<int>("/lead_field/status");
  }
  static long n_complete(const std::string& path) {
    const auto status = status_of(path);
    return std::count(status.begin(), status.end(), 1);
  }

  // The file opens, and its complete rows are those of the reference.
  static void expect_sound(const std::string& path) {
    const auto status = status_of(path);
    ASSERT_EQ(status.size(), static_cast<std::size_t>(test::CylinderStudy::n_electrodes));
    const auto rows = rows_of(path);
    ASSERT_EQ(rows.size(), reference_.size());
    const std::size_t n = rows.size() / status.size();
    double largest = 0, worst = 0;
    for (const double value : reference_) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (status[i / n] == 1) worst = std::max(worst, std::abs(rows[i] - reference_[i]));
    EXPECT_LE(worst, 1e-9 * largest) << path;
  }
  // All of the finished file is that of the reference, but for times.
  static void expect_finished(const test::CylinderStudy& study) {
    EXPECT_FALSE(std::filesystem::exists(study.unfinished()));
    expect_sound(study.lead_field());
    EXPECT_EQ(n_complete(study.lead_field()), test::CylinderStudy::n_electrodes);
    const Hdf5File file(study.lead_field(), Hdf5File::Mode::read);
    const Hdf5File whole(*folder_ / "reference/lead_field.h5", Hdf5File::Mode::read);
    EXPECT_EQ(file.text_attribute("/", "content_hash"), whole.text_attribute("/", "content_hash"));
    EXPECT_EQ(file.read_all<double>("/mesh/points"), whole.read_all<double>("/mesh/points"));
    EXPECT_EQ(file.read_all<int>("/mesh/elements"), whole.read_all<int>("/mesh/elements"));
    EXPECT_EQ(file.read_names("/electrodes/names"), whole.read_names("/electrodes/names"));
    for (const double residual : file.read_all<double>("/lead_field/residual")) EXPECT_LE(residual, 1e-10);
    for (const double current : file.read_all<double>("/lead_field/delivered_current")) EXPECT_NEAR(current, 1, 1e-8);
  }

  // Runs until some but not all rows are complete, then sends `signal`. Repeats where the run was too quick for that.
  static void stop_halfway(const test::CylinderStudy& study, int ranks, int signal, int expected_exit) {
    for (int attempt = 0; attempt < 5; ++attempt) {
      std::filesystem::remove(study.lead_field());
      RunningProgram program(leadfield(study, ranks, {"--set", "Solver/Ranks per group=1"}), log());
      while (!program.has_ended() &&
             !(std::filesystem::exists(study.unfinished()) && n_complete(study.unfinished()) > 0))
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      program.signal(signal);
      const int exit_code = program.wait();
      if (!std::filesystem::exists(study.unfinished())) continue;
      EXPECT_EQ(exit_code, expected_exit) << program.output();
      if (expected_exit == 75) {
        EXPECT_TRUE(program.says("stopped by a signal after")) << program.output();
      }
      EXPECT_GT(n_complete(study.unfinished()), 0);
      expect_sound(study.unfinished());
      return;
    }
    FAIL() << "every run was done before it could be stopped";
  }

  static std::unique_ptr<test::ScratchFolder> folder_;
  static double duration_;
  static std::vector<double> reference_;
};

std::unique_ptr<test::ScratchFolder> LeadFieldResume::folder_;
double LeadFieldResume::duration_ = 0;
std::vector<double> LeadFieldResume::reference_;

}  // namespace

TEST_F(LeadFieldResume, KilledTwentyTimesAtRandomItFinishesToTheSameFile) {
  const test::CylinderStudy study(*folder_ / "killed");
  std::mt19937 random(20);
  std::uniform_real_distribution<double> moment(0, 1);
  double longest = duration_;  // shrinks with what a run is seen to take, on a machine that others use too
  int finished_early = 0, with_rows = 0;
  for (int kills = 0; kills < 20;) {
    RunningProgram program(leadfield(study), log());
    const double life = longest * moment(random);
    const auto start = Clock::now();
    while (seconds_since(start) < life && !program.has_ended())
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    if (program.has_ended()) {
      ASSERT_EQ(program.wait(), 0) << program.output();
      expect_finished(study);
      std::filesystem::remove(study.lead_field());  // begin anew
      longest = std::min(longest, seconds_since(start));
      ASSERT_LT(++finished_early, 40);
      continue;
    }
    program.signal(SIGKILL);
    program.wait();
    ++kills;
    if (!std::filesystem::exists(study.unfinished())) continue;
    expect_sound(study.unfinished());
    with_rows += n_complete(study.unfinished()) > 0 ? 1 : 0;
  }
  RunningProgram last(leadfield(study), log());
  ASSERT_EQ(last.wait(), 0) << last.output();
  expect_finished(study);
  std::printf("of 20 kills %d left rows, the field was finished %d times between\n", with_rows, finished_early);
}

TEST_F(LeadFieldResume, ARankKilledUnderMpirunLosesNoFinishedRow) {
  const test::CylinderStudy study(*folder_ / "rank");
  for (int kill_number = 0; kill_number < 2; ++kill_number) {
    RunningProgram program(leadfield(study, 2, {"--set", "Solver/Ranks per group=1"}), log());
    while (!program.has_ended() && !(std::filesystem::exists(study.unfinished()) && n_complete(study.unfinished()) > 0))
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const auto ranks = program.children();
    if (ranks.empty()) break;  // done already
    kill(ranks.back(), SIGKILL);
    EXPECT_NE(program.wait(), 0);
    if (std::filesystem::exists(study.unfinished())) expect_sound(study.unfinished());
  }
  RunningProgram last(leadfield(study), log());
  ASSERT_EQ(last.wait(), 0) << last.output();
  expect_finished(study);
}

TEST_F(LeadFieldResume, SignalsStopAfterTheBlockWithCode75AndAnyNumberOfRanksContinues) {
  for (const int signal : {SIGTERM, SIGUSR1}) {
    const test::CylinderStudy study(*folder_ / ("signal" + std::to_string(signal)));
    stop_halfway(study, 0, signal, 75);
    RunningProgram next(leadfield(study, 2, {"--set", "Solver/Ranks per group=1"}), log());
    ASSERT_EQ(next.wait(), 0) << next.output();
    EXPECT_FALSE(next.says("72 of 72 rows")) << next.output();
    expect_finished(study);
  }
}

TEST_F(LeadFieldResume, ASignalThroughMpirunStopsAllGroupsAndOneRankContinues) {
  const test::CylinderStudy study(*folder_ / "mpirun");
  stop_halfway(study, 2, SIGUSR1, 75);
  RunningProgram next(leadfield(study), log());
  ASSERT_EQ(next.wait(), 0) << next.output();
  expect_finished(study);
}

TEST_F(LeadFieldResume, ADiskThatIsFullAtTheStartIsToldWithTheSpaceNeeded) {
  const test::CylinderStudy study(*folder_ / "full");
  RunningProgram program(leadfield(study), log(), full);
  EXPECT_EQ(program.wait(), 2) << program.output();
  EXPECT_TRUE(program.says("File too large")) << program.output();
  EXPECT_TRUE(program.says("the lead field needs")) << program.output();
  EXPECT_FALSE(std::filesystem::exists(study.lead_field()));
  EXPECT_FALSE(std::filesystem::exists(study.unfinished()));
  EXPECT_FALSE(std::filesystem::exists(study.file(".partial-lead_field.h5.part")));
}

TEST_F(LeadFieldResume, ADiskThatBecomesFullStopsWithCode75AndTheFileGoesOn) {
  const test::CylinderStudy study(*folder_ / "filling");
  stop_halfway(study, 0, SIGUSR1, 75);
  const long before = n_complete(study.unfinished());
  RunningProgram program(leadfield(study), log(), full);
  EXPECT_EQ(program.wait(), 75) << program.output();
  EXPECT_TRUE(program.says("the disk is full")) << program.output();
  EXPECT_TRUE(program.says("the missing rows need")) << program.output();
  expect_sound(study.unfinished());
  EXPECT_GE(n_complete(study.unfinished()), before);
  RunningProgram next(leadfield(study), log());
  ASSERT_EQ(next.wait(), 0) << next.output();
  expect_finished(study);
}

// A file system of its own that is too small, where the kernel lets users have one.
TEST_F(LeadFieldResume, ARealFullDiskLeavesNoFileThatLooksWhole) {
  const test::CylinderStudy study(*folder_ / "small disk");
  const std::string disk = *folder_ / "disk";
  std::filesystem::create_directories(disk);
  const std::string mount = "mount -t tmpfs -o size=3m none '" + disk + "'";
  RunningProgram probe({"unshare", "-rm", "sh", "-c", mount}, log());
  if (probe.wait() != 0) GTEST_SKIP() << "no file system of its own: " << probe.output();
  RunningProgram program({"unshare", "-rm", "sh", "-c",
                          mount + " && cd '" + disk + "' && cp '" + study.file("") +
                              "'* . && '" BMISS_PROGRAM "' leadfield study.prm --out . ; echo exit code $?; ls -A"},
                         log());
  program.wait();
  EXPECT_TRUE(program.says("exit code 2")) << program.output();
  EXPECT_TRUE(program.says("MB")) << program.output();
  EXPECT_FALSE(program.says("lead_field.h5\n")) << program.output();
}

TEST_F(LeadFieldResume, AFinishedFileOfAnotherMeshIsNotUsed) {
  const test::CylinderStudy study(*folder_ / "stale");
  std::filesystem::copy_file(*folder_ / "reference/lead_field.h5", study.lead_field());
  std::filesystem::copy_file(*folder_ / "reference/electrodes.tsv", study.file("electrodes.tsv"));
  TetMesh mesh = read_msh(study.file("mesh.msh"), "mm", TissueTable::read(study.file("mesh_tissues.txt")));
  mesh.points *= 1.01;
  study.write_mesh(mesh);
  RunningProgram program({BMISS_PROGRAM, "simulate", study.parameters()}, log());
  EXPECT_EQ(program.wait(), 2);
  EXPECT_TRUE(program.says("was computed on another mesh than that of")) << program.output();
}

TEST_F(LeadFieldResume, AnUnfinishedFileOfAnotherMeshIsRefused) {
  const test::CylinderStudy study(*folder_ / "mesh");
  stop_halfway(study, 0, SIGUSR1, 75);
  const auto tissues = TissueTable::read(study.file("mesh_tissues.txt"));
  TetMesh mesh = read_msh(study.file("mesh.msh"), "mm", tissues);
  mesh.points *= 1.01;
  study.write_mesh(mesh);
  RunningProgram program(leadfield(study), log());
  EXPECT_EQ(program.wait(), 2);
  EXPECT_TRUE(program.says("is an unfinished lead field that differs from this run in the mesh")) << program.output();
  EXPECT_TRUE(std::filesystem::exists(study.unfinished()));
}

int main(int argc, char** argv) {
  bmiss::MpiSession session(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
