// Label maps in: every type, version, orientation and unit of NIfTI; out and back; what they hold.
#include "anatomy/label_map.h"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "anatomy/label_map_info.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/table.h"
#include "support/nifti_bytes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

test::NiftiBytes counting_image() {
  test::NiftiBytes image;
  image.voxels = test::counting_voxels(24);
  return image;
}

void expect_counting(const LabelMap& map) {
  ASSERT_EQ(map.size, (std::array<int, 3>{4, 3, 2}));
  for (std::size_t v = 0; v < 24; ++v) ASSERT_EQ(map.labels[v], static_cast<int>(v));
  EXPECT_EQ(map.at(3, 2, 1), 23);
}

class LabelMapTypes : public ::testing::TestWithParam<std::tuple<int, int, bool>> {};

TEST_P(LabelMapTypes, AreReadInBothVersionsAndByteOrders) {
  const test::ScratchFolder folder;
  auto image = counting_image();
  std::tie(image.version, image.datatype, image.big_endian) = GetParam();
  image.write(folder / "map.nii");
  expect_counting(read_label_map(folder / "map.nii"));
}

INSTANTIATE_TEST_SUITE_P(All, LabelMapTypes,
                         ::testing::Combine(::testing::Values(1, 2),
                                            ::testing::Values(2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280),
                                            ::testing::Bool()));

TEST(LabelMap, FourDigitCodesAndLargeLabelsSurvive) {
  const test::ScratchFolder folder;
  auto image = counting_image();
  image.datatype = 16;
  image.voxels[5] = 6111;  // the kind of code that MuscleMap uses
  image.voxels[6] = 70001;
  image.write(folder / "map.nii");
  const LabelMap map = read_label_map(folder / "map.nii");
  EXPECT_EQ(map.labels[5], 6111);
  EXPECT_EQ(map.labels[6], 70001);
  write_label_map(map, folder / "copy.nii.gz");
  EXPECT_EQ(read_label_map(folder / "copy.nii.gz").labels, map.labels);
}

TEST(LabelMap, ScaledVoxelsAreLabels) {
  const test::ScratchFolder folder;
  auto image = counting_image();
  image.slope = 2;
  image.intercept = 3;
  image.write(folder / "map.nii");
  const LabelMap map = read_label_map(folder / "map.nii");
  for (std::size_t v = 0; v < 24; ++v) EXPECT_EQ(map.labels[v], static_cast<int>(2 * v + 3));
}

TEST(LabelMap, HeaderExtensionsAndTrailingDimensionsOfOneAreAccepted) {
  const test::ScratchFolder folder;
  auto image = counting_image();
  image.size = {4, 3, 2, 1, 1};
  image.extension = 32;
  image.write(folder / "map.nii");
  expect_counting(read_label_map(folder / "map.nii"));
}

// World coordinates by hand: rotation by 30 deg about z, spacing 1 x 2 x 4 mm.
TEST(LabelMap, ObliqueSformPlacesVoxelsInMetres) {
  const test::ScratchFolder folder;
  auto image = counting_image();
  const double c = std::sqrt(0.75), s = 0.5;
  image.spacing = {1, 2, 4};
  image.sform_code = 1;
  image.sform = {c, -2 * s, 0, 10, s, 2 * c, 0, -20, 0, 0, 4, 30};
  for (const int version : {1, 2}) {
    image.version = version;
    image.write(folder / "map.nii");
    const LabelMap map = read_label_map(folder / "map.nii");
    const Eigen::Vector3d p = map.voxel_to_world * Eigen::Vector3d(3, 2, 1);
    EXPECT_NEAR(p[0], 1e-3 * (3 * c - 4 * s + 10), 1e-9);
    EXPECT_NEAR(p[1], 1e-3 * (3 * s + 4 * c - 20), 1e-9);
    EXPECT_NEAR(p[2], 34e-3, 1e-9);
    EXPECT_TRUE(map.spacing().isApprox(Eigen::Vector3d(1e-3, 2e-3, 4e-3), 1e-6));
    EXPECT_NEAR(map.voxel_volume(), 8e-9, 1e-14);
  }
}

