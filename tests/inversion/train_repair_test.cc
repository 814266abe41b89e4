// Trains of two units taken apart, pieces of one put together, and neither where there is no reason.
#include "inversion/model/train_repair.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <sstream>

#include "base/report.h"
#include "inversion/blind/train_statistics.h"
#include "inversion/model/train_split.h"
#include "physiology/random_stream.h"
#include "support/spike_pool.h"
#include "support/straight_muscle.h"
#include "support/uncertain_medium.h"

namespace bmiss {
namespace {

constexpr Eigen::Index n_samples = 24000;

SpikePositions regular_train(RandomStream& random, double interval) {
  SpikePositions train;
  for (double t = 100 + interval * random.uniform(); t < n_samples - 200; t += interval * (1 + 0.1 * random.gaussian()))
    train.push_back(t);
  return train;
}

SpikePositions united(const SpikePositions& a, const SpikePositions& b) {
  SpikePositions both = a;
  both.insert(both.end(), b.begin(), b.end());
  std::sort(both.begin(), both.end());
  return both;
}

TEST(SplitTrain, TellsUnitsApartByWhenTheyFireWhereWaveformsDoNot) {
  RandomStream random(5, "split train", 0);
  const SpikePositions a = regular_train(random, 210), b = regular_train(random, 170), both = united(a, b);
  // Means 2.5 standard deviations apart: one spike of ten lies on the wrong side of the middle.
  Eigen::MatrixXf points(6, static_cast<Eigen::Index>(both.size()));
  int by_waveform = 0;
  for (std::size_t k = 0; k < both.size(); ++k) {
    const auto column = static_cast<Eigen::Index>(k);
    const bool is_a = std::binary_search(a.begin(), a.end(), both[k]);
    for (Eigen::Index i = 0; i < 6; ++i) points(i, column) = static_cast<float>(random.gaussian());
    points(0, column) += is_a ? 2.5F : 0.0F;
    by_waveform += (points(0, column) > 1.25F) == is_a ? 1 : 0;
  }
  auto [first, second] = split_train(both, points, principal_axes(points).col(0), 30);
  if (test::found({a}, {first}).first < 0.5) std::swap(first, second);
  const double right = (test::found({a}, {first}).first * static_cast<double>(a.size()) +
                        test::found({b}, {second}).first * static_cast<double>(b.size())) /
                       static_cast<double>(both.size());
  EXPECT_LT(static_cast<double>(by_waveform) / static_cast<double>(both.size()), 0.93);
  EXPECT_GT(right, 0.97);
}

class RepairTrains : public ::testing::Test {
protected:
  RepairTrains() : field_(test::plane_grid(9, 5, 8e-3, 6e-3, -32e-3)) {
    std::ostringstream log;
    Report report(log, 0);
    potential_ = action_potentials().create("rosenfalck");
    MuapModelOptions options;
    options.first_lag = -static_cast<int>(window_.before);
    options.n_lags = static_cast<int>(window_.lags);
    const MuapModel model(test::straight_muscle(0.8e-3, 45e-3), {"muscle"}, field_, *potential_, options, report);
    SpanOptions span;
    span.atoms = 400;
    span_ = std::make_unique<TemplateSpan>(model, span);
    // Two beside each other, one elsewhere.
    UnitParameters unit = model.typical_unit(0);
    for (const double across : {0.0, 1.2e-3, -6e-3}) {
      unit[across_1] = across;
      const Eigen::MatrixXf waveform = span_->channels().transpose() * model.value(unit);
      muaps_.push_back(waveform * (8 / waveform.norm()));
    }
  }
  // Of trains that are not those of the units.
  RepairedTrains repair(const std::vector<SpikePositions>& truth, const std::vector<SpikePositions>& trains) {
    Eigen::MatrixXf signal(span_->channels().cols(), n_samples);
    for (Eigen::Index i = 0; i < signal.size(); ++i) signal.data()[i] = static_cast<float>(random_.gaussian());
    add_spikes({window_, {muaps_.begin(), muaps_.begin() + static_cast<std::ptrdiff_t>(truth.size())}}, truth, 1,
               signal);
    const JointState state = explain(signal, trains, window_, [&](const Eigen::MatrixXf& waveform, std::size_t) {
      return span_->project(waveform);
    });
    return repair_trains(state, *span_, RepairOptions());
  }
  TemplateWindow window_{24, 100};
  test::InfiniteMedium field_;
  std::unique_ptr<ActionPotential> potential_;
  std::unique_ptr<TemplateSpan> span_;
  std::vector<Eigen::MatrixXf> muaps_;
  RandomStream random_{7, "repair trains", 0};
};

TEST_F(RepairTrains, SplitsTheTrainOfTwoUnits) {
  constexpr int n_pools = 8;  // in some of them the labels of a long run are exchanged
  std::vector<double> shares;
  for (int pool = 1; pool <= n_pools; ++pool) {
    random_ = RandomStream(static_cast<unsigned>(pool), "repair trains", 0);
    const std::vector<SpikePositions> truth = {regular_train(random_, 210), regular_train(random_, 170),
                                               regular_train(random_, 190)};
    const RepairedTrains repaired = repair(truth, {united(truth[0], truth[1]), truth[2]});
    EXPECT_EQ(repaired.n_split, 1);
    EXPECT_EQ(repaired.n_joined, 0);
    ASSERT_EQ(repaired.trains.size(), 3U);
    ASSERT_EQ(repaired.waveforms.size(), 3U);
    EXPECT_EQ(repaired.trains[1], truth[2]) << "a regular train stays as it is";
    const std::vector<SpikePositions> two = {repaired.trains[0], repaired.trains[2]}, turned = {two[1], two[0]};
    const std::vector<SpikePositions> wanted = {truth[0], truth[1]};
    shares.push_back(std::max(test::found(wanted, two).first, test::found(wanted, turned).first));
  }
  std::sort(shares.begin(), shares.end());
  EXPECT_GT(shares[n_pools / 2 - 1], 0.85) << "the rest is for the decoder, which now has two templates";
  EXPECT_GT(std::accumulate(shares.begin(), shares.end(), 0.0) / n_pools, 0.8);
}

TEST_F(RepairTrains, JoinsThePiecesOfOne) {
  const SpikePositions whole = regular_train(random_, 110), other = regular_train(random_, 190);
  std::vector<SpikePositions> pieces(2);
  for (const double position : whole) pieces[random_.uniform() < 0.6 ? 0 : 1].push_back(position);
  for (double& position : pieces[1]) position += 2;  // counted from another place of the action potential
  const RepairedTrains repaired = repair({whole, {}, other}, {pieces[0], other, pieces[1]});
  EXPECT_EQ(repaired.n_joined, 1);
  ASSERT_EQ(repaired.trains.size(), 2U);
  EXPECT_EQ(repaired.trains[0].size(), whole.size());
  EXPECT_EQ(test::found({whole}, {repaired.trains[0]}).first, 1);
}

TEST_F(RepairTrains, DoesNotSplitAUnitWhoseSpikesAreMissed) {
  SpikePositions whole = regular_train(random_, 110), heard;
  for (const double position : whole)
    if (random_.uniform() < 0.7) heard.push_back(position);
  ASSERT_GT(train_statistics(nearest_samples(heard), RepairOptions().rate, RepairOptions().pause).local_variation,
            RepairOptions().regular);
  const RepairedTrains repaired = repair({whole}, {heard});
  EXPECT_EQ(repaired.n_split, 0);
  ASSERT_EQ(repaired.trains.size(), 1U);
  EXPECT_EQ(repaired.trains[0], heard);
}

}  // namespace
}  // namespace bmiss
