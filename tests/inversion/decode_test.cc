// Joint decoding: its algebra against plain computations, its search against the truth.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "inversion/decode/complex_product.h"
#include "inversion/decode/decoding_team.h"
#include "inversion/decode/firing_prior.h"
#include "inversion/decode/noise_whitener.h"
#include "inversion/decode/relaxation.h"
#include "inversion/decode/spike_pairs.h"
#include "inversion/decode/spike_search.h"
#include "inversion/decode/template_fit.h"
#include "support/spike_pool.h"

namespace bmiss {
namespace {

using test::found;
using test::Pool;

TEST(TiledMatrix, MultipliesLikeAnyMatrix) {
  for (const auto& [rows, inner, columns] : {std::array{1, 1, 1}, {16, 16, 4}, {37, 21, 11}, {65, 65, 3}}) {
    const Eigen::MatrixXcf a = Eigen::MatrixXcf::Random(rows, inner), b = Eigen::MatrixXcf::Random(inner, columns);
    const Eigen::MatrixXcf wanted = a * b;
    EXPECT_LT((TiledMatrix(a).times(b) - wanted).norm(), 1e-5F * wanted.norm());
  }
}

TEST(MatchedOutputs, AreSumsOverTheSignalHoweverLongItIs) {
  constexpr Eigen::Index n_samples = 20000;  // more than are transformed at once
  Templates templates;
  templates.window = {7, 20};
  std::srand(5);
  for (int j = 0; j < 3; ++j) templates.waveforms.emplace_back(Eigen::MatrixXf::Random(5, templates.window.lags));
  const Eigen::MatrixXf signal = Eigen::MatrixXf::Random(5, n_samples);
  const Eigen::MatrixXf outputs = matched_outputs(signal, templates);
  ASSERT_EQ(outputs.rows(), 3);
  ASSERT_EQ(outputs.cols(), n_samples);
  float worst = 0;
  for (Eigen::Index t = 0; t < n_samples; ++t)
    for (int j = 0; j < 3; ++j) {
      float wanted = 0;
      for (Eigen::Index l = 0; l < templates.window.lags; ++l) {
        const Eigen::Index at = t + l - templates.window.before;
        if (at >= 0 && at < n_samples)
          wanted += templates.waveforms[static_cast<std::size_t>(j)].col(l).dot(signal.col(at));
      }
      worst = std::max(worst, std::abs(outputs(j, t) - wanted));
    }
  EXPECT_LT(worst, 1e-4F);
}

// E as it is defined, from the signal: half the residual's energy less half the signal's, and the prior.
double energy_of(const Pool& pool, const std::vector<SpikePositions>& trains, double price) {
  Eigen::MatrixXf residual = pool.signal;
  add_spikes(pool.templates, trains, -1, residual);
  double n = 0;
  for (const auto& train : trains) n += static_cast<double>(train.size());
  return 0.5 * (residual.cast<double>().squaredNorm() - pool.signal.cast<double>().squaredNorm()) + price * n;
}

TEST(SpikeSearch, FindsTheSpikesAndKeepsItsAccounts) {
  const Pool pool;
  const TemplateCorrelations correlations(pool.signal, pool.templates);
  SpikeSearch search(correlations, FiringPrior::indifferent(Pool::n_units, 5, 30));
  search.improve(10);
  while (search.rebuild_clusters() > 0) search.improve(10);
  const auto [share, others] = found(pool.trains, search.trains());
  EXPECT_GT(share, 0.99);
  EXPECT_LE(others, 3);
  const double exact = energy_of(pool, search.trains(), 5);
  EXPECT_NEAR(search.energy(), exact, 1e-3 * std::abs(exact));
  EXPECT_LE(search.energy(), energy_of(pool, pool.trains, 5) * (1 - 1e-3));  // both negative: as good as the truth
}

TEST(SpikeSearch, RebuildsPairsThatNoSingleSpikeCanReplace) {
  // Two units whose sum equals the sum of two others: the wrong pair explains half of it and blocks the right one.
  Templates templates;
  templates.window = {20, 72};
  const auto bump = [&](int channel, double middle) {
    Eigen::MatrixXf w = Eigen::MatrixXf::Zero(4, templates.window.lags);
    for (Eigen::Index l = 0; l < w.cols(); ++l)
      w(channel, l) = static_cast<float>(6 * std::exp(-std::pow((static_cast<double>(l) - middle) / 4, 2)));
    return w;
  };
  const Eigen::MatrixXf a = bump(0, 24), b = bump(1, 24), c = bump(2, 24), d = bump(3, 24);
  templates.waveforms = {a + b, c + d, a + c + 0.2F * b, b + d + 0.2F * c};
  Eigen::MatrixXf signal = Eigen::MatrixXf::Zero(4, 400);
  add_spikes(templates, {{200}, {200}, {}, {}}, 1, signal);
  const TemplateCorrelations correlations(signal, templates);
  SpikeSearch search(correlations, FiringPrior::indifferent(4, 5, 30));
  search.set_trains({{}, {}, {200}, {200}});
  const double wrong = search.energy();
  EXPECT_EQ(search.improve(5), 0) << "single spikes leave the wrong pair";
  EXPECT_EQ(search.rebuild_clusters(), 1);
  EXPECT_LT(search.energy(), wrong);
  SpikeSearch recount(correlations, FiringPrior::indifferent(4, 5, 30));
  recount.set_trains(search.trains());
  EXPECT_NEAR(search.energy(), recount.energy(), 0.1);
  EXPECT_EQ(search.trains()[0].size(), 1U);
  EXPECT_EQ(search.trains()[1].size(), 1U);
  EXPECT_TRUE(search.trains()[2].empty() && search.trains()[3].empty());
  EXPECT_EQ(search.rebuild_clusters(), 0) << "nothing has changed since";
  search.set_trains({{}, {}, {200}, {200}});
  EXPECT_EQ(search.rebuild_clusters(), 1) << "other trains: nothing is settled";
}

TEST(SpikeSearch, GivesRunsOfSpikesBackThatTwoUnitsHaveExchanged) {
  // Alike, so that one spike tells little; their trains cross each other twice.
  Templates templates;
  templates.window = {20, 72};
  // The second's is later: its spikes are counted from another place.
  const auto waveform = [&](float share, float middle) {
    Eigen::MatrixXf w = Eigen::MatrixXf::Zero(2, templates.window.lags);
    for (Eigen::Index l = 0; l < w.cols(); ++l) {
      const float bump = std::exp(-std::pow((static_cast<float>(l) - middle) / 4, 2.0F));
      w(0, l) = 3 * bump;
      w(1, l) = 3 * share * bump;
    }
    return w;
  };
  templates.waveforms = {waveform(0.3F, 24), waveform(0.7F, 29)};
  RandomStream random(1, "exchange", 0);
  std::vector<SpikePositions> truth(2), crossed(2);
  for (const std::size_t j : {0U, 1U})
    for (double t = j == 0 ? 100 : 160; t < 7900; t += (j == 0 ? 210 : 200) * (1 + 0.03 * random.gaussian()))
      truth[j].push_back(t);
  for (const std::size_t j : {0U, 1U})
    for (const double t : truth[j])
      if (t > 2400 && t < 5200)
        crossed[1 - j].push_back(t + (j == 0 ? -5 : 5));
      else
        crossed[j].push_back(t);
  for (auto& train : crossed) std::sort(train.begin(), train.end());
  Eigen::MatrixXf signal(2, 8000);
  for (Eigen::Index t = 0; t < signal.cols(); ++t)
    for (Eigen::Index c = 0; c < 2; ++c) signal(c, t) = static_cast<float>(random.gaussian());
  add_spikes(templates, truth, 1, signal);
  const TemplateCorrelations correlations(signal, templates);
  const FiringPrior prior = FiringPrior::regular(crossed, 5, 30);
  const auto right = [&](const SpikeSearch& search) { return found(truth, search.trains()).first; };
  SpikeSearch search(correlations, prior);
  search.set_trains(crossed);
  search.improve(5);
  search.rebuild_clusters();
  EXPECT_LT(right(search), 0.8) << "neither single spikes nor clusters can go back";
  EXPECT_EQ(search.exchange_runs(), 1);
  EXPECT_EQ(search.exchange_runs(), 0);
  search.improve(5);
  SpikeSearch from_truth(correlations, prior);
  from_truth.set_trains(truth);
  from_truth.improve(5);
  EXPECT_GT(right(from_truth), 0.9);
  EXPECT_NEAR(right(search), right(from_truth), 0.05);
  EXPECT_LT(search.energy(), from_truth.energy() + 1);
  SpikeSearch recount(correlations, prior);
  recount.set_trains(search.trains());
  EXPECT_NEAR(search.energy(), recount.energy(), 0.1);
}

// A spike of each side near the border of two windows, one that both have, one that each has on the other's side.
TEST(DecodingWindows, JoinWithoutLossOrDouble) {
  DecodingOptions options;
  options.window = 1;
  options.margin = 0.2;
  const auto windows = decoding_windows(2000, 1000, options);
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].first + windows[0].count, 1200);
  EXPECT_EQ(windows[1].first, 800);
  const DecodedWindow before{{{500, 999.8, 1100}, {999.8}, {1000.2}}, {}};
  const DecodedWindow after{{{999.9, 1100, 1500}, {1000.2}, {999.8}}, {}};
  const auto trains = joined(windows, {before, after});
  ASSERT_EQ(trains.size(), 3U);
  EXPECT_EQ(trains[0].size(), 4U);
  EXPECT_EQ(trains[1].size(), 1U);
  EXPECT_EQ(trains[2].size(), 1U);
}

