// Phantoms: the geometry that they promise, measured in the label map.
#include "anatomy/phantom.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <fstream>

#include "anatomy/label_map_info.h"
#include "anatomy/label_map_picture.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

double volume(const Phantom& phantom, const std::string& name) {
  const auto counts = phantom.map.voxel_counts();
  const auto found = counts.find(phantom.tissues.by_name(name).label);
  return found == counts.end() ? 0 : static_cast<double>(found->second) * phantom.map.voxel_volume();
}

double muscle_volume(const Phantom& phantom) {
  double sum = 0;
  for (const auto* muscle : phantom.tissues.of_kind(TissueKind::muscle)) sum += volume(phantom, muscle->name);
  return sum;
}

// Area of one tissue in each slice [m^2].
std::vector<double> section_areas(const Phantom& phantom, int label) {
  const LabelMap& map = phantom.map;
  std::vector<double> areas(static_cast<std::size_t>(map.size[2]), 0.0);
  const double pixel = map.spacing()[0] * map.spacing()[1];
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 0; j < map.size[1]; ++j)
      for (int i = 0; i < map.size[0]; ++i)
        if (map.at(i, j, k) == label) areas[static_cast<std::size_t>(k)] += pixel;
  return areas;
}

Eigen::Vector3d centroid(const Phantom& phantom, int label) {
  const LabelMap& map = phantom.map;
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  double count = 0;
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 0; j < map.size[1]; ++j)
      for (int i = 0; i < map.size[0]; ++i)
        if (map.at(i, j, k) == label) sum += map.voxel_to_world * Eigen::Vector3d(i, j, k), count += 1;
  return sum / count;
}

const Phantom& forearm() {
  static const Phantom phantom = make_forearm({});
  return phantom;
}

TEST(LayeredCylinder, LayersHaveTheVolumesOfTheCylinder) {
  const LayeredCylinderPhantom description;  // 10, 35, 38, 40 mm; 120 mm long
  const Phantom phantom = make_layered_cylinder(description);
  double inside = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    inside += volume(phantom, description.names[i]);
    const double exact = std::acos(-1.0) * description.outer_radii[i] * description.outer_radii[i] * description.length;
    // Counting the unit squares in a disc of r voxels errs by a few times sqrt(r) (Gauss circle problem): 2 % at r =
    // 10, 0.4 % at 40.
    EXPECT_NEAR(inside / exact, 1,
                2.0 / (std::acos(-1.0) * std::pow(description.outer_radii[i] / description.voxel, 1.5)))
        << description.names[i];
  }
  EXPECT_EQ(phantom.tissues.by_name("skin").label, 1);
  EXPECT_EQ(phantom.tissues.by_name("fat").label, 2);
  EXPECT_EQ(phantom.tissues.by_name("bone").label, 3);
  EXPECT_EQ(phantom.tissues.by_name("muscle").label, 11);
}

TEST(LayeredCylinder, StandsAroundTheAxisFromZeroToItsLength) {
  LayeredCylinderPhantom description;
  description.voxel = 1.5e-3;
  description.outer_radii = {9e-3, 30e-3, 34e-3, 37e-3};
  const Phantom phantom = make_layered_cylinder(description);
  const LabelMap& map = phantom.map;
  EXPECT_EQ(map.size[2], 80);
  EXPECT_NEAR((map.voxel_to_world * Eigen::Vector3d(0, 0, 0))[2], 0.75e-3, 1e-12);
  EXPECT_NEAR((map.voxel_to_world * Eigen::Vector3d(0, 0, 79))[2], 119.25e-3, 1e-12);
  const Eigen::Vector3d middle =
      map.voxel_to_world * Eigen::Vector3d(0.5 * (map.size[0] - 1), 0.5 * (map.size[1] - 1), 0);
  EXPECT_NEAR(middle.head<2>().norm(), 0, 1e-12);
  for (int j = 0; j < map.size[1]; ++j)
    for (int i = 0; i < map.size[0]; ++i) {
      ASSERT_EQ(map.at(i, j, 0), map.at(map.size[0] - 1 - i, j, 5));
      ASSERT_EQ(map.at(i, j, 0), map.at(j, i, 79));
    }
  for (const auto& [label, facts] : label_facts(map)) EXPECT_EQ(facts.components, 1u) << label;
}

