// Label maps as people have them: what preparing does to each fault, and the sentence for what cannot be mended.
#include "anatomy/label_preparation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "anatomy/label_map_info.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "base/table.h"
#include "support/surface_checks.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using Eigen::Vector3d;
using test::make_map;
using test::scaled;

TissueTable tissues(std::vector<LabelRule> rules = {}) {
  return TissueTable({default_tissue(1, "skin", TissueKind::skin), default_tissue(2, "fat", TissueKind::fat),
                      default_tissue(3, "bone", TissueKind::bone), default_tissue(11, "flexor", TissueKind::muscle),
                      default_tissue(12, "extensor", TissueKind::muscle)},
                     std::move(rules));
}

int limb_label(const Vector3d& x) {
  const double r = std::hypot(x[0] - 19.5, x[1] - 19.5);
  return r < 4 ? 3 : r < 11 ? (x[0] < 19.5 ? 11 : 12) : r < 14 ? 2 : r < 16 ? 1 : 0;
}

LabelMap limb() {
  return make_map({40, 40, 30}, scaled(1e-3, 1e-3, 1e-3), limb_label);
}

struct Outcome {
  PreparedLabelMap prepared;
  std::vector<std::string> warnings;
  std::string log;
  nlohmann::json facts;
};

Outcome prepare(const LabelMap& map, const TissueTable& table, const PreparationOptions& options = {}) {
  std::ostringstream log;
  Report report(log, 0);
  Outcome outcome;
  outcome.prepared = prepare_label_map(map, table, options, report);
  outcome.warnings = report.warnings();
  outcome.log = log.str();
  test::ScratchFolder folder;
  report.write_json(folder / "run.json");
  std::ifstream stream(folder / "run.json");
  outcome.facts = nlohmann::json::parse(stream).at("facts").at("label map");
  return outcome;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool any_has(const std::vector<std::string>& sentences, const std::string& part) {
  return std::any_of(sentences.begin(), sentences.end(), [&](const auto& s) { return has(s, part); });
}

TEST(LabelPreparation, ACleanMapComesOutAsItWentIn) {
  const Outcome outcome = prepare(limb(), tissues());
  EXPECT_EQ(outcome.prepared.map.labels, limb().labels);
  EXPECT_TRUE(outcome.warnings.empty()) << outcome.warnings[0];
  EXPECT_FALSE(has(outcome.log, "removed and added")) << outcome.log;
}

TEST(LabelPreparation, LabelsAreMergedAndIgnored) {
  LabelMap map = limb();
  for (std::size_t v = 0; v < map.labels.size(); ++v) {
    if (map.labels[v] == 12 && v % map.index(0, 0, 1) < map.index(0, 20, 0)) map.labels[v] = 20;  // half the extensor
    if (v < map.index(0, 0, 5) && v > 0 && map.labels[v] == 0 && v % 40 < 2) map.labels[v] = 21;  // a table beside it
  }
  const auto rules = tissues({{20, "extensor_deep", "extensor"}, {21, "table", ""}, {22, "cyst", ""}});
  const Outcome outcome = prepare(map, rules);
  EXPECT_EQ(outcome.prepared.map.labels, limb().labels);
  EXPECT_TRUE(has(outcome.log, "in the tissue table but not in the label map: 22 cyst")) << outcome.log;
  EXPECT_TRUE(has(outcome.log, "extensor_deep")) << outcome.log;
  EXPECT_TRUE(outcome.warnings.empty()) << outcome.warnings[0];  // vanishing was meant
  const auto& deep = outcome.facts.at("label_20");
  EXPECT_EQ(deep.at("rules").at("removed_mm3"), deep.at("before_mm3"));
  EXPECT_EQ(deep.at("after_mm3"), 0);
}

TEST(LabelPreparation, EveryFaultOfADirtyMapIsMendedAndToldPerLabelInCubicMillimetres) {
  LabelMap map = limb();
  map.labels[map.index(14, 20, 15)] = 12;                               // an island in the flexor
  map.labels[map.index(19, 12, 15)] = 0;                                // a hole
  for (int i = 0; i < 4; ++i) map.labels[map.index(1, 1, 20 + i)] = 2;  // crumbs in the air
  const Outcome outcome = prepare(map, tissues());
  EXPECT_EQ(outcome.prepared.map.labels, limb().labels);
  EXPECT_TRUE(outcome.warnings.empty()) << outcome.warnings[0];
  EXPECT_EQ(outcome.facts.at("label_12").at("islands"), 1);
  EXPECT_EQ(outcome.facts.at("label_12").at("islands, voids").at("removed_mm3"), 1);
  EXPECT_EQ(outcome.facts.at("label_11").at("islands, voids").at("gained_mm3"), 2);
  EXPECT_EQ(outcome.facts.at("label_2").at("other limbs").at("removed_mm3"), 4);
  EXPECT_EQ(outcome.facts.at("voids"), 1);
  EXPECT_TRUE(has(outcome.log, "flexor")) << outcome.log;
}

TEST(LabelPreparation, ABridgeBetweenTwoBodiesOfAMuscleIsCut) {
  const auto label = [](const Vector3d& x) {
    const int whole = limb_label(x);
    if (whole != 11 && whole != 12) return whole;
    if (std::abs(x[0] - 19.5) < 3) return x[1] == 28 && x[2] == 15 ? 11 : 2;  // a gap of fat with one voxel row across
    return 11;
  };
  const Outcome outcome = prepare(make_map({40, 40, 30}, scaled(1e-3, 1e-3, 1e-3), label), tissues());
  EXPECT_EQ(outcome.facts.at("bridges"), 1);
  EXPECT_EQ(outcome.facts.at("label_11").at("bridges").at("removed_mm3"), 6);
  EXPECT_EQ(outcome.prepared.map.at(19, 28, 15), 2);
}

TEST(LabelPreparation, MissingFatIsGrownAndNamed) {
  const TissueTable table({default_tissue(3, "bone", TissueKind::bone),
                           default_tissue(11, "flexor", TissueKind::muscle),
                           default_tissue(12, "extensor", TissueKind::muscle)});
  const LabelMap bare = make_map({24, 24, 30}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const int label = limb_label(x + Vector3d(8, 8, 0));
    return label <= 2 ? 0 : label;
  });
  PreparationOptions options;
  options.least_fat_thickness = 4e-3;
  const Outcome outcome = prepare(bare, table, options);
  EXPECT_EQ(outcome.prepared.tissues.by_name("subcutaneous_fat").label, 1);
  EXPECT_TRUE(has(outcome.log, "'subcutaneous_fat' added as label 1")) << outcome.log;
  const auto counts = outcome.prepared.map.voxel_counts();
  // A ring around the radius of 11 mm, of the thickness asked for up to half a voxel.
  const double outer = std::sqrt(static_cast<double>(counts.at(1)) / (M_PI * 30) + 11 * 11);
  EXPECT_NEAR(outer - 11, 4.25, 0.25);
  EXPECT_EQ(counts.at(11), bare.voxel_counts().at(11));
  EXPECT_EQ(outcome.facts.at("label_1").at("fat grown").at("gained_mm3"), static_cast<double>(counts.at(1)));
  EXPECT_EQ(prepare(bare, table).prepared.map.voxel_counts().count(1), 0u);
}