TEST(LabelMap, SformWinsOverQformAndQformOverVoxelSizes) {
  const test::ScratchFolder folder;
  auto image = counting_image();
  image.spacing = {2, 2, 2};
  image.write(folder / "sizes.nii");
  EXPECT_TRUE((read_label_map(folder / "sizes.nii").voxel_to_world * Eigen::Vector3d(1, 1, 1))
                  .isApprox(Eigen::Vector3d(2e-3, 2e-3, 2e-3)));
  image.qform_code = 1;
  image.qform = {0, 0, 1, 5, 6, 7, 1};  // half a turn about z: x -> -x, y -> -y
  image.write(folder / "qform.nii");
  EXPECT_TRUE((read_label_map(folder / "qform.nii").voxel_to_world * Eigen::Vector3d(1, 1, 1))
                  .isApprox(Eigen::Vector3d(3e-3, 4e-3, 9e-3)));
  image.sform_code = 2;
  image.sform = {2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 100};
  image.write(folder / "sform.nii");
  EXPECT_TRUE((read_label_map(folder / "sform.nii").voxel_to_world * Eigen::Vector3d(1, 1, 1))
                  .isApprox(Eigen::Vector3d(2e-3, 2e-3, 102e-3)));
}

TEST(LabelMap, VoxelSizesThatTheSformContradictsAreDoubted) {
  const test::ScratchFolder folder;
  auto image = counting_image();
  image.spacing = {2, 2, 2};
  image.qform_code = 1;
  image.sform_code = 1;
  image.sform = {2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0};
  image.write(folder / "agree.nii");
  EXPECT_EQ(read_label_map(folder / "agree.nii").doubt, "");
  image.sform = {2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0};
  image.write(folder / "differ.nii");
  const LabelMap map = read_label_map(folder / "differ.nii");
  EXPECT_NEAR(map.spacing()[2], 3e-3, 1e-9);
  EXPECT_NE(map.doubt.find("its sform makes voxels of 2 x 2 x 3, its voxel sizes (qform) are 2 x 2 x 2"),
            std::string::npos)
      << map.doubt;
}

TEST(LabelMap, LeftHandedImagesKeepTheirHand) {
  const test::ScratchFolder folder;
  auto image = counting_image();
  image.qform_code = 1;
  image.qform = {0, 0, 0, 0, 0, 0, -1};  // handedness -1 flips k
  image.write(folder / "q.nii");
  const LabelMap map = read_label_map(folder / "q.nii");
  EXPECT_LT(map.voxel_to_world.linear().determinant(), 0);
  EXPECT_NEAR((map.voxel_to_world * Eigen::Vector3d(0, 0, 1))[2], -1e-3, 1e-12);
  EXPECT_NEAR(map.voxel_volume(), 1e-9, 1e-15);
  write_label_map(map, folder / "copy.nii");
  EXPECT_TRUE(read_label_map(folder / "copy.nii").voxel_to_world.isApprox(map.voxel_to_world, 1e-6));
}

TEST(LabelMap, UnitsOfTheHeaderAreHonoured) {
  const test::ScratchFolder folder;
  const struct {
    int code;
    double size;
  } cases[] = {{1, 1.5e-3}, {2, 1.5}, {3, 1500}, {0, 1.5}};
  for (const auto& c : cases) {
    auto image = counting_image();
    image.units = c.code;
    image.spacing = {c.size, c.size, c.size};
    image.write(folder / "map.nii");
    EXPECT_NEAR(read_label_map(folder / "map.nii").spacing()[0], 1.5e-3, 1e-9) << "unit code " << c.code;
  }
}

TEST(LabelMap, WritesAndReadsBackObliqueImagesInAllWidths) {
  const test::ScratchFolder folder;
  LabelMap map;
  map.size = {5, 6, 7};
  map.labels.resize(210);
  for (std::size_t v = 0; v < 210; ++v) map.labels[v] = static_cast<int>(v % 9);
  map.voxel_to_world = Eigen::Translation3d(0.1, -0.2, 0.3) *
                       Eigen::AngleAxisd(0.7, Eigen::Vector3d(1, 2, 3).normalized()) *
                       Eigen::Scaling(0.8e-3, 0.9e-3, -4e-3);
  for (const int largest : {200, 6111, 100000}) {
    map.labels[17] = largest;
    for (const char* name : {"map.nii", "map.nii.gz"}) {
      write_label_map(map, folder / name);
      const LabelMap copy = read_label_map(folder / name);
      EXPECT_EQ(copy.size, map.size);
      EXPECT_EQ(copy.labels, map.labels);
      EXPECT_TRUE(copy.voxel_to_world.isApprox(map.voxel_to_world, 1e-6));
    }
  }
  EXPECT_FALSE(std::filesystem::exists(folder / ".partial-map.nii"));
}

