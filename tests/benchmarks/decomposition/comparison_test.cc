// The comparison of decompositions on a pool small enough for a test: data and model come from the program itself.
#include "benchmarks/decomposition/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <tuple>

#include "base/table.h"
#include "base/tsv_file.h"
#include "benchmarks/decomposition/claims.h"
#include "inversion/model/field_fit.h"
#include "support/test_files.h"

namespace bmiss::bench {
namespace {

// Few large units under a small grid on a thinner and shorter limb.
const std::vector<std::string> small = {"Phantom/Cylinder/Outer radii=6, 16, 18, 20",
                                        "Phantom/Cylinder/Length=80",
                                        "Phantom/Cylinder/Voxel=1",
                                        "Fibres/muscle/Origin plane=0, 0, 8, 0, 0, -1",
                                        "Fibres/muscle/Insertion plane=0, 0, 72, 0, 0, 1",
                                        "Mesh/End extension=0",
                                        "Mesh/Electrode edge=3",
                                        "Grids/grid1/Centre=20, 0, 40",
                                        "Motor units/Depths=4, 10",
                                        "Motor units/Fibres per unit=20",
                                        "Motoneuron pool/Units=6"};

Condition small_condition() {
  Condition condition;
  condition.title = "small";
  condition.rows = 4;
  condition.columns = 5;
  condition.duration = 10;
  condition.signal_to_noise = 25;
  return condition;
}

// The truth itself, in the place of a method with a model, as the upper end of the scale; counts how often it runs.
DecompositionMethod truth(int& runs) {
  return {with_model, true, [&runs](const SimulatedCase& made, const EarlierResults&, const std::string&) {
            ++runs;
            MethodResult result;
            result.spikes = made.true_spikes;
            result.units = made.true_units;
            return result;
          }};
}

TEST(DecompositionComparison, RunsAllMethodsOnOneSignalAndKeepsTheirResults) {
  const test::ScratchFolder folder;
  CaseMaker maker(folder / "data", small, {4, 5});
  Condition wrong = small_condition();
  wrong.title = "small, wrong";
  wrong.error = ModelError::conductivity_high;
  int runs = 0, told = 0;
  std::vector<DecompositionMethod> methods = decomposition_methods();
  ASSERT_EQ(methods.size(), 4u);
  methods[2] = truth(runs);
  const auto compare_all = [&] {
    return compare(maker, {small_condition(), wrong}, methods, folder / "runs", [&](const Outcome&) { ++told; });
  };
  const auto outcomes = compare_all();
  ASSERT_EQ(outcomes.size(), 8u);
  EXPECT_EQ(told, 8);
  EXPECT_EQ(runs, 2);
  const Outcome &blind = outcomes[0], &decoded = outcomes[1], &model = outcomes[2], &known = outcomes[3];
  EXPECT_EQ(blind.method, strong_blind);
  EXPECT_EQ(blind.active_units, 6);
  EXPECT_GE(blind.score.units_at_90, 2);
  EXPECT_TRUE(blind.score.unmatched_estimate.empty());
  EXPECT_GT(blind.cpu, 0);
  EXPECT_EQ(decoded.method, blind_and_decoding);
  EXPECT_GE(decoded.score.units_at_90, blind.score.units_at_90);
  EXPECT_GT(decoded.cpu, blind.cpu);
  EXPECT_EQ(known.method, ceiling);
  EXPECT_GE(known.score.units_at_90, decoded.score.units_at_90);
  EXPECT_GT(known.score.share_of_spikes_found, 0.9);
  EXPECT_EQ(outcomes[4].cpu, blind.cpu);  // not run again for another model of the same signal
  EXPECT_EQ(outcomes[7].source, Source::kept);
  EXPECT_EQ(model.score.units_at_90, 6);
  for (const PropertyScore& property : model.properties) EXPECT_EQ(property.mean_absolute, 0);
  EXPECT_GE(model.properties.size(), 9u);
  const std::string text = comparison_table(outcomes).text();
  EXPECT_NE(text.find("small, wrong"), std::string::npos) << text;
  EXPECT_NE(text.find("share of the way"), std::string::npos) << text;
  EXPECT_NE(properties_table(outcomes).text().find("innervation zone"), std::string::npos);

  // A second time nothing runs, unless it was interrupted; what other programs have made is told apart.
  const SimulatedCase made = maker.make(small_condition(), 0);
  const auto name = [](const std::string& path) { return std::filesystem::path(path).filename().string(); };
  const std::string data = std::filesystem::path(made.true_units).parent_path().string();
  const std::string place = folder / "runs/" + name(data) + "/" + name(made.model) + "/model";
  std::filesystem::remove(place + "/result.tsv");
  std::filesystem::remove(data + "/finished");
  std::filesystem::remove(data + "/muaps.h5");
  const std::string blind_result = folder / "runs/" + name(data) + "/strong_blind/result.tsv";
  TsvFile stored(blind_result), foreign;
  foreign.set_columns(stored.columns());
  std::vector<std::string> cells;
  for (const std::string& column : stored.columns())
    cells.push_back(column == "build" ? "another" : stored.text(0, column));
  foreign.add_row(cells);
  foreign.write(blind_result);
  const auto again = compare_all();
  EXPECT_EQ(runs, 3);
  EXPECT_TRUE(std::filesystem::exists(made.muaps));
  for (std::size_t i = 0; i < again.size(); ++i) {
    EXPECT_EQ(again[i].source, i == 2             ? Source::this_run
                               : i == 0 || i == 4 ? Source::kept_of_another_build
                                                  : Source::kept);
    EXPECT_EQ(again[i].cpu, outcomes[i].cpu);
    EXPECT_EQ(again[i].score.units_at_90, outcomes[i].score.units_at_90);
    EXPECT_EQ(again[i].score.sum_f1, outcomes[i].score.sum_f1);
  }

  // Units lie where they were asked for, and the model is not the one that made the data.
  const TsvFile units(made.true_units);
  for (std::size_t row = 0; row < units.n_rows(); ++row) {
    EXPECT_GT(units.real(row, "depth_mm"), 2);  // the middle of the territory is at 4 mm or more
    EXPECT_LT(std::abs(units.real(row, "innervation_zone_mm")), 25);
    EXPECT_NEAR(units.real(row, "distal_end_mm") - units.real(row, "proximal_end_mm"), 61, 4);
  }
  const auto bytes = [](const std::string& path) { return std::filesystem::file_size(path); };
  const SimulatedCase other = maker.make(wrong, 0);
  EXPECT_EQ(made.signal, other.signal);
  EXPECT_NE(made.model, other.model);
  EXPECT_NE(bytes(made.model + "/mesh.msh"),
            bytes(std::filesystem::path(made.true_units).parent_path().string() + "/mesh.msh"));
}

Outcome outcome(const Condition& condition, const std::string& method, int seed, int units, int n_false, double cpu) {
  Outcome o;
  o.condition = condition;
  o.method = method;
  o.seed = seed;
  o.score.units_at_90 = units;
  o.score.unmatched_estimate.resize(static_cast<std::size_t>(n_false));
  o.cpu = cpu;
  return o;
}

// "claim: verdict" of each judgement.
std::vector<std::string> verdicts(const std::vector<Outcome>& outcomes) {
  std::vector<std::string> list;
  for (const Judgement& j : judge_claims(outcomes)) list.push_back(j.claim + ": " + (j.kept ? "PASS" : "MISSED"));
  return list;
}

// What the program writes is what the comparison reads.
TEST(RecoveredParameters, AreReadFromTheTableOfFittedOnes) {
  const test::ScratchFolder folder;
  const std::string path = folder / "model_parameters.tsv";
  EXPECT_TRUE(recovered_parameters(ModelError::grid_moved, path).empty());
  const double degree = std::acos(-1.0) / 180;
  FittedField field;
  field.parameters = {{{"conductivity fat", "S/m", 0.05, 0, 1, 0.01}, 0.06, 0.01, false},
                      {{"grid1 rotation", "rad", 0, -1, 1, 0.1}, -4 * degree, 0.5 * degree, true},
                      {{"grid1 shift along limb", "m", 0, -1, 1, 3e-3}, -1e-3, 2e-3, false}};
  write_fitted_field(field, path);
  const auto recovered = recovered_parameters(ModelError::grid_moved, path);
  ASSERT_EQ(recovered.size(), 2U);
  EXPECT_EQ(recovered[0].unit, "deg");
  EXPECT_NEAR(recovered[0].truth, -5, 1e-9);
  EXPECT_NEAR(recovered[0].error_left(), 0.2, 1e-9);
  EXPECT_NEAR(recovered[0].deviation, 0.5, 1e-9);
  EXPECT_NEAR(recovered[1].found, -1, 1e-9);
  EXPECT_EQ(recovered[1].error_left(), 1) << "not adopted";
}

TEST(DecompositionClaims, AreJudgedOverSeedsOrByTheWorstOfThem) {
  Condition right = small_condition(), wrong = right;
  right.claims = {1.4, 12, 0.5, 0.3, Claims::Properties::not_claimed};
  wrong.title = "wrong";
  wrong.error = ModelError::grid_moved;
  // 20 s of signal would be 6 CPU s at most; here 10 s.
  std::vector<Outcome> outcomes = {outcome(right, strong_blind, 0, 8, 0, 2), outcome(right, with_model, 0, 11, 2, 1),
                                   outcome(right, strong_blind, 1, 9, 0, 4), outcome(right, with_model, 1, 13, 0, 2),
                                   outcome(wrong, strong_blind, 0, 8, 0, 2), outcome(wrong, with_model, 0, 8, 0, 9)};
  const std::string blind_false = "false units in a signal, strong blind: ",
                    model_false = "false units in a signal, model: ";
  const std::string cpu = "CPU s of strong blind in a second of signal: ", share = "CPU time against strong blind: ";
  // A quarter of 5 degrees left, a shift found but not adopted, nothing told of the other.
  outcomes[5].recovered = {{"grid1 rotation", "deg", 0, -5, -3.75, 1, true},
                           {"grid1 shift along limb", "mm", 0, -1, -0.9, 1, false}};
  const std::string left = "error left in grid1 ";
  const std::string fewer = "units more than strong blind, worst seed: ";
  EXPECT_EQ(verdicts(outcomes),
            (std::vector<std::string>{blind_false + "PASS", model_false + "PASS", "units against strong blind: PASS",
                                      "units: PASS", share + "PASS", cpu + "PASS", blind_false + "PASS",
                                      model_false + "PASS", fewer + "PASS", left + "rotation: PASS",
                                      left + "shift along limb: MISSED", left + "shift around limb: MISSED"}));
  outcomes[0].cpu = 2.1, outcomes[1].cpu = 1.1;  // 3.05 s and 1.55 s
  outcomes[1].score.units_at_90 = 10;            // 11.5 of 8.5
  outcomes[2].score.unmatched_estimate.resize(3);
  outcomes[3].score.unmatched_estimate.resize(3);
  outcomes[5].score.units_at_90 = 7;
  outcomes[5].recovered.front().found = -2;
  EXPECT_EQ(verdicts(outcomes),
            (std::vector<std::string>{
                blind_false + "MISSED", model_false + "MISSED", "units against strong blind: MISSED", "units: MISSED",
                share + "MISSED", cpu + "MISSED", blind_false + "PASS", model_false + "PASS", fewer + "MISSED",
                left + "rotation: MISSED", left + "shift along limb: MISSED", left + "shift around limb: MISSED"}));
  const std::string text = claims_table(judge_claims(outcomes)).text();
  EXPECT_NE(text.find("MISSED"), std::string::npos) << text;
}

TEST(DecompositionClaims, OnPropertiesCountAllMatchedUnitsAndAreMissedWhenNothingIsTold) {
  Condition condition = small_condition();
  condition.claims.properties = Claims::Properties::near_the_truth;
  std::vector<Outcome> outcomes = {outcome(condition, with_model, 0, 5, 0, 1),
                                   outcome(condition, with_model, 1, 5, 0, 1)};
  const auto missed = [&] {
    const auto all = judge_claims(outcomes);
    return std::count_if(all.begin(), all.end(), [](const Judgement& j) { return !j.kept; });
  };
  EXPECT_EQ(missed(), 6);  // three errors, three coverages
  // Velocity: 10 units with 0.05 and 5 with 0.19 m/s: mean 0.0967; intervals cover 12 of 15.
  for (const auto& [name, first, second] :
       {std::tuple{"velocity", 0.05, 0.19}, {"depth", 1.4, 1.6}, {"innervation_zone", 1.4, 1.8}})
    for (const UnitProperty& property : unit_properties()) {
      if (property.name != name) continue;
      PropertyScore s;
      s.property = property;
      s.n_units = s.n_intervals = 10, s.mean_absolute = first, s.coverage = 0.9;
      outcomes[0].properties.push_back(s);
      s.n_units = s.n_intervals = 5, s.mean_absolute = second, s.coverage = 0.6;
      outcomes[1].properties.push_back(s);
    }
  EXPECT_EQ(missed(), 1);  // the zone's error, 1.53 mm
  for (PropertyScore& s : outcomes[0].properties) s.coverage = 0.8;
  EXPECT_EQ(missed(), 4);
  for (Outcome& o : outcomes)
    for (PropertyScore& s : o.properties) s.coverage = 1;
  EXPECT_EQ(missed(), 4);  // intervals that are too wide
}

TEST(DecompositionConditions, HaveTitlesOfTheirOwn) {
  for (const auto& conditions : {all_firing_conditions(), recruited_conditions(), condition_grid()}) {
    std::vector<std::string> titles;
    for (const Condition& condition : conditions) titles.push_back(condition.title);
    std::sort(titles.begin(), titles.end());
    EXPECT_EQ(std::adjacent_find(titles.begin(), titles.end()), titles.end());
  }
}

}  // namespace
}  // namespace bmiss::bench
