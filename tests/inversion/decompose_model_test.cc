// Units of a simulated recording found with the model, and what the program says when model and recording do not fit.
#include "inversion/model/decompose_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/errors.h"
#include "base/report.h"
#include "forward/emg.h"
#include "inversion/score/score.h"
#include "support/straight_muscle.h"
#include "support/uncertain_medium.h"

namespace bmiss {
namespace {

constexpr double rate = 2048, duration = 8;

Surface plane_skin() {
  Surface skin;
  skin.points.resize(3, 4);
  skin.points << -0.1, 0.1, 0.1, -0.1, 6e-3, 6e-3, 6e-3, 6e-3, -0.1, -0.1, 0.1, 0.1;
  skin.triangles = {{0, 1, 2}, {0, 2, 3}};
  return skin;
}

// Twelve units of a muscle whose fibres lie elsewhere than those of the model that inverts, with 20 dB of noise.
struct Simulation {
  Simulation()
      : field(test::plane_grid(9, 5, 8e-3, 6e-3, -32e-3)), potential(action_potentials().create("rosenfalck")) {
    std::ostringstream log;
    Report report(log, 0);
    MuapModelOptions options;
    options.n_lags = 90;
    const MuapModel model(test::straight_muscle(0.8e-3, 45e-3), {"muscle"}, field, *potential, options, report);
    RandomStream random(11, "simulation", 0);
    std::vector<Muap> muaps;
    std::vector<SpikeTrain> trains;
    for (int i = 0; i < 12; ++i) {
      UnitParameters unit = model.typical_unit(0);
      unit[across_1] = 8e-3 * (2 * random.uniform() - 1);
      unit[across_2] += 5e-3 * (2 * random.uniform() - 1);
      unit[territory_radius] = 1.5e-3 + 2e-3 * random.uniform();
      const double zone = 12e-3 * (2 * random.uniform() - 1);
      unit[innervation_zone] += zone;
      unit[proximal_length] += zone;
      unit[distal_length] -= zone;
      unit[velocity] = 4 + 0.5 * (2 * random.uniform() - 1);
      unit[log_size] = std::log(1e-6 * (1 + 4 * random.uniform()));
      muaps.push_back({i, model.value(unit).cast<double>(), rate});
      const double interval = 1 / (8 + 8 * random.uniform());
      SpikeTrain train;
      for (double t = interval * random.uniform(); t < duration - 0.05;
           t += interval * std::max(0.4, 1 + 0.15 * random.gaussian()))
        train.push_back(t);
      truth.push_back({i, train});
      trains.push_back(train);
    }
    EmgOptions emg;
    emg.rate = rate;
    emg.duration = duration;
    recording = synthesise_emg(muaps, trains, field.electrodes(), emg, 3);
  }
  ModelDecomposition decompose(const ModelOptions& options, std::ostringstream& log) const {
    return decompose(field, options, log);
  }
  ModelDecomposition decompose(const LeadField& assumed, const ModelOptions& options, std::ostringstream& log) const {
    Report report(log, 0);
    const FibreAtlas atlas = test::straight_muscle(1e-3, 45e-3);
    const Surface skin = plane_skin();
    const SurfaceLocator locator(skin);
    DecodingTeam team;
    return decompose_with_model(recording, {atlas, {"muscle"}, assumed, *potential, locator}, options, team, report);
  }
  test::InfiniteMedium field;
  std::unique_ptr<ActionPotential> potential;
  Recording recording;
  std::vector<UnitSpikes> truth;
};

ModelOptions small_search() {
  ModelOptions options;
  options.span.atoms = 800;
  options.candidates.scanned = 150;
  options.candidates.climbed = 48;
  options.rounds = 8;
  return options;
}

std::vector<UnitSpikes> spikes_of(const ModelDecomposition& result) {
  std::vector<UnitSpikes> spikes;
  for (const auto& unit : result.units) spikes.push_back(unit.unit.spikes);
  return spikes;
}

TEST(DecomposeModel, FindsUnitsWithoutABlindStartAndInventsNone) {
  const Simulation simulation;
  ModelOptions options = small_search();
  options.start_blind = false;
  std::ostringstream log;
  const ModelDecomposition result = simulation.decompose(options, log);
  const Score score = score_spikes(simulation.truth, spikes_of(result), ScoreOptions());
  EXPECT_EQ(result.warning, "");
  // Two of the twelve lie so near each other that they pass for one until their train is split.
  EXPECT_GE(score.units_at_90, 11) << log.str();
  EXPECT_EQ(static_cast<std::size_t>(score.units_at_90), result.units.size()) << log.str();
  for (const auto& unit : result.units) EXPECT_GT(unit.explained, 0.7);
}

TEST(DecomposeModel, GivesUpAsIrregularUnitsAsAsked) {
  const Simulation simulation;
  ModelOptions options = small_search();
  options.start_blind = false;
  options.largest_local_variation = 1e-3;
  std::ostringstream log;
  const ModelDecomposition result = simulation.decompose(options, log);
  const auto irregular = std::count_if(result.rejected.begin(), result.rejected.end(), [](const RejectedUnit& unit) {
    return unit.reason.find("local variation") != std::string::npos;
  });
  EXPECT_GE(irregular, 10) << log.str();
  EXPECT_NE(result.warning, "") << "nothing is left but the blind result";
}

TEST(DecomposeModel, FindsNoFewerUnitsThanTheBlindMethodItStartsFrom) {
  const Simulation simulation;
  std::ostringstream log;
  Report report(log, 0);
  const ModelOptions options = small_search();
  std::vector<UnitSpikes> blind;
  for (const auto& unit : decompose_blind(simulation.recording, options.blind, report).units)
    blind.push_back(unit.spikes);
  const Score before = score_spikes(simulation.truth, blind, ScoreOptions());
  const Score after = score_spikes(simulation.truth, spikes_of(simulation.decompose(options, log)), ScoreOptions());
  EXPECT_GT(before.units_at_90, 0);
  EXPECT_GE(after.units_at_90, before.units_at_90) << log.str();
  EXPECT_EQ(after.unmatched_estimate.size(), 0U);
}

TEST(DecomposeModel, CorrectsTheModelByWhatTheRecordingSays) {
  const Simulation simulation;
  const test::UncertainMedium wrong(0.06, 0.5);  // a grid that lies straight was taken for one turned by 3.4 degrees
  std::ostringstream log;
  ModelOptions options = small_search();
  const ModelDecomposition right = simulation.decompose(wrong, options, log);
  ASSERT_EQ(right.field.parameters.size(), 2U) << log.str();
  const FittedParameter &rotation = right.field.parameters[0], &along = right.field.parameters[1];
  EXPECT_TRUE(rotation.adopted) << right.field.reason;
  EXPECT_LT(std::abs(rotation.value), 0.3 * 0.06);
  EXPECT_LT(std::abs(rotation.value), 3 * rotation.deviation);
  EXPECT_LT(rotation.deviation, 0.5 * rotation.parameter.uncertainty);
  EXPECT_NEAR(along.value, 0.5, 2 * along.deviation + 0.02);
  options.fit_field = false;
  const ModelDecomposition left = simulation.decompose(wrong, options, log);
  EXPECT_TRUE(left.field.parameters.empty());
  ASSERT_EQ(left.units.size(), right.units.size()) << "the fit changes no spikes";
  double gain = 0;
  for (std::size_t j = 0; j < left.units.size(); ++j) gain += left.units[j].fit.misfit - right.units[j].fit.misfit;
  EXPECT_GT(gain, 0);
}

TEST(DecomposeModel, NamesAChannelWithoutElectrode) {
  Simulation simulation;
  simulation.recording.channels[7].name = "X9";
  simulation.recording.channels[7].electrode = "X9";
  std::ostringstream log;
  try {
    simulation.decompose(small_search(), log);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("channel 'X9' of the recording (45 channels) has no electrode"),
              std::string::npos)
        << error.what();
  }
}

TEST(DecomposeModel, NamesTheElectrodeThatLiesElsewhere) {
  Simulation simulation;
  for (std::size_t i = 0; i < simulation.recording.channels.size(); ++i)
    simulation.recording.channels[i].position = simulation.field.electrodes().electrodes[i].position;
  simulation.recording.channels[3].position.x() += 9e-3;
  std::ostringstream log;
  try {
    simulation.decompose(small_search(), log);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("lies 9.0 mm from where the lead field has it, more than 8.0 mm"), std::string::npos) << text;
    EXPECT_NE(text.find("'" + simulation.recording.channels[3].name + "'"), std::string::npos) << text;
  }
}