TEST(LayeredCylinder, NamesThatShareAKindGetTheirOwnLabels) {
  LayeredCylinderPhantom description;
  description.names = {"soleus", "gastrocnemius", "deep_fat", "fat"};
  const Phantom phantom = make_layered_cylinder(description);
  EXPECT_EQ(phantom.tissues.by_name("soleus").label, 11);
  EXPECT_EQ(phantom.tissues.by_name("gastrocnemius").label, 12);
  EXPECT_EQ(phantom.tissues.by_name("deep_fat").label, 2);
  EXPECT_EQ(phantom.tissues.by_name("fat").label, 31);
}

TEST(Forearm, EveryMuscleIsOnePieceOfAtLeastACubicCentimetre) {
  const auto facts = label_facts(forearm().map);
  const auto muscles = forearm().tissues.of_kind(TissueKind::muscle);
  EXPECT_GE(muscles.size(), 10u);
  for (const auto* muscle : muscles) {
    ASSERT_EQ(facts.count(muscle->label), 1u) << muscle->name;
    EXPECT_EQ(facts.at(muscle->label).components, 1u) << muscle->name;
    EXPECT_GE(volume(forearm(), muscle->name), 1e-6) << muscle->name;
    EXPECT_GE(muscle->label, 11);
    // Packed: every muscle touches others.
    int neighbours = 0;
    for (const int other : facts.at(muscle->label).touching) neighbours += other >= 11 ? 1 : 0;
    EXPECT_GE(neighbours, 1) << muscle->name;
  }
  EXPECT_NO_THROW(forearm().tissues.require_all_labels(forearm().map, "phantom"));
}

TEST(Forearm, LayersCloseAroundEachOther) {
  const auto facts = label_facts(forearm().map);
  const auto label = [](const char* name) { return forearm().tissues.by_name(name).label; };
  EXPECT_EQ(facts.at(label("skin")).touching, (std::set<std::int32_t>{0, label("fat")}));
  EXPECT_EQ(facts.at(label("marrow")).touching, (std::set<std::int32_t>{label("cortical_bone")}));
  EXPECT_EQ(facts.at(label("cortical_bone")).components, 2u);  // radius and ulna
  EXPECT_EQ(facts.at(label("marrow")).components, 2u);
  EXPECT_EQ(facts.at(label("skin")).components, 1u);
  EXPECT_EQ(facts.at(label("fat")).components, 1u);
  EXPECT_EQ(facts.at(label("fat")).touching.count(0), 0u);
  for (const char* name : {"fat", "skin"}) {
    EXPECT_EQ(facts.at(label(name)).lowest[2], 0);
    EXPECT_EQ(facts.at(label(name)).highest[2], 199);
  }
}

TEST(Forearm, FatAndSkinHaveTheirThickness) {
  ForearmPhantom description;
  description.voxel = 0.75e-3;
  description.length = 60e-3;
  description.fat_thickness = 6e-3;
  description.skin_thickness = 2.25e-3;
  const Phantom phantom = make_forearm(description);
  const LabelMap& map = phantom.map;
  // Along both axes of the section, in the middle of the limb.
  const int k = map.size[2] / 2;
  for (const auto& [name, thickness] : {std::pair<const char*, double>("fat", 6e-3), {"skin", 2.25e-3}}) {
    const int label = phantom.tissues.by_name(name).label;
    int along_x = 0, along_y = 0;
    for (int i = 0; i < map.size[0]; ++i) along_x += map.at(i, map.size[1] / 2, k) == label ? 1 : 0;
    for (int j = 0; j < map.size[1]; ++j) along_y += map.at(map.size[0] / 2, j, k) == label ? 1 : 0;
    EXPECT_NEAR(0.5 * along_x * description.voxel, thickness, description.voxel) << name;
    EXPECT_NEAR(0.5 * along_y * description.voxel, thickness, description.voxel) << name;
  }
}

