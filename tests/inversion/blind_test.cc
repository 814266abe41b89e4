// Blind decomposition: its linear operator, its classes, its units on simulated recordings, and its complaints.
#include "inversion/blind/blind.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <sstream>

#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "inversion/blind/extended_signal.h"
#include "inversion/blind/resampling.h"
#include "inversion/blind/spike_detection.h"
#include "inversion/blind/train_statistics.h"
#include "inversion/blind/unit_list.h"
#include "inversion/blind/whitening.h"
#include "inversion/score/score.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using Random = std::mt19937;

double uniform(Random& random, double low, double high) {
  return low + (high - low) * (static_cast<double>(random()) + 0.5) / 4294967296.0;
}
double normal(Random& random) {
  return std::sqrt(-2 * std::log(uniform(random, 0, 1))) * std::cos(uniform(random, 0, 2 * std::acos(-1.0)));
}
Eigen::VectorXf normal_vector(Random& random, Eigen::Index n) {
  Eigen::VectorXf v(n);
  for (auto& x : v) x = static_cast<float>(normal(random));
  return v;
}
Eigen::MatrixXf normal_matrix(Random& random, Eigen::Index rows, Eigen::Index columns) {
  return normal_vector(random, rows * columns).reshaped(rows, columns);
}

struct Simulation {
  Recording recording;
  std::vector<UnitSpikes> truth;
};

// 32 channels (8 x 4), 20 s at 2048 Hz: units of 8-18 Hz whose waveforms travel along the columns both ways from an
// innervation zone and decay across, plus white noise.
Simulation simulate(int n_units, double snr_db, unsigned seed) {
  const Eigen::Index rows = 8, columns = 4, samples = 40960, length = 80;
  const double rate = 2048;
  Random random(seed);
  Simulation simulation;
  Recording& recording = simulation.recording;
  recording.rate = rate;
  recording.signal = Eigen::MatrixXd::Zero(rows * columns, samples);
  for (Eigen::Index i = 0; i < rows * columns; ++i) {
    recording.channels.emplace_back();
    recording.channels.back().name = "EMG" + std::to_string(i + 1);
  }
  for (int u = 0; u < n_units; ++u) {
    const double x = uniform(random, -0.5, 3.5), zone = uniform(random, 2, 5), depth = uniform(random, 0.8, 2);
    const double delay = uniform(random, 3.5, 4.5), width = uniform(random, 2.5, 5);  // samples a row; samples
    const double size = 20e-6 * std::exp(uniform(random, 0, 1.2));
    UnitSpikes unit;
    unit.id = u;
    const double mean_interval = 1 / uniform(random, 8, 18);
    for (double t = uniform(random, 0.02, 0.1); t < 19.9;
         t += std::max(0.03, mean_interval * (1 + 0.15 * normal(random))))
      unit.times.push_back(std::round(t * rate) / rate);
    for (Eigen::Index i = 0; i < rows * columns; ++i) {
      const double across = static_cast<double>(i / rows) - x;
      const double along = std::abs(static_cast<double>(i % rows) - zone);
      const double amplitude = size / (1 + across * across / (depth * depth));
      for (const double time : unit.times)
        for (Eigen::Index k = 0; k < length; ++k) {
          const Eigen::Index t = std::lround(time * rate) + k;
          if (t >= samples) break;
          const double z = (static_cast<double>(k) - 20 - along * delay) / width;
          recording.signal(i, t) += amplitude * (1 - z * z) * std::exp(-z * z / 2);  // second derivative of a Gaussian
        }
    }
    simulation.truth.push_back(unit);
  }
  const double rms = std::sqrt(recording.signal.squaredNorm() / static_cast<double>(recording.signal.size()));
  const double sd = (rms > 0 ? rms : 1e-5) * std::pow(10, -snr_db / 20);
  for (auto& value : recording.signal.reshaped()) value += sd * normal(random);
  return simulation;
}

std::vector<UnitSpikes> spikes_of(const Decomposition& result) {
  std::vector<UnitSpikes> spikes;
  for (const auto& unit : result.units) spikes.push_back(unit.spikes);
  return spikes;
}

Decomposition decompose(const Recording& recording, const BlindOptions& options) {
  std::ostringstream log;
  Report report(log, 0);
  return decompose_blind(recording, options, report);
}

