#include "inversion/score/score.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "base/table.h"
#include "inversion/score/assignment.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

// Renewal train: 10 Hz, coefficient of variation 0.15, on a grid of 2048 Hz.
UnitSpikes train(int id, int n_spikes, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> gap(0.1, 0.015);
  UnitSpikes unit{id, {}};
  double time = 0.2 + 0.013 * seed;
  for (int i = 0; i < n_spikes; ++i)
    unit.times.push_back(std::round((time += std::max(0.03, gap(engine))) * 2048) / 2048);
  return unit;
}

std::vector<UnitSpikes> pool(int n_units) {
  std::vector<UnitSpikes> units;
  for (int i = 0; i < n_units; ++i) units.push_back(train(i, 200, static_cast<unsigned>(i + 1)));
  return units;
}

UnitSpikes shifted(UnitSpikes unit, double shift) {
  for (double& t : unit.times) t += shift;
  return unit;
}

// Every assignment by brute force.
double least_cost(const Eigen::MatrixXd& cost) {
  std::vector<int> columns(static_cast<std::size_t>(cost.cols()));
  std::iota(columns.begin(), columns.end(), 0);
  double best = 1e300;
  do {
    double sum = 0;
    for (Eigen::Index i = 0; i < cost.rows(); ++i) sum += cost(i, columns[static_cast<std::size_t>(i)]);
    best = std::min(best, sum);
  } while (std::next_permutation(columns.begin(), columns.end()));
  return best;
}

TEST(Assignment, IsTheCheapestOfAllPermutations) {
  std::srand(7);
  for (int trial = 0; trial < 60; ++trial) {
    const Eigen::Index rows = 1 + trial % 6, columns = rows + trial % 2;
    Eigen::MatrixXd cost = Eigen::MatrixXd::Random(rows, columns);
    if (trial % 3 == 0) cost = (cost * 3).array().round();  // ties
    for (const bool transposed : {false, true}) {
      const Eigen::MatrixXd c = transposed ? Eigen::MatrixXd(cost.transpose()) : cost;
      const auto chosen = assign(c);
      ASSERT_EQ(chosen.size(), static_cast<std::size_t>(c.rows()));
      double sum = 0;
      std::vector<int> used;
      for (std::size_t i = 0; i < chosen.size(); ++i)
        if (chosen[i] >= 0) {
          sum += c(static_cast<Eigen::Index>(i), chosen[i]);
          used.push_back(chosen[i]);
        }
      std::sort(used.begin(), used.end());
      EXPECT_EQ(std::adjacent_find(used.begin(), used.end()), used.end());
      EXPECT_EQ(used.size(), static_cast<std::size_t>(rows));
      EXPECT_NEAR(sum, least_cost(cost), 1e-12);
    }
  }
  EXPECT_TRUE(assign(Eigen::MatrixXd(0, 3)).empty());
  EXPECT_EQ(assign(Eigen::MatrixXd(2, 0)), (std::vector<int>{-1, -1}));
}

TEST(Score, PerfectTrainsAgreeWhollyInAnyOrder) {
  const auto truth = pool(6);
  std::vector<UnitSpikes> estimate(truth.rbegin(), truth.rend());
  for (auto& unit : estimate) unit.id += 100;
  const Score score = score_spikes(truth, estimate, {});
  ASSERT_EQ(score.matches.size(), 6u);
  for (const auto& match : score.matches) {
    EXPECT_EQ(match.estimate, match.reference + 100);
    EXPECT_EQ(match.rate_of_agreement, 1);
    EXPECT_EQ(match.shift, 0);
  }
  EXPECT_EQ(score.units_at_90, 6);
  EXPECT_EQ(score.sum_f1, 6);
  EXPECT_EQ(score.share_of_spikes_found, 1);
  EXPECT_TRUE(score.unmatched_estimate.empty() && score.unmatched_reference.empty() && score.duplicates.empty());
}