TEST(DecomposeModel, RefusesARateBelowThatOfItsActionPotentials) {
  Simulation simulation;
  simulation.recording.rate = 500;
  std::ostringstream log;
  EXPECT_THROW(simulation.decompose(small_search(), log), InputError);
}

TEST(DecomposeModel, ShowsModelAndRecordingBeforeItSearches) {
  const Simulation simulation;
  ModelOptions options = small_search();
  struct Seen {};
  options.before_search = [](const MuapModel& model, const PreparedSignal& prepared) {
    EXPECT_EQ(model.n_rows(), prepared.signal.rows());
    throw Seen();
  };
  std::ostringstream log;
  EXPECT_THROW(simulation.decompose(options, log), Seen);
  EXPECT_EQ(log.str().find("units"), std::string::npos) << log.str();
}

TEST(DecomposeModel, EndsWithTheBlindResultWhereTheModelDoesNotExplainTheRecording) {
  Simulation simulation;
  // The same signals at the wrong electrodes: no place in the muscle makes such waveforms.
  const Eigen::MatrixXd signal = simulation.recording.signal;
  for (Eigen::Index i = 0; i < signal.rows(); ++i)
    simulation.recording.signal.row(i) = signal.row((i * 17 + 5) % signal.rows());
  std::ostringstream log;
  ModelOptions options = small_search();
  const ModelDecomposition result = simulation.decompose(options, log);
  EXPECT_NE(result.warning, "") << log.str();
  std::ostringstream other;
  Report report(other, 0);
  const Decomposition blind = decompose_blind(simulation.recording, options.blind, report);
  ASSERT_EQ(result.units.size(), blind.units.size());
  for (std::size_t i = 0; i < blind.units.size(); ++i)
    EXPECT_EQ(result.units[i].unit.spikes.times, blind.units[i].spikes.times);
}

}  // namespace
}  // namespace bmiss
