// Which decoded trains pass for motor units.
#include "inversion/model/unit_gate.h"

#include <gtest/gtest.h>

#include "inversion/model/decompose_model.h"

namespace bmiss {
namespace {

constexpr double rate = 1000;

// Intervals of 100 ms that become `change` longer and shorter in turn.
SpikePositions alternating(double first, double change) {
  SpikePositions train = {first};
  for (int k = 0; k < 100; ++k) train.push_back(train.back() + 100 * (k % 2 == 0 ? 1 + change : 1 - change));
  return train;
}

TEST(UnitGate, TellsTrainsWhoseSuccessiveIntervalsDifferFromDriftingOnes) {
  SpikePositions drifting = {40};
  for (double interval = 60; interval < 140; interval *= 1.01) drifting.push_back(drifting.back() + interval);
  const std::vector<SpikePositions> trains = {alternating(13, 0.3), alternating(37, 0.1), drifting};
  const Eigen::VectorXf separability = Eigen::VectorXf::Constant(3, 100);
  // 3 (60 / 200)^2 = 0.27 and 3 (20 / 200)^2 = 0.03
  const auto reasons = reasons_to_reject(trains, separability, rate, {0.5, 0.14}, ModelOptions());
  EXPECT_NE(reasons[0].find("local variation 0.27"), std::string::npos) << reasons[0];
  EXPECT_EQ(reasons[1], "");
  EXPECT_EQ(reasons[2], "");
  EXPECT_EQ(reasons_to_reject(trains, separability, rate, {0.5, 1}, ModelOptions())[0], "");
}

TEST(UnitGate, TellsShortDuplicateAndWorthlessTrains) {
  SpikePositions few = alternating(50, 0);
  few.resize(20);
  SpikePositions copy = alternating(13.2, 0);
  const std::vector<SpikePositions> trains = {few, alternating(13, 0), copy, alternating(60, 0.05)};
  Eigen::VectorXf separability(4);
  separability << 100, 100, 50, 9;  // the last: 4.5 for a spike that costs 5
  const auto reasons = reasons_to_reject(trains, separability, rate, {0.5, 0.14}, ModelOptions());
  EXPECT_NE(reasons[0].find("fewer than 40 spikes"), std::string::npos) << reasons[0];
  EXPECT_EQ(reasons[1], "");
  EXPECT_NE(reasons[2].find("100 % of its spikes are those of a more separable unit"), std::string::npos) << reasons[2];
  EXPECT_NE(reasons[3].find("description length"), std::string::npos) << reasons[3];
}

TEST(UnitGate, TakesNoUnitThatNeitherTheModelNorItsTrainSpeaksFor) {
  ModelledUnit regular, sparse;
  for (int k = 0; k < 60; ++k) {
    regular.unit.spikes.times.push_back(0.1 * k);
    sparse.unit.spikes.times.push_back(k % 3 == 0 ? 0.3 * k : 0.3 * k - 0.15);  // two of three intervals are pauses
  }
  regular.explained = sparse.explained = 0.4;
  EXPECT_EQ(reason_to_reject(regular, ModelOptions()), "") << "it may lie in another muscle";
  const std::string reason = reason_to_reject(sparse, ModelOptions());
  EXPECT_NE(reason.find("40 %"), std::string::npos) << reason;
  EXPECT_NE(reason.find("250 ms"), std::string::npos) << reason;
  sparse.explained = 0.9;
  EXPECT_EQ(reason_to_reject(sparse, ModelOptions()), "") << "the model explains it";
}

}  // namespace
}  // namespace bmiss
