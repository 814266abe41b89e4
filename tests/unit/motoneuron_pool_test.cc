// The Fuglevand pool against the formulas of the paper, the drive, and twitch forces.
#include "physiology/motoneuron_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/parameters.h"
#include "physiology/drive.h"
#include "physiology/fuglevand_pool.h"
#include "physiology/twitch_force.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

constexpr double rate = 1000;
// Excitation at which the last of the default units reaches its peak rate: RR + (35 - 8) / 1.
constexpr double largest = 30 + 27;

std::vector<double> constant(double level, double seconds) {
  return std::vector<double>(static_cast<std::size_t>(seconds * rate), level);
}

struct Intervals {
  double mean = 0, variability = 0, shortest = 1e9;
};
Intervals intervals(const SpikeTrain& train) {
  Intervals result;
  const double n = static_cast<double>(train.size() - 1);
  double square = 0;
  for (std::size_t k = 1; k < train.size(); ++k) {
    const double interval = train[k] - train[k - 1];
    result.mean += interval / n;
    square += interval * interval / n;
    result.shortest = std::min(result.shortest, interval);
  }
  result.variability = std::sqrt(square - result.mean * result.mean) / result.mean;
  return result;
}

TEST(FuglevandPool, ThresholdsAndTwitchesAreExponential) {
  const auto pool = motoneuron_pools().create("fuglevand");
  ASSERT_EQ(pool->size(), 120);
  for (int i = 0; i < 120; ++i) {
    EXPECT_NEAR(pool->recruitment_threshold(i), std::exp(std::log(30.0) * (i + 1) / 120) / largest, 1e-12);
    EXPECT_NEAR(pool->twitch_force(i), std::exp(std::log(100.0) * i / 120), 1e-10);
  }
}

TEST(FuglevandPool, MeanRateFollowsTheLinearLawUpToThePeak) {
  FuglevandOptions options;
  options.refractory_period = 0;  // the floor biases the mean; see below
  const auto pool = fuglevand_pool(options);
  const double seconds = 200;
  for (const double level : {0.2, 0.6, 1.0}) {
    const auto trains = pool->fire(constant(level, seconds), rate, 7);
    for (int i = 0; i < 120; i += 17) {
      const double threshold = std::exp(std::log(30.0) * (i + 1) / 120), excitation = level * largest;
      const auto& train = trains[static_cast<std::size_t>(i)];
      if (excitation < threshold) {
        EXPECT_TRUE(train.empty()) << "unit " << i << " is not recruited at " << level;
        continue;
      }
      const double expected = std::min(45 - 10 * threshold / 30, excitation - threshold + 8);
      const double n = seconds * expected;  // intervals vary by 20 %, so the mean by 20 % / sqrt(n): five of those
      EXPECT_NEAR(1 / intervals(train).mean / expected, 1, 5 * 0.2 / std::sqrt(n)) << "unit " << i << " at " << level;
    }
  }
}

TEST(FuglevandPool, AtMaximalExcitationEveryUnitFiresAtItsPeak) {
  const auto pool = motoneuron_pools().create("fuglevand");
  const auto trains = pool->fire(constant(1, 100), rate, 1);
  EXPECT_NEAR(1 / intervals(trains.back()).mean, 35, 0.6);  // last unit, PFR 35; the floor costs 0.5 % here
}

TEST(FuglevandPool, IntervalsHaveTheDemandedVariability) {
  for (const double variability : {0.1, 0.2}) {
    FuglevandOptions options;
    options.variability = variability;
    const auto trains = fuglevand_pool(options)->fire(constant(0.2, 400), rate, 3);
    // Gaussian cut at 3 sd: sd is 0.9866 of the uncut.
    EXPECT_NEAR(intervals(trains[10]).variability, 0.9866 * variability, 0.02 * variability);
  }
}

TEST(FuglevandPool, NoIntervalIsShorterThanTheRefractoryPeriod) {
  std::vector<double> excitation = constant(0, 40);  // fast swings make rates jump within an interval
  for (std::size_t n = 0; n < excitation.size(); ++n)
    excitation[n] = 0.5 - 0.5 * std::cos(2 * std::acos(-1.0) * 3 * static_cast<double>(n) / rate);
  for (const auto& profile : {constant(1, 60), excitation}) {
    double shortest = 1e9;
    for (const auto& train : motoneuron_pools().create("fuglevand")->fire(profile, rate, 5))
      shortest = std::min(shortest, intervals(train).shortest);
    EXPECT_GE(shortest, 15e-3 - 1e-12);
    EXPECT_LT(shortest, 15.5e-3) << "the floor was never tried";
  }
}

TEST(FuglevandPool, RecruitsInOrderAtTheThresholdAndDerecruitsBelowIt) {
  const auto pool = motoneuron_pools().create("fuglevand");
  std::vector<double> ramp = constant(0, 20);
  for (std::size_t n = 0; n < ramp.size(); ++n) ramp[n] = 1 - std::abs(static_cast<double>(n) / rate - 10) / 10;
  const auto trains = pool->fire(ramp, rate, 2);
  for (int i = 0; i < 120; ++i) {
    const auto& train = trains[static_cast<std::size_t>(i)];
    EXPECT_NEAR(train.front(), 10 * pool->recruitment_threshold(i), 1e-9) << "excitation is t / 10 s";
    EXPECT_LE(train.back(), 20 - 10 * pool->recruitment_threshold(i) + 1.0 / rate);
    EXPECT_TRUE(std::is_sorted(train.begin(), train.end()));
  }
}