// Fat lies outside the muscles: the muscles of two phantoms with different fat are the same.
TEST(Forearm, MusclesDoNotDependOnFat) {
  ForearmPhantom thick;
  thick.fat_thickness = 8e-3;
  const Phantom phantom = make_forearm(thick);
  for (const auto* muscle : phantom.tissues.of_kind(TissueKind::muscle))
    EXPECT_DOUBLE_EQ(volume(phantom, muscle->name), volume(forearm(), muscle->name)) << muscle->name;
  EXPECT_GT(volume(phantom, "fat"), 2.5 * volume(forearm(), "fat"));
}

TEST(Forearm, NarrowsTowardsTheWrist) {
  const LabelMap& map = forearm().map;
  std::vector<double> limb(200, 0.0), muscle(200, 0.0);
  for (const auto& tissue : forearm().tissues.tissues()) {
    const auto areas = section_areas(forearm(), tissue.label);
    for (std::size_t k = 0; k < 200; ++k) {
      limb[k] += areas[k];
      if (tissue.kind == TissueKind::muscle) muscle[k] += areas[k];
    }
  }
  // Girths of adults: about 260 mm below the elbow, 170 mm above the wrist; pi a b of ellipses with such
  // circumferences.
  EXPECT_NEAR(limb[0], 5300e-6, 500e-6);
  EXPECT_NEAR(limb[199], 2150e-6, 300e-6);
  for (std::size_t k = 61; k < 200; ++k) EXPECT_LE(limb[k], limb[k - 1] * 1.002) << "slice " << k;
  EXPECT_LT(muscle[199], 0.3 * muscle[50]);
  // Slice 0 is the proximal end and lies on top: z falls with k.
  EXPECT_LT(map.voxel_to_world(2, 2), 0);
  EXPECT_GT(map.voxel_to_world.linear().determinant(), 0);
}

TEST(Forearm, MusclesTaperAndEndInsideWithoutAStep) {
  for (const auto* muscle : forearm().tissues.of_kind(TissueKind::muscle)) {
    const auto areas = section_areas(forearm(), muscle->label);
    const auto largest = std::max_element(areas.begin(), areas.end());
    if (muscle->name != "pronator_quadratus") {  // lies across the distal cut
      EXPECT_LT(areas.back(), 0.6 * *largest) << muscle->name << " does not taper towards the wrist";
    }
    // From one slice to the next a flat wall moves by at most a row of voxels, about as long as the section is wide (at
    // most twice the root of its area); a muscle that ended abruptly would jump by much more.
    for (std::size_t k = 1; k < areas.size(); ++k)
      EXPECT_LT(std::abs(areas[k] - areas[k - 1]), 2 * std::sqrt(*largest) * 1e-3) << muscle->name << " in slice " << k;
  }
  for (const char* name : {"supinator", "pronator_teres", "palmaris_longus", "brachioradialis"})
    EXPECT_EQ(section_areas(forearm(), forearm().tissues.by_name(name).label).back(), 0)
        << name << " ends above the wrist";
  for (const char* name :
       {"abductor_pollicis_longus", "extensor_pollicis_longus", "flexor_pollicis_longus", "pronator_quadratus"})
    EXPECT_EQ(section_areas(forearm(), forearm().tissues.by_name(name).label).front(), 0)
        << name << " begins below the elbow";
}