TEST(SpikeSearch, PutsNoSpikeOutsideTheRecording) {
  const Pool pool;
  Eigen::MatrixXf signal = Eigen::MatrixXf::Zero(Pool::n_channels, 400);
  add_spikes(pool.templates, {{-0.4, 399.4}, {}, {}, {150}}, 1, signal);
  const TemplateCorrelations correlations(signal, pool.templates);
  SpikeSearch search(correlations, FiringPrior::indifferent(Pool::n_units, 5, 30));
  search.improve(10);
  EXPECT_EQ(search.trains()[3].size(), 1U);
  for (const auto& train : search.trains())
    for (const double position : train) {
      EXPECT_GE(position, 0);
      EXPECT_LE(position, 399);
    }
}

TEST(RelaxedSpikes, AreNearOneAtSpikes) {
  const Pool pool;
  const TemplateCorrelations correlations(pool.signal, pool.templates);
  const Eigen::VectorXf price = Eigen::VectorXf::Constant(Pool::n_units, 5);
  RelaxationOptions options;
  options.window = 1024;
  options.coupling = 0.05;
  SpikeSearch search(correlations, FiringPrior::indifferent(Pool::n_units, 5, 30));
  search.round(Relaxation(correlations, options).spikes(correlations, price), 0.5F);
  const auto [share, others] = found(pool.trains, search.trains());
  EXPECT_GT(share, 0.95);
  EXPECT_LE(others, 15);
}

