// Defects of phantoms: as many as asked for, where they may be, the same every time.
#include <gtest/gtest.h>

#include "anatomy/label_map_info.h"
#include "anatomy/phantom.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

// Every label in one piece, skin of two voxels.
Phantom cylinder() {
  LayeredCylinderPhantom description;
  description.outer_radii = {10e-3, 25e-3, 30e-3, 32e-3};
  description.length = 80e-3;
  return make_layered_cylinder(description);
}

PhantomDefects some_defects() {
  PhantomDefects defects;
  defects.islands = 60;
  defects.holes = 12;
  defects.bridges = 8;
  defects.touching_corners = 15;
  defects.slits = 2;
  return defects;
}

std::size_t pieces(const LabelMap& map, bool of_the_body) {
  std::size_t count = 0;
  for (const int label : label_components(map).label) count += (label != 0) == of_the_body ? 1 : 0;
  return count;
}

TEST(PhantomDefects, NoneAreMadeUnlessAskedFor) {
  Phantom phantom = cylinder();
  add_defects(phantom, {});
  EXPECT_EQ(phantom.map.labels, cylinder().map.labels);
  EXPECT_EQ(phantom.defects.voxels, 0u);
}

TEST(PhantomDefects, EveryIslandAndCornerIsAPieceAndEveryHoleAVoid) {
  Phantom phantom = cylinder();
  const std::size_t whole = pieces(phantom.map, true), outside = pieces(phantom.map, false);
  add_defects(phantom, some_defects());
  EXPECT_EQ(phantom.defects.islands, 60u);
  EXPECT_EQ(phantom.defects.holes, 12u);
  EXPECT_EQ(phantom.defects.bridges, 8u);
  EXPECT_EQ(phantom.defects.touching_corners, 15u);
  EXPECT_EQ(phantom.defects.slits, 2u);
  EXPECT_EQ(pieces(phantom.map, true), whole + 60 + 15);
  EXPECT_EQ(pieces(phantom.map, false), outside + 12);
  std::size_t changed = 0;
  const Phantom clean = cylinder();
  for (std::size_t v = 0; v < clean.map.labels.size(); ++v)
    changed += clean.map.labels[v] != phantom.map.labels[v] ? 1 : 0;
  EXPECT_EQ(changed, phantom.defects.voxels);
}

// A thread of muscle from one side of the bone to the other, or of fat through muscle, is the only change: it joins
// nothing new, but its voxels have at most two neighbours of their label.
TEST(PhantomDefects, BridgesAreThreadsOneVoxelWide) {
  Phantom phantom = cylinder();
  PhantomDefects defects;
  defects.bridges = 10;
  add_defects(phantom, defects);
  const Phantom clean = cylinder();
  const LabelMap& map = phantom.map;
  std::size_t inner = 0;
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 1; j + 1 < map.size[1]; ++j)
      for (int i = 1; i + 1 < map.size[0]; ++i) {
        const int label = map.at(i, j, k);
        if (label == clean.map.at(i, j, k)) continue;
        const int along_i = (map.at(i - 1, j, k) == label) + (map.at(i + 1, j, k) == label);
        const int along_j = (map.at(i, j - 1, k) == label) + (map.at(i, j + 1, k) == label);
        ASSERT_TRUE(along_i == 2 || along_j == 2) << "the thread is broken";
        inner += along_i + along_j == 2 ? 1 : 0;
      }
  EXPECT_EQ(pieces(map, true), pieces(clean.map, true));
  EXPECT_GE(inner, defects.bridges);  // every thread has a middle
  EXPECT_LT(phantom.defects.voxels, 25 * defects.bridges + 1);
}

TEST(PhantomDefects, SlitsOpenTheLimbFromOutside) {
  Phantom phantom = cylinder();
  PhantomDefects defects;
  defects.slits = 1;
  add_defects(phantom, defects);
  EXPECT_EQ(phantom.defects.voxels, 6u * 20u);
  const auto outside = phantom.map.voxel_counts().at(0) - cylinder().map.voxel_counts().at(0);
  EXPECT_EQ(outside, 6u * 20u);
  EXPECT_EQ(pieces(phantom.map, false), pieces(cylinder().map, false));
}

TEST(PhantomDefects, ThinSkinIsOneVoxelAndClosed) {
  Phantom phantom = cylinder();
  PhantomDefects defects;
  defects.one_voxel_skin = true;
  add_defects(phantom, defects);
  EXPECT_GT(phantom.defects.skin_voxels, 0u);
  const LabelMap& map = phantom.map;
  const int skin = phantom.tissues.by_name("skin").label;
  int along_x = 0, along_y = 0;
  for (int i = 0; i < map.size[0]; ++i) along_x += map.at(i, map.size[1] / 2, 40) == skin ? 1 : 0;
  for (int j = 0; j < map.size[1]; ++j) along_y += map.at(map.size[0] / 2, j, 40) == skin ? 1 : 0;
  EXPECT_EQ(along_x, 2);
  EXPECT_EQ(along_y, 2);
  const auto facts = label_facts(map);
  EXPECT_EQ(facts.at(skin).components, 1u);
  EXPECT_EQ(facts.at(phantom.tissues.by_name("fat").label).touching.count(0), 0u);
}

TEST(PhantomDefects, TheSeedDecides) {
  PhantomDefects defects = some_defects();
  Phantom first = cylinder(), second = cylinder(), other = cylinder();
  add_defects(first, defects);
  add_defects(second, defects);
  EXPECT_EQ(first.map.labels, second.map.labels);
  defects.seed = 2;
  add_defects(other, defects);
  EXPECT_NE(first.map.labels, other.map.labels);
}

TEST(PhantomDefects, ParametersMakeTheDirtyForearm) {
  Parameters parameters;
  declare_phantom_parameters(parameters);
  parameters.read("", {"Phantom/Defects/Islands=190", "Phantom/Defects/Holes=25", "Phantom/Defects/Bridges=15",
                       "Phantom/Defects/Touching corners=30", "Phantom/Defects/Slits=2",
                       "Phantom/Defects/One-voxel skin=true", "Phantom/Defects/Seed=3"});
  const Phantom phantom = make_phantom(parameters);
  EXPECT_EQ(phantom.defects.islands, 190u);
  EXPECT_EQ(phantom.defects.holes, 25u);
  EXPECT_EQ(phantom.defects.bridges, 15u);
  EXPECT_EQ(phantom.defects.touching_corners, 30u);
  EXPECT_EQ(phantom.defects.slits, 2u);
  EXPECT_GT(phantom.defects.skin_voxels, 1000u);
}

TEST(PhantomDefects, TooManyAreRefused) {
  Phantom phantom = cylinder();
  PhantomDefects defects;
  defects.slits = 1000;
  EXPECT_NE(test::message_of<InputError>([&] { add_defects(phantom, defects); }).find("of 1000 slits find a place"),
            std::string::npos);
  Phantom thin;
  thin.map = LabelMap{{6, 6, 4}, std::vector<std::int32_t>(144, 0), Eigen::Affine3d::Identity()};
  thin.map.labels[50] = 1;
  defects = {};
  defects.holes = 1;
  EXPECT_NE(test::message_of<InputError>([&] { add_defects(thin, defects); }).find("only 0 of 1 holes find a place"),
            std::string::npos);
}

}  // namespace
}  // namespace bmiss