// Clearing the sform code leaves the qform: both must say the same.
TEST(LabelMap, WritesSformAndQformThatAgree) {
  const test::ScratchFolder folder;
  LabelMap map;
  map.size = {2, 2, 2};
  map.labels.assign(8, 1);
  map.voxel_to_world = Eigen::Translation3d(0.01, 0.02, 0.03) *
                       Eigen::AngleAxisd(1.1, Eigen::Vector3d(3, -1, 2).normalized()) *
                       Eigen::Scaling(1e-3, 2e-3, -3e-3);
  write_label_map(map, folder / "map.nii");
  std::fstream file(folder / "map.nii", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(254);  // sform_code
  file.write("\0\0", 2);
  file.close();
  EXPECT_TRUE(read_label_map(folder / "map.nii").voxel_to_world.isApprox(map.voxel_to_world, 1e-5));
}

TEST(LabelMap, FactsCountComponentsBoxesAndNeighbours) {
  LabelMap map;
  map.size = {5, 2, 2};
  map.labels.assign(20, 0);
  map.voxel_to_world.linear() *= 1e-3;
  map.labels[map.index(0, 0, 0)] = 7;
  map.labels[map.index(1, 0, 0)] = 8;
  map.labels[map.index(1, 1, 1)] = 7;  // touches neither by a face
  map.labels[map.index(4, 1, 1)] = 9;
  const auto facts = label_facts(map);
  ASSERT_EQ(facts.size(), 3u);
  EXPECT_EQ(facts.at(7).components, 2u);
  EXPECT_EQ(facts.at(7).largest_component, 1u);
  EXPECT_EQ(facts.at(7).lowest, (std::array<int, 3>{0, 0, 0}));
  EXPECT_EQ(facts.at(7).highest, (std::array<int, 3>{1, 1, 1}));
  EXPECT_EQ(facts.at(7).touching, (std::set<std::int32_t>{0, 8}));
  EXPECT_EQ(facts.at(9).touching, (std::set<std::int32_t>{0}));
  const TissueTable tissues({default_tissue(7, "soleus", TissueKind::muscle)});
  const std::string text = label_map_table(map, &tissues).text();
  EXPECT_NE(text.find("soleus  muscle"), std::string::npos) << text;
  EXPECT_NE(text.find("2.0"), std::string::npos) << text;  // volume of two 1 mm voxels [mm3]
  EXPECT_NE(label_map_table(map, nullptr).text().find("?"), std::string::npos);
}

// Sizes, spacings and labels as described beside the data.
TEST(LabelMap, RealCalfIsReadAsDescribed) {
  BMISS_NEEDS_DATA("data/anatomy/calf_qmri_1mm.nii.gz");
  const LabelMap map = read_label_map(test::shared_path("data/anatomy/calf_qmri_1mm.nii.gz"));
  EXPECT_EQ(map.size, (std::array<int, 3>{147, 141, 116}));
  EXPECT_TRUE(map.spacing().isApprox(Eigen::Vector3d::Constant(1e-3), 1e-6));
  EXPECT_TRUE((map.voxel_to_world * Eigen::Vector3d::Zero()).isApprox(Eigen::Vector3d(12e-3, -89e-3, -69e-3), 1e-6));
  std::vector<int> labels;
  for (const auto& entry : map.voxel_counts()) labels.push_back(entry.first);
  EXPECT_EQ(labels, (std::vector<int>{0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 17}));
  const auto tissues = TissueTable::read(test::shared_path("data/anatomy/calf_qmri_labels.txt"));
  EXPECT_NO_THROW(tissues.require_all_labels(map, "calf"));
}

TEST(LabelMap, RealForearmsAreReadAsDescribed) {
  BMISS_NEEDS_DATA("data/anatomy/forearm_bp3d_1mm.nii.gz");
  const auto tissues = TissueTable::read(test::shared_path("data/anatomy/forearm_bp3d_labels.txt"));
  const struct {
    const char* name;
    std::array<int, 3> size;
    Eigen::Vector3d spacing;
  } cases[] = {{"forearm_bp3d_1mm", {106, 83, 170}, {1e-3, 1e-3, 1e-3}},
               {"forearm_bp3d_0.8x0.8x4mm", {131, 102, 42}, {0.8e-3, 0.8e-3, 4e-3}}};
  for (const auto& c : cases) {
    const LabelMap map = read_label_map(test::shared_path("data/anatomy/" + std::string(c.name) + ".nii.gz"));
    EXPECT_EQ(map.size, c.size);
    EXPECT_TRUE(map.spacing().isApprox(c.spacing, 1e-5)) << map.spacing().transpose();
    // "LPS": i runs to the left (-x), j to posterior (-y), k upwards, 15 deg oblique.
    EXPECT_LT(map.voxel_to_world(0, 0), 0);
    EXPECT_LT(map.voxel_to_world(1, 1), 0);
    EXPECT_GT(map.voxel_to_world(2, 2), 0);
    EXPECT_EQ(map.voxel_counts().size(), 23u);  // outside, five tissues, 17 muscles
    EXPECT_NO_THROW(tissues.require_all_labels(map, c.name));
  }
}

}  // namespace
}  // namespace bmiss