// A right forearm in supination: lateral +x, anterior +y.
TEST(Forearm, MusclesLieWhereTheyLieInAnArm) {
  const auto place = [](const char* name) { return centroid(forearm(), forearm().tissues.by_name(name).label); };
  EXPECT_GT(place("brachioradialis")[0], 20e-3);
  EXPECT_GT(place("extensor_carpi_radialis_longus")[0], 20e-3);
  EXPECT_LT(place("flexor_carpi_ulnaris")[0], -20e-3);
  EXPECT_GT(place("flexor_digitorum_superficialis")[1], 8e-3);
  EXPECT_GT(place("palmaris_longus")[1], place("flexor_digitorum_superficialis")[1]);
  EXPECT_LT(place("flexor_digitorum_profundus")[1], place("flexor_digitorum_superficialis")[1]);
  EXPECT_LT(place("extensor_digitorum")[1], -15e-3);
  EXPECT_LT(place("extensor_carpi_ulnaris")[0], place("extensor_digiti_minimi")[0]);
  EXPECT_LT(place("extensor_digiti_minimi")[0], place("extensor_digitorum")[0]);
  EXPECT_LT(place("extensor_digitorum")[1], place("supinator")[1]);
}

TEST(Forearm, VolumesHardlyDependOnTheVoxel) {
  ForearmPhantom fine;
  fine.voxel = 0.7e-3;
  const Phantom phantom = make_forearm(fine);
  EXPECT_NEAR(muscle_volume(phantom) / muscle_volume(forearm()), 1, 0.02);
  const auto facts = label_facts(phantom.map);
  for (const auto* muscle : phantom.tissues.of_kind(TissueKind::muscle)) {
    EXPECT_NEAR(volume(phantom, muscle->name) / volume(forearm(), muscle->name), 1, 0.06) << muscle->name;
    EXPECT_EQ(facts.at(muscle->label).components, 1u) << muscle->name;
  }
}

TEST(Forearm, ScaleActsAcrossTheLimb) {
  ForearmPhantom small;
  small.scale = 0.7;
  small.voxel = 0.7e-3;
  small.length = 140e-3;
  const Phantom phantom = make_forearm(small);  // the default shrunk to 70 % in all directions, voxels too
  EXPECT_NEAR(muscle_volume(phantom) / muscle_volume(forearm()), 0.343, 0.002);
}

TEST(Forearm, IsTheSameEveryTime) {
  EXPECT_EQ(make_forearm({}).map.labels, forearm().map.labels);
}

TEST(Forearm, SkinAndFatCanBeLeftOut) {
  ForearmPhantom bare;
  bare.voxel = 2e-3;
  bare.fat_thickness = bare.skin_thickness = 0;
  const auto counts = make_forearm(bare).map.voxel_counts();
  EXPECT_EQ(counts.count(1), 0u);
  EXPECT_EQ(counts.count(2), 0u);
  EXPECT_GT(counts.at(3), 0u);
}

class PhantomParameters : public ::testing::Test {
protected:
  PhantomParameters() { declare_phantom_parameters(parameters_); }
  void expect_complaint(const std::vector<std::string>& overrides, const std::string& part) {
    Parameters parameters;
    declare_phantom_parameters(parameters);
    const auto message = test::message_of<InputError>([&] {
      parameters.read("", overrides);
      make_phantom(parameters);
    });
    EXPECT_NE(message.find(part), std::string::npos) << message << "\n  lacks: " << part;
  }
  Parameters parameters_;
};

TEST_F(PhantomParameters, DefaultIsTheForearm) {
  EXPECT_EQ(make_phantom(parameters_).map.labels, forearm().map.labels);
}

TEST_F(PhantomParameters, CylinderIsTakenFromItsSection) {
  parameters_.read(
      "", {"Phantom/Shape=cylinder", "Phantom/Cylinder/Outer radii=20, 30", "Phantom/Cylinder/Names=biceps, skin",
           "Phantom/Cylinder/Length=50", "Phantom/Cylinder/Voxel=2"});
  const Phantom phantom = make_phantom(parameters_);
  EXPECT_EQ(phantom.map.size, (std::array<int, 3>{34, 34, 25}));
  EXPECT_EQ(phantom.tissues.by_name("biceps").kind, TissueKind::muscle);
}