TEST(LabelPreparation, OfTwoKindsOfFatTheOneUnderTheSkinGrows) {
  const TissueTable table({default_tissue(2, "intermuscular_fat", TissueKind::fat),
                           default_tissue(5, "subcutaneous_fat", TissueKind::fat),
                           default_tissue(11, "flexor", TissueKind::muscle)});
  const LabelMap map = make_map({40, 40, 12}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const double r = std::hypot(x[0] - 19.5, x[1] - 19.5);
    return r < 6 ? 2 : r < 12 ? 11 : r < 13 ? 5 : 0;
  });
  PreparationOptions options;
  options.least_fat_thickness = 3e-3;
  const Outcome outcome = prepare(map, table, options);
  EXPECT_EQ(outcome.prepared.map.voxel_counts().at(2), map.voxel_counts().at(2));
  EXPECT_GT(outcome.prepared.map.voxel_counts().at(5), map.voxel_counts().at(5));
}

TEST(LabelPreparation, ALimbThatLeavesTheFieldOfViewIsLegalAndTheCutIsTold) {
  const LabelMap cut = make_map({25, 40, 30}, scaled(1e-3, 1e-3, 1e-3), limb_label);
  const Outcome outcome = prepare(cut, tissues());
  EXPECT_EQ(outcome.prepared.map.labels, cut.labels);
  ASSERT_EQ(outcome.warnings.size(), 1u);
  EXPECT_TRUE(has(outcome.warnings[0], "leaves the image on the side towards (1.00, 0.00, 0.00) over "))
      << outcome.warnings[0];
  // The chord of the body under the skin (radius 14 mm) at x = 24, 4.5 mm from its middle: 26.5 mm times 30 mm.
  EXPECT_NEAR(outcome.facts.at("cut_side_i_high_cm2").get<double>(), 8.0, 0.4);
  // What the chord 5 mm from the middle leaves of the disc: 14^2 (pi - acos(5/14)) + 5 sqrt(14^2 - 5^2) = 445 mm2.
  EXPECT_NEAR(outcome.facts.at("end_low_k_cm2").get<double>(), 4.45, 0.05);
}

