// Label maps through the program: stored along any axis they give the same mesh, and faults are answered in one
// sentence.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "anatomy/label_map.h"
#include "anatomy/mesh_file.h"
#include "anatomy/tissue_table.h"
#include "support/run_program.h"
#include "support/surface_checks.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using Eigen::Vector3d;

// A limb of 60 mm along z with bone, two muscles, a label to merge, fat and skin, that is not symmetric.
int limb_label(const Vector3d& x) {
  const double r = std::hypot(x[0] - 15, x[1] - 14) * (1 + 0.004 * x[2]);
  if (std::hypot(x[0] - 12, x[1] - 15) < 3) return 3;
  if (r < 9) return x[0] + 0.3 * x[1] < 20 ? 11 : x[2] < 15 ? 13 : 12;
  return r < 12 ? 2 : r < 13.5 ? 1 : 0;
}

const char* table_text = "1 skin\n2 fat\n3 bone\n11 flexor\n12 extensor\n13 extensor_deep merge extensor\n";

class LabelMapProgram : public testing::Test {
protected:
  test::ScratchFolder folder;

  test::ProgramResult mesh(const LabelMap& map, const std::string& out, const std::string& more = "") {
    write_label_map(map, folder / "labels.nii.gz");
    std::ofstream(folder / "tissues.txt") << table_text;
    return test::run_bmiss("mesh --out " + (folder / out) + " --set 'Anatomy/Label map=" + (folder / "labels.nii.gz") +
                           "' --set 'Anatomy/Tissue table=" + (folder / "tissues.txt") +
                           "' --set Contour/Edge\\ length=2.5 --set Grids/grid1/Muscle=flexor --set Grids/grid1/Rows=2 "
                           "--set Grids/grid1/Columns=2 " +
                           more);
  }
};

TEST_F(LabelMapProgram, ALimbStoredAlongAnotherAxisGivesTheSameMesh) {
  const LabelMap along_k = test::make_map({32, 29, 60}, test::scaled(1e-3, 1e-3, 1e-3), limb_label);
  // i runs down the limb, j along y, k against x: left-handed, and the first slice is the other end.
  Eigen::Affine3d affine = Eigen::Affine3d::Identity();
  affine.linear() << 0, 0, -1e-3, 0, 1e-3, 0, -1e-3, 0, 0;
  affine.translation() << 31e-3, 0, 59e-3;
  const LabelMap along_i = test::make_map(
      {60, 29, 32}, affine, [](const Vector3d& x) { return limb_label(Vector3d(31 - x[2], x[1], 59 - x[0])); });
  const auto first = mesh(along_k, "k");
  ASSERT_EQ(first.exit_code, 0) << first.output;
  const auto second = mesh(along_i, "i", "--set 'Anatomy/Proximal end=last slice'");
  ASSERT_EQ(second.exit_code, 0) << second.output;
  EXPECT_TRUE(second.says("the limb runs along voxel axis i")) << second.output;
  const auto read = [&](const std::string& out) {
    const std::string place = folder / out;
    return read_msh(place + "/mesh.msh", "mm", TissueTable::read(place + "/mesh_tissues.txt"));
  };
  const TetMesh a = read("k"), b = read("i");
  EXPECT_EQ(a.tet_labels, b.tet_labels);
  EXPECT_EQ(a.triangle_parts, b.triangle_parts);  // the same end is proximal
  const auto expected = a.volumes();
  EXPECT_EQ(expected.count(13), 0u);
  EXPECT_EQ(expected.size(), 5u);
  for (const auto& [label, volume] : b.volumes()) EXPECT_NEAR(volume / expected.at(label), 1, 1e-6) << label;
}