TEST_F(PhantomParameters, BadCylindersNameTheParameter) {
  const std::string cylinder = "Phantom/Shape=cylinder";
  expect_complaint({cylinder, "Phantom/Cylinder/Outer radii=10, 35, 34, 40"},
                   "Phantom/Cylinder/Outer radii = 10, 35, 34, 40: the radius of 'fat' (34 mm) is not larger than that "
                   "of the layer inside it (35 mm)");
  expect_complaint({cylinder, "Phantom/Cylinder/Outer radii=10, 35"}, "there are 4 names for 2 outer radii");
  expect_complaint({cylinder, "Phantom/Cylinder/Names=bone, muscle, muscle, skin"}, "'muscle' is named twice");
  expect_complaint({cylinder, "Phantom/Cylinder/Voxel=2.5"}, "the layer 'skin' is 2 mm thick, thinner than a voxel");
  expect_complaint({cylinder, "Phantom/Cylinder/Length=1"}, "must be at least two voxels long");
  expect_complaint({cylinder, "Phantom/Cylinder/Voxel=0.05"}, "million voxels");
  expect_complaint({cylinder, "Phantom/Cylinder/Voxel=-1"}, "must be 0.05");
  expect_complaint({"Phantom/Shape=cube"}, "Phantom/Shape");
}

TEST_F(PhantomParameters, BadForearmsNameTheParameter) {
  expect_complaint({"Phantom/Forearm/Skin thickness=0.5"},
                   "Phantom/Forearm/Skin thickness = 0.5: the skin of 0.5 mm is thinner than a voxel (1 mm)");
  expect_complaint({"Phantom/Forearm/Fat thickness=0.9"}, "the fat of 0.9 mm is thinner than a voxel");
  expect_complaint({"Phantom/Forearm/Fat thickness=30"}, "fat is thicker than the limb under it");
  expect_complaint({"Phantom/Forearm/Voxel=3"},
                   "Phantom/Forearm/Voxel = 3: muscles and cortical bone need voxels of at most 2 mm at this scale");
  expect_complaint({"Phantom/Forearm/Voxel=0.05"}, "million voxels");
  expect_complaint({"Phantom/Forearm/Scale=0"}, "must be 0.3");
}

TEST(PhantomDescriptions, AreCheckedWithoutParametersToo) {
  LayeredCylinderPhantom cylinder;
  cylinder.outer_radii.clear();
  EXPECT_THROW(make_layered_cylinder(cylinder), InputError);
  ForearmPhantom arm;
  for (const double scale : {0.0, -1.0, std::nan("")}) {
    arm.scale = scale;
    EXPECT_THROW(make_forearm(arm), InputError);
  }
  arm = {};
  arm.voxel = std::nan("");
  EXPECT_THROW(make_forearm(arm), InputError);
  arm = {};
  arm.fat_thickness = std::nan("");
  EXPECT_THROW(make_forearm(arm), InputError);
}

TEST(PhantomFiles, SurviveWritingAndReading) {
  const test::ScratchFolder folder;
  write_label_map(forearm().map, folder / "arm.nii.gz");
  forearm().tissues.write(folder / "arm.txt");
  const LabelMap copy = read_label_map(folder / "arm.nii.gz");
  EXPECT_EQ(copy.labels, forearm().map.labels);
  EXPECT_TRUE(copy.voxel_to_world.isApprox(forearm().map.voxel_to_world, 1e-6));
  EXPECT_NO_THROW(TissueTable::read(folder / "arm.txt").require_all_labels(copy, "arm.nii.gz"));
}

TEST(PhantomFiles, SectionsAreDrawn) {
  const test::ScratchFolder folder;
  const Phantom phantom = make_layered_cylinder({});
  draw_label_sections(phantom.map, phantom.tissues, {10, 60}, folder / "sections.png");
  std::ifstream file(folder / "sections.png", std::ios::binary);
  std::string start(4, ' ');
  file.read(start.data(), 4);
  EXPECT_EQ(start, "\x89PNG");
  EXPECT_THROW(draw_label_sections(phantom.map, phantom.tissues, {10}, folder / "none/sections.png"), InputError);
}

}  // namespace
}  // namespace bmiss
