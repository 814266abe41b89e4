// The comparison of decompositions on a pool small enough for a test: data and model come from the program itself.
#include "benchmarks/decomposition/comparison.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/table.h"
#include "base/tsv_file.h"
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

TEST(DecompositionComparison, BlindFindsUnitsOfASmallPoolAndNoneThatIsFalse) {
  const test::ScratchFolder folder;
  CaseMaker maker(folder / "data", small, {4, 5});
  Condition wrong = small_condition();
  wrong.title = "small, wrong";
  wrong.error = ModelError::conductivity_high;
  // The truth itself, as the upper end of the scale.
  const DecompositionMethod truth{"truth", true, [](const SimulatedCase& made, const std::string&) {
                                    MethodResult result;
                                    result.spikes = read_spike_events(made.true_spikes);
                                    result.units = made.true_units;
                                    return result;
                                  }};
  std::vector<DecompositionMethod> methods = {decomposition_methods().front(), truth};
  int told = 0;
  const auto outcomes =
      compare(maker, {small_condition(), wrong}, 1, methods, folder / "runs", [&](const Outcome&) { ++told; });
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(told, 4);
  const Outcome& blind = outcomes[0];
  EXPECT_EQ(blind.method, "strong blind");
  EXPECT_EQ(blind.active_units, 6);
  EXPECT_GE(blind.score.units_at_90, 2);
  EXPECT_TRUE(blind.score.unmatched_estimate.empty());
  EXPECT_GT(blind.cpu, 0);
  EXPECT_EQ(outcomes[2].cpu, blind.cpu);  // not run again for another model of the same signal
  EXPECT_EQ(outcomes[1].score.units_at_90, 6);
  for (const PropertyScore& property : outcomes[1].properties) EXPECT_EQ(property.mean_absolute, 0);
  EXPECT_GE(outcomes[1].properties.size(), 9u);
  const std::string text = comparison_table(outcomes).text();
  EXPECT_NE(text.find("small, wrong"), std::string::npos) << text;
  EXPECT_NE(properties_table(outcomes).text().find("innervation zone"), std::string::npos);

  // Units lie where they were asked for, and the model is not the one that made the data.
  const TsvFile units(maker.make(small_condition(), 0).true_units);
  for (std::size_t row = 0; row < units.n_rows(); ++row) {
    EXPECT_GT(units.real(row, "depth_mm"), 2);  // the middle of the territory is at 4 mm or more
    EXPECT_LT(std::abs(units.real(row, "innervation_zone_mm")), 25);
    EXPECT_NEAR(units.real(row, "distal_end_mm") - units.real(row, "proximal_end_mm"), 61, 4);
  }
  const auto bytes = [](const std::string& path) { return std::filesystem::file_size(path); };
  const SimulatedCase right = maker.make(small_condition(), 0), other = maker.make(wrong, 0);
  EXPECT_EQ(right.signal, other.signal);
  EXPECT_NE(right.model, other.model);
  EXPECT_NE(bytes(right.model + "/mesh.msh"),
            bytes(std::filesystem::path(right.true_units).parent_path().string() + "/mesh.msh"));
}

TEST(DecompositionConditions, HaveTitlesOfTheirOwn) {
  for (const auto& conditions : {claimed_conditions(), condition_grid()}) {
    std::vector<std::string> titles;
    for (const Condition& condition : conditions) titles.push_back(condition.title);
    std::sort(titles.begin(), titles.end());
    EXPECT_EQ(std::adjacent_find(titles.begin(), titles.end()), titles.end());
  }
}

}  // namespace
}  // namespace bmiss::bench