TEST(LabelPreparation, ABodyThatGrazesASideGetsAirThere) {
  const LabelMap cropped = make_map({28, 40, 30}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const int label = limb_label(x + Vector3d(6, 0, 0));
    return label == 1 ? 0 : label;
  });
  const Outcome outcome = prepare(cropped, tissues());
  EXPECT_EQ(outcome.prepared.map.size, (std::array<int, 3>{30, 40, 30}));
  EXPECT_TRUE(outcome.warnings.empty()) << outcome.warnings[0];
  EXPECT_EQ(outcome.prepared.map.voxel_counts().at(2), cropped.voxel_counts().at(2));
  EXPECT_TRUE((outcome.prepared.map.voxel_to_world * Vector3d(1, 0, 0)).isZero(1e-12));
}

TEST(LabelPreparation, AMapWithOneLabelIsRefusedAndToldWhatIsNeeded) {
  const LabelMap mask = make_map({20, 20, 20}, scaled(1e-3, 1e-3, 1e-3),
                                 [](const Vector3d& x) { return std::hypot(x[0] - 9.5, x[1] - 9.5) < 7 ? 11 : 0; });
  const auto message = test::message_of<InputError>([&] { prepare(mask, tissues()); });
  EXPECT_TRUE(has(message,
                  "holds only the label 11 (flexor), but currents in a limb need at least a muscle and what lies "
                  "around it"))
      << message;
  EXPECT_TRUE(has(message, "set 'Label map/Least fat thickness' to grow fat around it")) << message;
  PreparationOptions options;
  options.least_fat_thickness = 3e-3;
  EXPECT_EQ(prepare(mask, tissues(), options).prepared.map.voxel_counts().size(), 3u);
}

TEST(LabelPreparation, MusclesAloneAreOneLimbInPiecesUntilFatFillsTheGapsBetweenThem) {
  const LabelMap muscles = make_map({50, 30, 20}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    if (std::hypot(x[0] - 14, x[1] - 14.5) < 8) return 11;
    return std::hypot(x[0] - 35, x[1] - 14.5) < 8 ? 12 : 0;  // 5 mm beside it
  });
  const Outcome apart = prepare(muscles, tissues());
  EXPECT_EQ(apart.prepared.map.voxel_counts(), muscles.voxel_counts());
  ASSERT_EQ(apart.warnings.size(), 1u);
  EXPECT_TRUE(has(apart.warnings[0], "the limb is in 2 pieces with nothing between them")) << apart.warnings[0];
  PreparationOptions options;
  options.least_fat_thickness = 3e-3;
  const Outcome joined = prepare(muscles, tissues(), options);
  EXPECT_TRUE(joined.warnings.empty()) << joined.warnings[0];
  EXPECT_EQ(joined.prepared.map.at(24, 14, 10), 2);
}

