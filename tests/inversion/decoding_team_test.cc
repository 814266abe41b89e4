// Ranks that decode one recording together.
#include "inversion/decode/decoding_team.h"

#include <gtest/gtest.h>

#include <string>

#include "base/mpi_session.h"
#include "support/spike_pool.h"

namespace bmiss {
namespace {

using test::found;
using test::Pool;

// Several windows, shared by all ranks: rank 0 alone finds the same.
TEST(DecodingTeam, FindsTheSpikesWhateverTheNumberOfRanks) {
  const Pool pool;
  DecodingTask task{pool.signal, pool.templates, std::vector<SpikePositions>(Pool::n_units), 2000, {}, {}};
  task.options.window = 0.7;
  task.options.margin = 0.1;
  ASSERT_GT(decoding_windows(Pool::n_samples, task.rate, task.options).size(), 6U);
  for (const DecodingStart start : {DecodingStart::trains, DecodingStart::relaxed_and_trains}) {
    task.start = start;
    if (mpi_rank(MPI_COMM_WORLD) > 0) {
      DecodingTeam::assist(MPI_COMM_WORLD);
      continue;
    }
    DecodedSpikes together;
    {
      DecodingTeam team(MPI_COMM_WORLD);
      together = team.decode(task);
      EXPECT_EQ(team.decode(task).trains, together.trains) << "a second task";
    }
    const DecodedSpikes alone = DecodingTeam().decode(task);
    EXPECT_EQ(together.trains, alone.trains);
    EXPECT_EQ(together.silhouettes, alone.silhouettes);
    const auto [share, others] = found(pool.trains, alone.trains);
    EXPECT_GT(share, 0.99);
    EXPECT_LE(others, 3);
    for (const double silhouette : alone.silhouettes) EXPECT_GT(silhouette, 0.9);
    for (const auto& train : alone.trains)
      for (std::size_t i = 1; i < train.size(); ++i) EXPECT_GT(train[i] - train[i - 1], 30);
  }
}

TEST(DecodingTeam, TellsRankZeroWhatFails) {
  DecodingTask task{Eigen::MatrixXf::Zero(1, 1000), {}, {{100}}, 1000, {}, {}};
  task.templates.window = {2, 8};  // too short for the search
  task.templates.waveforms = {Eigen::MatrixXf::Ones(1, 8)};
  task.options.window = 0.2;  // several, on every rank
  if (mpi_rank(MPI_COMM_WORLD) > 0) {
    DecodingTeam::assist(MPI_COMM_WORLD);
  } else {
    DecodingTeam team(MPI_COMM_WORLD);
    try {
      team.decode(task);
      FAIL() << "decoded";
    } catch (const std::exception& error) {
      EXPECT_NE(std::string(error.what()).find("lags"), std::string::npos) << error.what();
    }
  }
}

TEST(DecodingTeam, DecodesNothingWithoutUnits) {
  const DecodedSpikes none = DecodingTeam().decode({Eigen::MatrixXf::Zero(2, 500), {}, {}, 1000, {}, {}});
  EXPECT_TRUE(none.trains.empty() && none.silhouettes.empty());
}

}  // namespace
}  // namespace bmiss