TEST(ExtendedSignal, FilterOutputIsTheSumOverChannelsAndDelays) {
  Random random(3);
  const ExtendedSignal signal(normal_matrix(random, 3, 500), 7);
  const Eigen::MatrixXf filters = normal_matrix(random, 21, 6), output = signal.apply(filters);  // more than one group
  for (const Eigen::Index t : {0, 1, 57, 249, 250, 251, 499})
    for (Eigen::Index j = 0; j < 6; ++j) EXPECT_NEAR(output(t, j), filters.col(j).dot(signal.sample(t)), 2e-5) << t;
}

TEST(ExtendedSignal, CorrelateIsTheAdjointOfApply) {
  Random random(4);
  for (const int extension : {1, 5, 32}) {
    const ExtendedSignal signal(normal_matrix(random, 4, 700), extension);
    const Eigen::MatrixXf f = normal_matrix(random, signal.dimension(), 5), g = normal_matrix(random, 700, 5);
    const Eigen::MatrixXf output = signal.apply(f), back = signal.correlate(g);
    for (Eigen::Index j = 0; j < 5; ++j)
      EXPECT_NEAR(output.col(j).dot(g.col(j)), f.col(j).dot(back.col(j)), 2e-6 * output.norm() * g.norm()) << extension;
  }
}

TEST(Resampling, FactorKeepsTheBand) {
  EXPECT_EQ(Resampling::factor_for(2048, 500), 2);
  EXPECT_EQ(Resampling::factor_for(2000, 500), 2);
  EXPECT_EQ(Resampling::factor_for(10240, 500), 10);
  EXPECT_EQ(Resampling::factor_for(1000, 1e5), 1);
}

TEST(Resampling, BandLimitedSignalsSurviveThereAndBack) {
  for (const Eigen::Index factor : {1, 2, 5}) {
    const Resampling resampling(factor);
    const Eigen::Index n = 3001;
    Eigen::MatrixXf signal(1, n);  // three tones, up to 0.7 of the highest frequency kept
    for (Eigen::Index t = 0; t < n; ++t) {
      const double x = std::acos(-1.0) * static_cast<double>(t) / static_cast<double>(factor);
      signal(0, t) = static_cast<float>(std::sin(0.1 * x) + std::cos(0.37 * x) + std::sin(0.7 * x + 1));
    }
    const Eigen::VectorXf back = resampling.restore(resampling.reduce(signal).row(0).transpose(), n);
    const Eigen::Index edge = 40 * factor;
    EXPECT_LT((back - signal.row(0).transpose()).segment(edge, n - 2 * edge).cwiseAbs().maxCoeff(), 0.02) << factor;
  }
}

TEST(Resampling, SpreadIsTheAdjointOfRestore) {
  Random random(15);
  for (const Eigen::Index factor : {1, 2, 3}) {
    const Resampling resampling(factor);
    const Eigen::Index n = 500;
    const Eigen::VectorXf reduced = normal_vector(random, resampling.reduced_samples(n)), g = normal_vector(random, n);
    EXPECT_NEAR(resampling.restore(reduced, n).dot(g), reduced.dot(resampling.spread(g)), 1e-4 * g.squaredNorm());
  }
}

TEST(Whitening, OutputsOfItsDirectionsAreUncorrelatedWithUnitVariance) {
  Random random(5);
  Eigen::MatrixXf white = normal_matrix(random, 4, 20000);
  for (Eigen::Index t = 1; t < white.cols(); ++t) white.col(t) += 0.8F * white.col(t - 1);
  const ExtendedSignal signal(normal_matrix(random, 4, 4) * white, 6);
  const Whitening whitening(signal);
  ASSERT_GE(whitening.directions(), 4);
  Eigen::MatrixXf outputs(whitening.directions(), signal.samples());
  for (Eigen::Index d = 0; d < whitening.directions(); ++d)
    outputs.row(d) = signal.apply(whitening.filters(Eigen::VectorXf::Unit(whitening.directions(), d))).transpose();
  const Eigen::MatrixXf covariance = outputs * outputs.transpose() / static_cast<float>(signal.samples());
  // The covariance counts zeros beyond both ends of the recording, the outputs those before it alone: O(R / samples).
  EXPECT_LT((covariance - Eigen::MatrixXf::Identity(covariance.rows(), covariance.cols())).cwiseAbs().maxCoeff(), 5e-3);
}