TEST(LabelPreparation, AMapOfIgnoredLabelsOnlyIsRefused) {
  const LabelMap map =
      make_map({8, 8, 8}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) { return x[0] < 4 ? 9 : 0; });
  const auto message = test::message_of<InputError>([&] { prepare(map, tissues({{9, "table", ""}})); });
  EXPECT_TRUE(has(message, "every voxel is outside or of an ignored label")) << message;
}

TEST(LabelPreparation, AMuscleThinnerThanTwoVoxelsIsKeptWithAWarning) {
  for (const int voxels : {1, 2}) {
    const LabelMap map = make_map({40, 40, 30}, scaled(1e-3, 1e-3, 1e-3), [&](const Vector3d& x) {
      const int label = limb_label(x);
      if (label != 12) return label;
      return x[0] >= 24 && x[0] < 24 + voxels ? 12 : 11;
    });
    const Outcome outcome = prepare(map, tissues());
    EXPECT_EQ(outcome.prepared.map.voxel_counts().at(12), map.voxel_counts().at(12));
    EXPECT_EQ(any_has(outcome.warnings, "the muscle 'extensor' is nowhere thicker than 1.00 mm, less than two voxels"),
              voxels == 1);
    EXPECT_EQ(outcome.warnings.empty(), voxels == 2);
  }
}

TEST(LabelPreparation, EmptySlicesWithinTheLimbAreTold) {
  LabelMap map = limb();
  for (int k = 10; k < 13; ++k)
    std::fill_n(map.labels.begin() + static_cast<std::ptrdiff_t>(map.index(0, 0, k)), 40 * 40, 0);
  const Outcome outcome = prepare(map, tissues());
  EXPECT_TRUE(any_has(outcome.warnings, "3 slices across the limb hold no label, though others on both sides do"))
      << outcome.log;
  EXPECT_TRUE(any_has(outcome.warnings, "(from (20, 20, 10) mm on)")) << outcome.log;
  // Before the first and behind the last slice of the limb there may be any number.
  map = limb();
  std::fill_n(map.labels.begin(), 40 * 40 * 5, 0);
  EXPECT_FALSE(any_has(prepare(map, tissues()).warnings, "hold no label"));
}

TEST(LabelPreparation, SeveralTissuesOfSkinAreOneLayer) {
  const TissueTable two_skins(
      {default_tissue(7, "epidermis", TissueKind::skin), default_tissue(1, "dermis", TissueKind::skin),
       default_tissue(2, "fat", TissueKind::fat), default_tissue(3, "bone", TissueKind::bone),
       default_tissue(11, "flexor", TissueKind::muscle), default_tissue(12, "extensor", TissueKind::muscle)});
  LabelMap map = limb();
  const std::size_t skin = map.voxel_counts().at(1);
  for (int k = 0; k < 30; ++k)
    for (int j = 0; j < 40; ++j)
      for (int i = 0; i < 40; ++i)
        if (std::hypot(i - 19.5, j - 19.5) >= 15 && map.at(i, j, k) == 1) map.labels[map.index(i, j, k)] = 7;
  const Outcome outcome = prepare(map, two_skins);
  const auto counts = outcome.prepared.map.voxel_counts();
  EXPECT_EQ(counts.count(1), 0u);
  EXPECT_EQ(counts.at(7), skin);
  EXPECT_NE(outcome.log.find("the 2 tissues of kind skin are meshed as one, 'epidermis'"), std::string::npos)
      << outcome.log;
}

TEST(LabelPreparation, AMuscleThatVanishesIsNamed) {
  LabelMap map = limb();
  for (std::int32_t& label : map.labels)
    if (label == 12) label = 11;
  for (int k = 10; k < 14; ++k) map.labels[map.index(26, 20, k)] = 12;
  const Outcome outcome = prepare(map, tissues());
  EXPECT_TRUE(any_has(outcome.warnings, "label 12 (extensor) vanished: all its 4.0 mm3")) << outcome.log;
}