TEST_F(LabelMapProgram, FaultsAreOneSentenceAndLeaveNoMesh) {
  const LabelMap map = test::make_map({32, 29, 20}, test::scaled(1e-3, 1e-3, 1e-3), limb_label);
  LabelMap one = map;
  for (auto& label : one.labels) label = label == 0 ? 0 : 11;
  const std::pair<test::ProgramResult, const char*> cases[] = {
      {mesh(one, "out"), "holds only the label 11 (flexor)"},
      {mesh(map, "out", "--set 'Label map/Limb=500, 0, 0'"), "asks for the limb at (500, 0, 0) mm"},
      {mesh(map, "out", "--set 'Label map/Limb=left'"), "give 'largest', or a point in the wanted limb"},
      {mesh(map, "out", "--set Grids/grid1/Muscle=extensor_deep"),
       "'extensor_deep' is merged into 'extensor' by the table; use that name"},
      {mesh(map, "out", "--set Grids/grid1/Muscle=flexxor"), "there is no tissue named 'flexxor'; known: flexor"},
      {mesh(map, "out", "--set Mesh/Skin\\ thickness=-0.5"), "give -1 for automatic, 0 for none, or a positive length"},
      {mesh(map, "out", "--set Mesh/Largest\\ edge=0.5"),
       "so much smaller than the triangles of 'Contour/Edge length' (2.5 mm)"},
      {mesh(map, "out", "--set Contour/Edge\\ length=20 --set Mesh/Largest\\ edge=20"),
       "the limb has no skin surface to lay electrodes on"},
      {mesh(map, "out", "--set 'Anatomy/Tissue table=" + (folder / "labels.nii.gz") + "'"),
       "the tissue table is not a plain text file"},
      {test::run_bmiss("mesh " + (folder / "labels.nii.gz") + " --out " + (folder / "out")),
       "the parameter file is not a plain text file"}};
  for (const auto& [result, sentence] : cases) {
    EXPECT_EQ(result.exit_code, 2) << result.output;
    EXPECT_TRUE(result.says(sentence)) << result.output;
    const auto at = result.output.rfind("bmiss: ");
    ASSERT_NE(at, std::string::npos) << result.output;
    EXPECT_EQ(result.output.find('\n', at), result.output.size() - 1) << result.output;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "out/mesh.msh"));
}

TEST_F(LabelMapProgram, AThicknessOfSkinGivenByTheUserReplacesThatOfTheMap) {
  const LabelMap map = test::make_map({32, 29, 30}, test::scaled(1e-3, 1e-3, 1e-3), limb_label);
  double bare = 0;
  for (const auto& [thickness, expected] : {std::pair{"0", 0.0}, std::pair{"3", 3e-3}}) {
    const auto result =
        mesh(map, thickness,
             std::string("--set Mesh/End\\ extension=0 --set Mesh/Electrode\\ edge=2.5 --set Mesh/Skin\\ thickness=") +
                 thickness);
    ASSERT_EQ(result.exit_code, 0) << result.output;
    const std::string place = folder / thickness;
    const auto volumes = read_msh(place + "/mesh.msh", "mm", TissueTable::read(place + "/mesh_tissues.txt")).volumes();
    if (expected == 0) {
      EXPECT_EQ(volumes.count(1), 0u);
      for (const auto& [label, volume] : volumes) bare += volume;
      continue;
    }
    // Around a round limb of radius r and length l: pi ((r + t)^2 - r^2) l, with pi r^2 l the volume without skin.
    const double length = 30e-3, r = std::sqrt(bare / (M_PI * length));
    EXPECT_NEAR(volumes.at(1) / (M_PI * (std::pow(r + expected, 2) - r * r) * length), 1, 0.03);
  }
}

TEST_F(LabelMapProgram, ReferenceOfParametersShowsThoseOfAMuscle) {
  const auto result = test::run_bmiss("params");
  EXPECT_EQ(result.exit_code, 0);
  for (const char* part : {"Fibres/muscle1", "Origin label", "Insertion plane", "Pennation direction"})
    EXPECT_TRUE(result.says(part)) << part;
  EXPECT_EQ(test::run_bmiss("params --as prm").output.find("muscle1"), std::string::npos);
}

TEST_F(LabelMapProgram, InfoTellsThicknessAndNeighboursOfALabelMap) {
  write_label_map(test::make_map({32, 29, 20}, test::scaled(1e-3, 1e-3, 1e-3), limb_label), folder / "labels.nii.gz");
  std::ofstream(folder / "tissues.txt") << table_text;
  const auto result = test::run_bmiss("info " + (folder / "labels.nii.gz") + " --tissues " + (folder / "tissues.txt"));
  EXPECT_EQ(result.exit_code, 0);
  for (const char* part : {"thinnest: the largest diameter of balls", "volume [mm3]", "components", "thinnest [mm]",
                           "at x y z [mm]", "touches", "flexor", "extensor_deep", "merge"})
    EXPECT_TRUE(result.says(part)) << part << " is not in " << result.output;
}

}  // namespace
}  // namespace bmiss
