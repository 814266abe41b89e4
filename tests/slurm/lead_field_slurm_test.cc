// The batch scripts under params/ with a real Slurm: a job that is told to stop queues itself again and finishes.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <regex>
#include <thread>

#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "one_node_cluster.h"
#include "support/cylinder_study.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

std::vector<double> rows_of(const std::string& path) {
  return Hdf5File(path, Hdf5File::Mode::read).read_all<double>("/lead_field/potential");
}

long n_complete(const std::string& path) {
  if (!std::filesystem::exists(path)) return 0;
  const auto status = Hdf5File(path, Hdf5File::Mode::read).read_all<int>("/lead_field/status");
  return std::count(status.begin(), status.end(), 1);
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void expect_same_rows(const std::string& path, const std::vector<double>& expected) {
  const auto rows = rows_of(path);
  ASSERT_EQ(rows.size(), expected.size());
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    worst = std::max(worst, std::abs(rows[i] - expected[i]));
    largest = std::max(largest, std::abs(expected[i]));
  }
  EXPECT_LE(worst, 1e-9 * largest);
}

class LeadFieldSlurm : public testing::Test {
protected:
  void SetUp() override {
    const std::string obstacle = test::OneNodeCluster::obstacle();
    if (!obstacle.empty()) GTEST_SKIP() << obstacle;
    cluster_ = std::make_unique<test::OneNodeCluster>(folder_ / "cluster");
    ASSERT_TRUE(cluster_->is_up(30)) << cluster_->logs();
    setenv("BMISS", BMISS_PROGRAM, 1);
    setenv("MPIRUN_OPTIONS", "--oversubscribe --bind-to none", 1);
    const test::CylinderStudy study(folder_ / "whole");
    test::RunningProgram whole({BMISS_PROGRAM, "leadfield", study.parameters()}, folder_ / "log");
    ASSERT_EQ(whole.wait(), 0) << whole.output();
    expected_ = rows_of(study.lead_field());
  }

  // The job's number.
  std::string submit(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{"sbatch", "--parsable", "--ntasks=2", "--mem-per-cpu=100",
                                     "--chdir=" + folder_.path()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const std::string number = cluster_->ask(command);
    return number.substr(0, number.find_first_of(";\n"));
  }
  // Until all its tasks have ended. A job that was queued again is started ten seconds later instead of Slurm's two
  // minutes; at once would be too early: the end of its last turn, still under way, would be taken for the next one's.
  bool ends(const std::string& job, int seconds) {
    int waiting = 0;
    const std::regex state("JobState=(\\w+)"), ended("COMPLETED|FAILED|TIMEOUT|CANCELLED|NODE_FAIL");
    for (int attempt = 0; attempt < 5 * seconds; ++attempt) {
      const std::string facts = cluster_->ask({"scontrol", "show", "job", job});
      int tasks = 0, done = 0;
      for (std::sregex_iterator found(facts.begin(), facts.end(), state), none; found != none; ++found, ++tasks)
        done += std::regex_match((*found)[1].str(), ended) ? 1 : 0;
      if (tasks > 0 && done == tasks) return true;
      waiting = facts.find("Reason=BeginTime") == std::string::npos ? 0 : waiting + 1;
      if (waiting == 5 * 10) cluster_->ask({"scontrol", "update", "jobid=" + job, "StartTime=now"});
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return false;
  }

  test::ScratchFolder folder_;
  std::unique_ptr<test::OneNodeCluster> cluster_;
  std::vector<double> expected_;
};

// Row by row, so that there are many places to stop at.
void solve_slowly(const test::CylinderStudy& study) {
  std::ofstream(study.parameters(), std::ios::app) << "subsection Solver\n  set Method = algebraic\nend\n";
}

}  // namespace

TEST_F(LeadFieldSlurm, AJobToldToStopQueuesItselfAgainAndFinishesToTheUninterruptedField) {
  const test::CylinderStudy study(folder_ / "study");
  const std::string job =
      submit({"--output=" + folder_ / "job.log", BMISS_SOURCE_DIR "/params/lead_field.sbatch", study.parameters()});
  for (int attempt = 0; attempt < 30000 && n_complete(study.unfinished()) == 0; ++attempt)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  cluster_->ask({"scancel", "--batch", "--signal=USR1", job});  // what Slurm itself sends before the time limit
  ASSERT_TRUE(ends(job, 120)) << cluster_->logs();
  const std::string log = text_of(folder_ / "job.log");
  EXPECT_NE(log.find("stopped by a signal after"), std::string::npos) << log;
  EXPECT_NE(log.find("not finished after turn 1, queued again"), std::string::npos) << log;
  ASSERT_TRUE(std::filesystem::exists(study.lead_field())) << log;
  expect_same_rows(study.lead_field(), expected_);
}

TEST_F(LeadFieldSlurm, ALimitTooShortForTheWholeFieldIsMetInSeveralTurns) {
  // Long enough on any machine that a signal some seconds after the start comes before the end.
  constexpr double long_enough = 15;  // [s]
  std::unique_ptr<test::CylinderStudy> whole;
  double edge = 1.5 * 0.6e-3, seconds = 0;
  while (seconds < long_enough) {
    edge /= 1.5;
    whole = std::make_unique<test::CylinderStudy>(folder_ / ("whole " + std::to_string(edge)), edge);
    solve_slowly(*whole);
    const auto start = std::chrono::steady_clock::now();
    test::RunningProgram uninterrupted({BMISS_PROGRAM, "leadfield", whole->parameters()}, folder_ / "log");
    ASSERT_EQ(uninterrupted.wait(), 0) << uninterrupted.output();
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  const test::CylinderStudy study(folder_ / "long", edge);
  solve_slowly(study);
  // One minute is the shortest limit; Slurm looks at limits every few seconds and signals from two seconds on.
  const std::string job = submit({"--ntasks=1", "--time=1", "--signal=B:USR1@58", "--output=" + folder_ / "job.log",
                                  BMISS_SOURCE_DIR "/params/lead_field.sbatch", study.parameters()});
  ASSERT_TRUE(ends(job, 240)) << cluster_->logs();
  const std::string log = text_of(folder_ / "job.log");
  ASSERT_TRUE(std::filesystem::exists(study.lead_field())) << log;
  expect_same_rows(study.lead_field(), rows_of(whole->lead_field()));
  EXPECT_NE(log.find("queued again"), std::string::npos) << log;
}

TEST_F(LeadFieldSlurm, AnArrayComputesOneLeadFieldEachTask) {
  const test::CylinderStudy first(folder_ / "first"), second(folder_ / "second");
  const std::string job =
      submit({"--array=0-1", "--output=" + folder_ / "task_%a.log", BMISS_SOURCE_DIR "/params/lead_field_array.sbatch",
              first.parameters(), second.parameters()});
  ASSERT_TRUE(ends(job, 120)) << cluster_->logs();
  for (const auto* study : {&first, &second}) {
    ASSERT_TRUE(std::filesystem::exists(study->lead_field()))
        << text_of(folder_ / "task_0.log") << text_of(folder_ / "task_1.log");
    expect_same_rows(study->lead_field(), expected_);
  }
}

int main(int argc, char** argv) {
  bmiss::MpiSession session(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