TEST(Score, CommonShiftIsFoundAndUndone) {
  const auto truth = pool(2);
  for (const double shift : {-0.1, -0.0333, 0.012, 0.1}) {
    const UnitMatch match = match_units(truth[0], shifted(truth[0], shift), {});
    EXPECT_NEAR(match.shift, shift, 1e-9);
    EXPECT_EQ(match.common, 200);
  }
  EXPECT_LT(match_units(truth[0], shifted(truth[0], 0.15), {}).rate_of_agreement, 0.3) << "beyond the searched shifts";
}

TEST(Score, JitterWithinTheToleranceIsAMatchAndBeyondItIsNone) {
  const UnitSpikes unit = train(1, 400, 3);
  UnitSpikes near = shifted(unit, 0.02), far = unit;
  for (std::size_t i = 0; i < unit.times.size(); ++i) {
    near.times[i] += (static_cast<double>(i % 9) - 4) / 4 * 0.99e-3;  // uniform in ±0.99 ms
    if (i % 4 == 0) far.times[i] += 2.5e-3;
  }
  EXPECT_EQ(match_units(unit, near, {}).common, 400);
  EXPECT_EQ(match_units(unit, far, {}).common, 300);
}

// 5 spikes, 2 missed, 3 added: RoA = 3/8, precision 3/6, recall 3/5, F1 = 6/11.
TEST(Score, CountsFollowTheirDefinitions) {
  const UnitSpikes a{1, {1.0, 2.0, 3.0, 4.0, 5.0}}, b{2, {1.0, 2.0, 3.0, 3.5, 4.3, 5.6}};
  const UnitMatch match = match_units(a, b, {});
  EXPECT_EQ(match.common, 3);
  EXPECT_EQ(match.missed, 2);
  EXPECT_EQ(match.added, 3);
  EXPECT_DOUBLE_EQ(match.rate_of_agreement, 3.0 / 8);
  EXPECT_DOUBLE_EQ(match.precision, 0.5);
  EXPECT_DOUBLE_EQ(match.recall, 0.6);
  EXPECT_DOUBLE_EQ(match.f1, 6.0 / 11);
}

TEST(Score, OneSpikeMatchesOneSpike) {
  const UnitSpikes a{1, {1.0, 2.0, 3.0}}, b{1, {0.9995, 1.0005, 1.9995, 2.0005, 2.9995, 3.0005}};
  const UnitMatch match = match_units(a, b, {});
  EXPECT_EQ(match.common, 3);
  EXPECT_EQ(match.added, 3);
}

TEST(Score, AMergedTrainCountsForOneOfItsUnits) {
  const auto truth = pool(2);
  UnitSpikes merged = truth[0];
  merged.id = 9;
  merged.times.insert(merged.times.end(), truth[1].times.begin(), truth[1].times.end());
  std::sort(merged.times.begin(), merged.times.end());
  const Score score = score_spikes(truth, {merged}, {});
  ASSERT_EQ(score.matches.size(), 1u);
  EXPECT_EQ(score.unmatched_reference.size(), 1u);
  EXPECT_NEAR(score.matches[0].precision, 0.5, 0.02);
  EXPECT_NEAR(score.matches[0].f1, 2.0 / 3, 0.02);
  EXPECT_EQ(score.units_at_90, 0);
}

TEST(Score, MissingAndFalseUnitsAreListed) {
  const auto truth = pool(4);
  const Score score = score_spikes(truth, {truth[2], train(50, 200, 77)}, {});
  ASSERT_EQ(score.matches.size(), 1u);
  EXPECT_EQ(score.matches[0].reference, 2);
  EXPECT_EQ(score.unmatched_reference, (std::vector<int>{0, 1, 3}));
  EXPECT_EQ(score.unmatched_estimate, (std::vector<int>{50}));
  EXPECT_DOUBLE_EQ(score.share_of_spikes_found, 0.25);
}

TEST(Score, DuplicatesKeepTheFirst) {
  const auto truth = pool(2);
  UnitSpikes copy = shifted(truth[0], 0.005);
  copy.id = 7;
  for (std::size_t i = 0; i < copy.times.size(); i += 2) copy.times[i] += 0.01;  // half of it still agrees
  std::sort(copy.times.begin(), copy.times.end());
  const Score score = score_spikes(truth, {truth[0], copy, truth[1]}, {});
  EXPECT_EQ(score.matches.size(), 2u);
  EXPECT_TRUE(score.unmatched_estimate.empty());
  ASSERT_EQ(score.duplicates.size(), 1u);
  EXPECT_EQ(score.duplicates[0].kept, 0);
  EXPECT_EQ(score.duplicates[0].dropped, 7);
  EXPECT_NEAR(score.duplicates[0].share, 0.5, 0.05);
}