TEST(FiringPrior, PrefersTheIntervalsOfATrain) {
  RandomStream random(1, "decode", 0);
  SpikePositions train = {100};
  for (int k = 0; k < 200; ++k) train.push_back(train.back() + 150 * (1 + 0.15 * random.gaussian()));
  const FiringPrior prior = FiringPrior::regular({train}, 5, 30);
  // The missing spike of a double interval against one more in a single interval.
  EXPECT_GT(prior.spike(0, 0, 150, 300), prior.spike(0, 0, 75, 150) + 5);
  EXPECT_LT(prior.spike(0, 0, 20, 300), -1e6F) << "within the refractory time";
  for (double t = 35; t < 600; t += 7) EXPECT_LE(prior.spike(0, 0, t, 700), prior.highest(0));
  const FiringPrior none = FiringPrior::regular({{10, 200, 300}}, 5, 30);
  EXPECT_FLOAT_EQ(none.spike(0, 0, 150, 300), -5) << "three spikes tell nothing";
}

// AᵀA by the spikes themselves.
std::vector<Eigen::MatrixXf> through_the_signal(const Pool& pool) {
  const auto& window = pool.templates.window;
  Eigen::MatrixXf signal = Eigen::MatrixXf::Zero(pool.signal.rows(), pool.signal.cols());
  add_spikes(pool.templates, pool.trains, 1, signal);
  std::vector<Eigen::MatrixXf> result;
  for (const auto& train : pool.trains) result.push_back(gather_spikes(signal, window, train, DelayBank(window.lags)));
  return result;
}