TEST(Whitening, DependentChannelsAreDroppedNotAmplified) {
  Random random(6);
  Eigen::MatrixXf x = normal_matrix(random, 4, 4000);
  x.rowwise() -= x.colwise().mean().eval();  // common average reference: rank 3
  const Whitening whitening(ExtendedSignal(x, 3));
  EXPECT_LE(whitening.directions(), 9);
}

TEST(SpikeDetection, TwoClassesAreTheExactOptimum) {
  EXPECT_EQ(split_in_two_classes({1, 1.1, 1.2, 9, 9.5}), 3U);
  EXPECT_EQ(split_in_two_classes({0, 5, 6, 7}), 1U);
}

TEST(SpikeDetection, HighestPeakWithinTheRefractoryTimeStays) {
  Eigen::VectorXf source = Eigen::VectorXf::Zero(100);
  source[20] = 1, source[25] = 2, source[60] = 1, source[80] = -5;
  EXPECT_EQ(find_peaks(source, 10), (std::vector<Eigen::Index>{25, 60}));
}

TEST(SpikeDetection, SilhouetteAndPulseToNoiseOfAKnownSource) {
  // 50 spikes of height 10 among 950 peaks of height 1: upper class 100, lower 1; own distances 0.
  Eigen::VectorXf source = Eigen::VectorXf::Zero(4000);
  for (Eigen::Index k = 0; k < 999; ++k) source[4 * k + 2] = k % 20 == 0 ? 10 : 1;
  const auto spikes = detect_spikes(source, 1);
  EXPECT_EQ(spikes.samples.size(), 50U);
  EXPECT_NEAR(spikes.silhouette, 1, 1e-6);
  EXPECT_NEAR(spikes.pulse_to_noise, 10 * std::log10(100 / (949.0 / 3950)), 1e-6);
}

TEST(TrainStatistics, PausesBetweenContractionsDoNotCount) {
  const auto statistics = train_statistics({0, 100, 200, 300, 5000, 5100, 5200}, 1000, 0.25);
  EXPECT_NEAR(statistics.isi_cov, 0, 1e-12);
  EXPECT_NEAR(statistics.mean_rate, 10, 1e-12);
}

// By hand: intervals 100, 100, pause, 100, 50 ms: pairs (100, 100) and (100, 50).
TEST(TrainStatistics, LocalVariationIsOfSuccessiveIntervals) {
  EXPECT_NEAR(train_statistics({0, 100, 200, 5000, 5100, 5150}, 1000, 0.25).local_variation, (0 + 3.0 / 9) / 2, 1e-12);
}

TEST(TrainStatistics, LocalVariationIsOneForPoissonTrainsAndSmallForDrift) {
  Random random(3);
  std::vector<Eigen::Index> poisson, drifting;
  for (double t = 0; poisson.size() < 20000; t += -2000 * std::log(1 - static_cast<double>(random()) / 4294967296.0))
    poisson.push_back(std::lround(t));
  for (double t = 0, interval = 5000; interval > 1000; t += interval, interval *= 0.99)
    drifting.push_back(std::lround(t));
  EXPECT_NEAR(train_statistics(poisson, 10000, 1e9).local_variation, 1, 0.03);
  const auto statistics = train_statistics(drifting, 10000, 1);
  EXPECT_GT(statistics.isi_cov, 0.3);
  EXPECT_LT(statistics.local_variation, 1e-3);
}

TEST(TrainStatistics, CommonSpikesAreCountedAfterTheBestShift) {
  const auto common = common_spikes({100, 300, 520, 700, 950}, {113, 314, 532, 800}, 2, 40);
  EXPECT_EQ(common.count, 3);
  EXPECT_NEAR(static_cast<double>(common.shift), 13, 1);
  EXPECT_NEAR(common.share, 0.75, 1e-12);
}

// A train of one spike every `interval` samples with 2 % of jitter, from `first` on.
std::vector<Eigen::Index> regular_train(Eigen::Index first, double interval, unsigned seed) {
  Random random(seed);
  std::vector<Eigen::Index> samples;
  for (double t = static_cast<double>(first); t < 40000; t += interval * (1 + 0.02 * normal(random)))
    samples.push_back(std::lround(t));
  return samples;
}

Source source_of(std::vector<Eigen::Index> samples) {
  std::sort(samples.begin(), samples.end());
  Source source;
  source.direction = Eigen::VectorXf::Unit(8, 0);
  source.spikes.samples = std::move(samples);
  source.spikes.positions.assign(source.spikes.samples.begin(), source.spikes.samples.end());
  source.spikes.silhouette = 1;
  source.statistics = train_statistics(source.spikes.samples, 2048, 0.25);
  return source;
}