// Chance agreement after the best of all shifts must stay far below the threshold, or every train would be "found".
TEST(Score, IndependentTrainsDoNotMatch) {
  const auto truth = pool(8);
  std::vector<UnitSpikes> other;
  for (int i = 0; i < 8; ++i) other.push_back(train(i, 200, static_cast<unsigned>(100 + i)));
  const Score score = score_spikes(truth, other, {});
  EXPECT_TRUE(score.matches.empty());
  EXPECT_TRUE(score.duplicates.empty());
  EXPECT_EQ(score.median_rate_of_agreement, 0);
  for (const auto& a : truth)
    for (const auto& b : other) EXPECT_LT(match_units(a, b, {}).f1, 0.2);
}

// Greedy assignment would take (0, a) at 0.9 and leave 1 with nothing; the sum of F1 asks for (0, b) and (1, a).
TEST(Score, AssignmentMaximisesTheSum) {
  const UnitSpikes unit = train(0, 100, 5);
  const auto part = [&](int id, std::size_t from, std::size_t to) {
    return UnitSpikes{
        id,
        {unit.times.begin() + static_cast<std::ptrdiff_t>(from), unit.times.begin() + static_cast<std::ptrdiff_t>(to)}};
  };
  ScoreOptions options;
  options.duplicate_share = 2;  // these are parts of one train on purpose
  const Score score = score_spikes({part(0, 0, 90), part(1, 20, 100)}, {part(10, 0, 100), part(11, 0, 80)}, options);
  ASSERT_EQ(score.matches.size(), 2u);
  EXPECT_EQ(score.matches[0].estimate, 11);
  EXPECT_EQ(score.matches[1].estimate, 10);
}

TEST(Score, EmptyListsAndTrainsAreNoUnits) {
  const auto truth = pool(2);
  const Score nothing = score_spikes(truth, {}, {});
  EXPECT_EQ(nothing.unmatched_reference.size(), 2u);
  EXPECT_EQ(nothing.share_of_spikes_found, 0);
  EXPECT_EQ(score_spikes({}, truth, {}).unmatched_estimate.size(), 2u);
  EXPECT_TRUE(score_spikes({}, {}, {}).matches.empty());
  const Score silent = score_spikes({{1, {}}}, {{2, {}}}, {});
  EXPECT_TRUE(silent.matches.empty());
  EXPECT_EQ(silent.unmatched_estimate, (std::vector<int>{2}));
}

TEST(ScoreTable, HasOneReadableRowForEachUnit) {
  const auto truth = pool(3);
  UnitSpikes copy = truth[0];
  copy.id = 7;
  const Score score = score_spikes(truth, {truth[0], truth[1], copy, train(50, 200, 77)}, {});
  const std::string text = score_table(score).text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 + 2 + 3) << text;
  EXPECT_NE(text.find("not found"), std::string::npos);
  EXPECT_NE(text.find("false unit"), std::string::npos);
  EXPECT_NE(text.find("duplicate of 0 (100 %)"), std::string::npos) << text;
  EXPECT_EQ(score_sentence(score),
            "2 of 3 units matched, 2 with a rate of agreement of 0.9 or more; median 1.000; 1 false, 1 duplicate; "
            "66.7 % of the spikes found; sum of F1 2.00");
}

// DATA.md: the reference against itself, as `bmiss score` is tried first.
TEST(Score, PublishedReferenceAgreesWithItself) {
  BMISS_NEEDS_DATA("data/recordings");
  const auto units =
      read_spike_events(test::shared_path("data/recordings/sternocleidomastoid/reference_desc-decomposed_events.tsv"));
  const Score score = score_spikes(units, units, {});
  EXPECT_EQ(score.units_at_90, 2);
  EXPECT_TRUE(score.duplicates.empty());
}

}  // namespace
}  // namespace bmiss