TEST(FuglevandPool, IsDeterministicAndUnitsAreIndependent) {
  const auto pool = motoneuron_pools().create("fuglevand");
  const auto a = pool->fire(constant(0.4, 5), rate, 11), b = pool->fire(constant(0.4, 5), rate, 11);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, pool->fire(constant(0.4, 5), rate, 12));
  for (std::size_t i = 1; i < 60; ++i) EXPECT_GT(std::abs(a[i].front() - a[i - 1].front()), 1e-9);
}

TEST(FuglevandPool, ParametersReachTheModelAndNonsenseIsRefused) {
  const auto pool = motoneuron_pools().create("fuglevand");
  Parameters p;
  pool->declare_parameters(p);
  p.read("", {"Motoneuron pool/Units=10", "Motoneuron pool/Recruitment range=10",
              "Motoneuron pool/Peak rate of last unit=28"});
  pool->parse_parameters(p);
  EXPECT_EQ(pool->size(), 10);
  EXPECT_NEAR(pool->recruitment_threshold(9), 10.0 / (10 + 20), 1e-12);
  Parameters q;
  pool->declare_parameters(q);
  q.read("", {"Motoneuron pool/Refractory period=30"});
  EXPECT_NE(test::message_of<InputError>([&] {
              pool->parse_parameters(q);
            }).find("leaves intervals shorter than the refractory period of 0.03 s; lower the rate or the period"),
            std::string::npos);
  EXPECT_EQ(test::message_of<InputError>([&] {
              pool->fire({0, 0.5, 1.2}, 10, 1);
            }),
            "the excitation is 1.2 at 0.2 s; it must lie between 0 and 1, the maximum");
}

TEST(FuglevandPool, DefaultsOfTheParametersAreThoseOfTheModel) {
  const auto parsed = motoneuron_pools().create("fuglevand");
  Parameters p;
  parsed->declare_parameters(p);
  p.read("", {});
  parsed->parse_parameters(p);
  const std::vector<double> half(2048, 0.5);
  EXPECT_EQ(parsed->fire(half, 2048, 1), fuglevand_pool({})->fire(half, 2048, 1));
}

TEST(Drive, IsATrapezoid) {
  const auto drive = trapezoid_drive({0.4, 2, 1}, 10, 100);
  ASSERT_EQ(drive.size(), 1000u);
  EXPECT_EQ(drive[100], 0);
  EXPECT_NEAR(drive[200], 0.2, 1e-12);
  EXPECT_NEAR(drive[300], 0.4, 1e-12);
  EXPECT_NEAR(drive[700], 0.4, 1e-12);
  EXPECT_NEAR(drive[800], 0.2, 1e-12);
  EXPECT_NEAR(drive[950], 0, 1e-12);
  EXPECT_EQ(test::message_of<InputError>([] {
              trapezoid_drive({0.4, 2, 1}, 5, 100);
            }),
            "two rests and two ramps of the drive take 6 s but the duration is 5 s; shorten them or record longer");
}

TEST(TwitchForce, OneSpikeGivesATwitchWithTheRightPeakAndTime) {
  const auto pool = motoneuron_pools().create("fuglevand");
  for (const int unit : {0, 60, 119}) {
    std::vector<SpikeTrain> trains(120);
    trains[static_cast<std::size_t>(unit)] = {0.1};
    const auto force = synthesise_force(*pool, trains, 10000, 20000);
    const auto peak = std::max_element(force.begin(), force.end());
    EXPECT_NEAR(*peak / pool->twitch_force(unit), 1, 1e-5);
    EXPECT_NEAR(static_cast<double>(peak - force.begin()) / 10000 - 0.1, contraction_time(*pool, unit, {}), 2e-4);
  }
  EXPECT_NEAR(contraction_time(*pool, 119, {}), 30e-3, 1e-12);  // a third of 90 ms
}

TEST(TwitchForce, SumsLinearlyAtLowRatesAndFusesAtHighOnes) {
  const auto pool = motoneuron_pools().create("fuglevand");
  const auto mean_force = [&](double interval) {
    std::vector<SpikeTrain> trains(120);
    for (double t = 0; t < 8; t += interval) trains[119].push_back(t);
    const auto force = synthesise_force(*pool, trains, 1000, 8000);
    return std::accumulate(force.begin() + 4000, force.end(), 0.0) / 4000;
  };
  const double t = 30e-3, area = pool->twitch_force(119) * t * std::exp(1.0);  // of one twitch
  EXPECT_NEAR(mean_force(t / 0.25) / (area / (t / 0.25)), 1, 0.02);
  // T / interval = 1.5: gain (1 - e^-6.75) / 1.5 over (1 - e^-0.128) / 0.4.
  const double gain = (1 - std::exp(-6.75)) / 1.5 / ((1 - std::exp(-0.128)) / 0.4);
  EXPECT_NEAR(mean_force(t / 1.5) / (gain * area / (t / 1.5)), 1, 0.02);
}

}  // namespace
}  // namespace bmiss