TEST(UnitList, MergedDuplicateAndFakeTrainsAreRejectedWithTheReason) {
  AcceptanceLimits limits;
  limits.largest_isi_cov = 0.7;  // so that the intervals' variation alone does not refuse interleaved trains
  const auto known = regular_train(40, 200, 1);
  UnitList list(limits, {known});
  EXPECT_TRUE(list.offer(source_of(regular_train(11, 170, 2))));
  auto interleaved = regular_train(7, 181, 3);
  for (const auto t : regular_train(90, 203, 4)) interleaved.push_back(t);
  EXPECT_FALSE(list.offer(source_of(interleaved)));
  EXPECT_FALSE(list.offer(source_of(regular_train(7, 45, 5))));    // 45 Hz
  EXPECT_FALSE(list.offer(source_of({100, 300, 500, 700, 900})));  // silhouette 1
  auto later = known;
  for (auto& t : later) t += 20;
  EXPECT_FALSE(list.offer(source_of(later)));
  EXPECT_EQ(list.rejections(),
            (std::map<std::string, int>{
                {"duplicate of a unit of an earlier pass", 1},
                {"fewer than 20 spikes", 1},
                {"more than 20 % of the intervals below half of their median, as of two interleaved trains", 1},
                {"rate above 40 Hz, as of several units in one train", 1},
                {"duplicate of an accepted unit", 0}}));
}

// Twenty units, of which one pass sees a part: those it subtracts hide others.
TEST(Blind, PeelOffFindsUnitsThatOnePassDoesNotAndNoFalseOnes) {
  const auto simulation = simulate(20, 25, 21);
  BlindOptions options;
  options.passes = 1;
  const Score one = score_spikes(simulation.truth, spikes_of(decompose(simulation.recording, options)), {});
  options.passes = BlindOptions().passes;
  const Score all = score_spikes(simulation.truth, spikes_of(decompose(simulation.recording, options)), {});
  EXPECT_GE(all.units_at_90, one.units_at_90 + 3);
  EXPECT_TRUE(all.unmatched_estimate.empty());
  EXPECT_TRUE(all.duplicates.empty());
  std::cout << one.units_at_90 << " units in one pass, " << all.units_at_90 << " in all\n";
}

TEST(Blind, NumberOfThreadsChangesNothing) {
  const auto simulation = simulate(6, 20, 13);
  BlindOptions options;
  options.passes = 2, options.iterations = 20;
  const auto one = decompose(simulation.recording, options);
  options.threads = 3;
  const auto three = decompose(simulation.recording, options);
  ASSERT_FALSE(one.units.empty());
  ASSERT_EQ(one.units.size(), three.units.size());
  for (std::size_t i = 0; i < one.units.size(); ++i) {
    EXPECT_EQ(one.units[i].spikes.times, three.units[i].spikes.times);
    EXPECT_EQ(one.units[i].silhouette, three.units[i].silhouette);
  }
  EXPECT_EQ(one.rejected, three.rejected);
}

// Eight units that differ in place: most are found whole, and nothing else.
TEST(Blind, FindsTheUnitsOfASimulatedRecordingAndNoOthers) {
  const auto simulation = simulate(8, 25, 11);
  BlindOptions options;
  options.iterations = 40;
  const auto result = decompose(simulation.recording, options);
  const Score score = score_spikes(simulation.truth, spikes_of(result), {});
  EXPECT_GE(score.units_at_90, 6);
  EXPECT_TRUE(score.unmatched_estimate.empty());
  for (const auto& unit : result.units) {
    EXPECT_GE(unit.silhouette, 0.9);
    EXPECT_NEAR(unit.mean_rate, 13, 6);
  }
}

// 40 starting points: with 12, log-cosh and kurtosis find one of the three, skewness all.
TEST(Blind, EveryContrastFindsTheUnitsOfASimplerRecording) {
  const auto simulation = simulate(3, 25, 12);
  for (const std::string contrast : {"skewness", "logcosh", "kurtosis"}) {
    BlindOptions options;
    options.iterations = 40, options.contrast = contrast;
    const auto result = decompose(simulation.recording, options);
    EXPECT_EQ(score_spikes(simulation.truth, spikes_of(result), {}).units_at_90, 3) << contrast;
  }
}