TEST(LabelPreparation, ParametersAreReadAndRefused) {
  const auto parse = [](const std::vector<std::string>& overrides) {
    Parameters parameters;
    PreparationOptions::declare_parameters(parameters);
    {
      const Parameters::Section section(parameters, "Anatomy");
      parameters.declare_choice("Proximal end", "first slice", {"first slice", "last slice", "superior", "inferior"},
                                "of the label map");
    }
    {
      const Parameters::Section section(parameters, "Contour");
      parameters.declare_integer("Smallest island", 30, 0, 1000, "voxels");
    }
    parameters.read("", overrides);
    return PreparationOptions::parse_parameters(parameters);
  };
  const PreparationOptions defaults = parse({});
  EXPECT_FALSE(defaults.limb.has_value());
  EXPECT_FALSE(defaults.limb_axis.has_value());
  EXPECT_EQ(defaults.least_fat_thickness, 0);
  const PreparationOptions set =
      parse({"Label map/Limb=-12, 3.5, 100", "Label map/Limb axis=j", "Label map/Least fat thickness=2.5",
             "Anatomy/Proximal end=superior", "Contour/Smallest island=8"});
  EXPECT_TRUE(set.limb->isApprox(Vector3d(-12e-3, 3.5e-3, 0.1)));
  EXPECT_EQ(set.limb_axis, 1);
  EXPECT_DOUBLE_EQ(set.least_fat_thickness, 2.5e-3);
  EXPECT_EQ(set.proximal, ProximalEnd::superior);
  EXPECT_EQ(set.smallest_island, 8);
  for (const char* wrong : {"Label map/Limb=left", "Label map/Limb=1, 2", "Label map/Limb=1, 2, 3, 4"}) {
    const auto message = test::message_of<InputError>([&] { parse({wrong}); });
    EXPECT_TRUE(has(message, "give 'largest', or a point in the wanted limb: x, y, z in mm (RAS)")) << message;
  }
}

TEST(LabelPreparation, TheInfoTableHasThinnestPlacesAndNeighbours) {
  const auto table = tissues({{9, "table", ""}});
  const LabelMap map = make_map({40, 40, 30}, Eigen::Translation3d(0.1, 0, 0) * scaled(1e-3, 1e-3, 1e-3),
                                [](const Vector3d& x) { return x[0] < 1 ? 9 : limb_label(x); });
  const std::string text = label_map_table(map, &table).text();
  EXPECT_TRUE(has(text, "thinnest [mm]")) << text;
  EXPECT_TRUE(has(text, "9      table     ignore")) << text;
  std::string skin;
  std::istringstream lines(text);
  while (std::getline(lines, skin) && !has(skin, "skin")) {
  }
  EXPECT_TRUE(has(skin, " 2.0")) << skin;  // mm of skin
  EXPECT_EQ(skin.substr(skin.find_last_not_of(' ') - 8), "outside 2") << text;
}

// Preparing real maps loses no tissue and leaves muscles alone.
TEST(LabelPreparation, RealLimbsKeepEveryMuscleWithinOnePercent) {
  BMISS_NEEDS_DATA("data/anatomy/forearm_bp3d_1mm.nii.gz");
  for (const auto& [name, labels] :
       {std::pair("forearm_bp3d_1mm", "forearm_bp3d"), std::pair("calf_qmri_1.5x1.5x6mm", "calf_qmri")}) {
    const LabelMap raw = read_label_map(test::shared_path("data/anatomy/" + std::string(name) + ".nii.gz"));
    const auto table = TissueTable::read(test::shared_path("data/anatomy/" + std::string(labels) + "_labels.txt"));
    const Outcome outcome = prepare(raw, table);
    const auto before = raw.voxel_counts(), after = outcome.prepared.map.voxel_counts();
    for (const Tissue& tissue : table.tissues()) {
      const double tolerance = tissue.kind == TissueKind::muscle ? 0.01 : 0.03;
      EXPECT_NEAR(static_cast<double>(after.at(tissue.label)) / static_cast<double>(before.at(tissue.label)), 1,
                  tolerance)
          << name << " " << tissue.name;
    }
    EXPECT_TRUE(outcome.warnings.empty()) << outcome.warnings[0];
  }
}

}  // namespace
}  // namespace bmiss