TEST(SpikePairs, AreTheNormalMatrixUpToTheEndsOfTheSignal) {
  Pool pool;
  const auto n = static_cast<double>(pool.signal.cols());
  pool.trains[0].insert(pool.trains[0].begin(), 1.3);  // most of its window is outside
  pool.trains[1].push_back(n - 3.6);
  const auto& window = pool.templates.window;
  // Between samples the spikes see waveforms cut at the ends of their windows, the product does not.
  constexpr Eigen::Index cut = 8;
  const Eigen::Index inner = window.lags - 2 * cut;
  const auto product = SpikePairs(pool.trains, window, pool.signal.cols()).times(pool.templates.waveforms);
  const auto wanted = through_the_signal(pool);
  for (std::size_t j = 0; j < wanted.size(); ++j)
    EXPECT_LT((product[j] - wanted[j]).middleCols(cut, inner).norm(), 2e-3F * wanted[j].norm()) << j;
  for (auto& train : pool.trains)
    for (double& position : train) position = std::round(position);
  const auto exact = SpikePairs(pool.trains, window, pool.signal.cols()).times(pool.templates.waveforms);
  const auto truth = through_the_signal(pool);
  for (std::size_t j = 0; j < truth.size(); ++j) EXPECT_LT((exact[j] - truth[j]).norm(), 1e-5F * truth[j].norm()) << j;
}

TEST(FitTemplates, AreTheTrueOnesWithoutNoiseFromAnyStart) {
  Pool pool;
  pool.signal.setZero();
  add_spikes(pool.templates, pool.trains, 1, pool.signal);
  TemplateFit fit;
  fit.tolerance = 1e-5;
  fit.most_steps = 300;
  const std::vector<Eigen::MatrixXf> start = {pool.templates.waveforms[1]};
  for (const auto& begin : {std::vector<Eigen::MatrixXf>(), start}) {
    const Templates found = fit_templates(pool.signal, pool.trains, pool.templates.window, fit, begin);
    for (int j = 0; j < Pool::n_units; ++j) {
      const auto& truth = pool.templates.waveforms[static_cast<std::size_t>(j)];
      EXPECT_LT((found.waveforms[static_cast<std::size_t>(j)] - truth).norm(), 0.01F * truth.norm()) << j;
    }
  }
}

TEST(FitTemplates, LeavesNoMoreThanTheNoiseWhereTrainsAreNearlyEqual) {
  const Pool pool;
  std::vector<SpikePositions> trains = pool.trains;
  trains.push_back(trains[0]);  // again, a sample and a half later
  for (double& position : trains.back()) position += 1.5;
  trains.push_back({static_cast<double>(pool.signal.cols()) - 4.4});  // most of its window is outside
  trains.push_back({-1000, static_cast<double>(pool.signal.cols()) + 1000, 3000});
  const Templates found = fit_templates(pool.signal, trains, pool.templates.window, TemplateFit());
  Eigen::MatrixXf residual = pool.signal;
  add_spikes(found, trains, -1, residual);
  EXPECT_LT(residual.squaredNorm() / static_cast<float>(residual.size()), 1.01F);
  for (std::size_t j = 0; j < trains.size(); ++j)
    EXPECT_LT(found.waveforms[j].cwiseAbs().maxCoeff(), 3 * pool.signal.cwiseAbs().maxCoeff()) << j;
}

TEST(NoiseWhitener, MakesNoiseWhite) {
  RandomStream random(5, "decode", 0);
  Eigen::MatrixXf noise(3, 40000);
  Eigen::VectorXf state = Eigen::VectorXf::Zero(3);
  Eigen::MatrixXf mix(3, 3);
  mix << 1, 0.6F, 0, 0, 1, 0.5F, 0, 0, 2;
  for (Eigen::Index t = 0; t < noise.cols(); ++t) {
    for (Eigen::Index i = 0; i < 3; ++i) state[i] = 0.7F * state[i] + static_cast<float>(random.gaussian());
    noise.col(t) = mix * state;
  }
  const Eigen::MatrixXf white = NoiseWhitener(noise).whiten(noise);
  const auto n = static_cast<float>(white.cols());
  for (const Eigen::Index lag : {0, 1, 2, 5}) {
    const Eigen::MatrixXf c = white.leftCols(white.cols() - lag) * white.rightCols(white.cols() - lag).transpose() / n;
    const Eigen::MatrixXf wanted = (lag == 0 ? 1.0F : 0.0F) * Eigen::MatrixXf::Identity(3, 3);
    EXPECT_LT((c - wanted).cwiseAbs().maxCoeff(), 0.1F) << lag;  // shrunk to its mean by a few per cent
  }
}

}  // namespace
}  // namespace bmiss