TEST(Blind, TheSameSeedGivesTheSameSpikes) {
  const auto simulation = simulate(3, 20, 13);
  BlindOptions options;
  options.iterations = 8;
  const auto first = decompose(simulation.recording, options), second = decompose(simulation.recording, options);
  ASSERT_EQ(first.units.size(), second.units.size());
  ASSERT_FALSE(first.units.empty());
  for (std::size_t i = 0; i < first.units.size(); ++i)
    EXPECT_EQ(first.units[i].spikes.times, second.units[i].spikes.times);
}

TEST(Blind, NoiseHoldsNoUnitsAndTheReasonsAreCounted) {
  auto simulation = simulate(0, 0, 14);
  BlindOptions options;
  options.iterations = 15;
  const auto result = decompose(simulation.recording, options);
  EXPECT_TRUE(result.units.empty());
  int counted = 0;
  for (const auto& sentence : result.rejected) counted += std::stoi(sentence);
  EXPECT_EQ(counted, 15);
}

TEST(Blind, FlatAndBadChannelsAreLeftOutWithAWarning) {
  auto simulation = simulate(3, 25, 12);
  simulation.recording.signal.row(3).setConstant(1e-3);
  simulation.recording.signal.row(5).setConstant(std::nan(""));
  simulation.recording.channels[5].good = false;
  BlindOptions options;
  options.iterations = 12;
  std::ostringstream log;
  Report report(log, 0);
  const auto result = decompose_blind(simulation.recording, options, report);
  EXPECT_EQ(score_spikes(simulation.truth, spikes_of(result), {}).units_at_90, 3);
  ASSERT_EQ(report.warnings().size(), 2U);
  EXPECT_NE(report.warnings()[0].find("EMG4 is left out: it is constant"), std::string::npos);
  EXPECT_NE(report.warnings()[1].find("EMG6 is left out: its status is bad"), std::string::npos);
}

std::string complaint(const Recording& recording, const BlindOptions& options = {}) {
  return test::message_of<InputError>([&] { decompose(recording, options); });
}

TEST(BlindComplaints, TooShort) {
  auto recording = simulate(1, 20, 1).recording;
  recording.signal = recording.signal.leftCols(2048).eval();
  EXPECT_EQ(complaint(recording), "the recording lasts 1.00 s; a decomposition needs at least 3 s");
  recording = simulate(1, 20, 1).recording;
  BlindOptions options;
  options.extension = 1000;
  EXPECT_EQ(
      complaint(recording, options),
      "the recording has 40960 samples; the covariance of 32 channels with 1000 delays each needs at least 128000; "
      "use a longer recording or a smaller extension");
}

TEST(BlindComplaints, NoUsableChannel) {
  auto recording = simulate(1, 20, 1).recording;
  auto flat = recording;
  flat.signal.setZero();
  EXPECT_NE(complaint(flat).find("none of the 32 channels can be decomposed"), std::string::npos);
  for (auto& channel : recording.channels) channel.good = false;
  EXPECT_NE(complaint(recording).find("none of the 32 channels can be decomposed"), std::string::npos);
}

TEST(BlindComplaints, NotANumberNamesTheChannel) {
  auto recording = simulate(1, 20, 1).recording;
  recording.signal(6, 100) = std::nan("");
  EXPECT_NE(complaint(recording).find("channel EMG7 holds values that are not finite"), std::string::npos);
}

TEST(BlindComplaints, UnknownContrastAndRate) {
  auto recording = simulate(1, 20, 1).recording;
  BlindOptions options;
  options.contrast = "skewnes";
  EXPECT_EQ(complaint(recording, options).find("contrast 'skewnes' is not known; known: skewness"), 0U);
  recording.rate = 0;
  EXPECT_NE(complaint(recording).find("no sampling rate"), std::string::npos);
}

TEST(BlindParameters, DefaultsSurviveAndUnitsAreConverted) {
  Parameters parameters;
  BlindOptions::declare_parameters(parameters);
  const auto preset = BlindOptions::parse_parameters(parameters), expected = BlindOptions();
  EXPECT_DOUBLE_EQ(preset.refractory, expected.refractory);
  EXPECT_DOUBLE_EQ(preset.delayed_copies, expected.delayed_copies);
  EXPECT_DOUBLE_EQ(preset.longest_interval, expected.longest_interval);
  EXPECT_EQ(preset.iterations, expected.iterations);
  EXPECT_EQ(preset.contrast, expected.contrast);
}

}  // namespace
}  // namespace bmiss
