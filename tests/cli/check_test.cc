// bmiss check on a study, and what conductivity laws refuse on the command line.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/small_study.h"

namespace bmiss {
namespace {

class Check : public testing::Test {
protected:
  static void SetUpTestSuite() { study_ = std::make_unique<test::SmallStudy>(); }
  static void TearDownTestSuite() { study_.reset(); }
  static std::unique_ptr<test::SmallStudy> study_;
};
std::unique_ptr<test::SmallStudy> Check::study_;

TEST_F(Check, OfAStudyWithoutLeadFieldPassesOnTwoRanksAndLeavesNothingBehind) {
  const auto result = study_->run("check", "", 2);
  EXPECT_EQ(result.exit_code, 0) << result.output;
  for (const char* check : {"reciprocity", "delivered current", "symmetry", "solver independence",
                            "one field on 1 and 2 ranks", "unit scaling", "far-field decay", "RDM*", "|MAG - 1|"})
    EXPECT_TRUE(result.says(check)) << check << " is not in " << result.output;
  EXPECT_TRUE(result.says("there is none yet; bmiss leadfield computes it")) << result.output;
  EXPECT_TRUE(result.says("there is no lead field yet; bmiss leadfield computes it")) << result.output;
  EXPECT_TRUE(std::filesystem::exists(study_->file("check.json")));
  EXPECT_FALSE(std::filesystem::exists(study_->file("check_electrodes.tsv")));
  EXPECT_FALSE(std::filesystem::exists(study_->file("electrodes.tsv")));
}

TEST_F(Check, FailsForALooseToleranceAndForALeadFieldOfAnotherLaw) {
  const auto solved = study_->run("leadfield", "--set Conductivity/Law=isotropic");
  ASSERT_EQ(solved.exit_code, 0) << solved.output;
  const auto result = study_->run("check", "--set Solver/Method=multigrid --set Solver/Tolerance=1e-3");
  EXPECT_EQ(result.exit_code, 3) << result.output;
  EXPECT_TRUE(result.says("bmiss: checks failed: reciprocity (found ")) << result.output;
  EXPECT_TRUE(result.says("stored lead field (differs from this study in the conductivity laws, ")) << result.output;
  // The action potential model differentiates what that lead field says, right or wrong.
  for (const char* parameter :
       {"position across", "position towards the electrodes", "territory radius", "innervation zone",
        "proximal half-length", "distal half-length", "velocity", "junction scatter", "delay", "log size"}) {
    const auto row = result.output.find("Taylor rate, action potential by " + std::string(parameter) + " ");
    ASSERT_NE(row, std::string::npos) << parameter << " is not in " << result.output;
    const std::string verdict = result.output.substr(row, result.output.find('\n', row) - row);
    EXPECT_NE(verdict.find("shallow"), std::string::npos) << verdict;
    EXPECT_NE(verdict.find("passed"), std::string::npos) << verdict;
  }
}

TEST_F(Check, TellsWhyActionPotentialsAreNotDifferentiated) {
  ASSERT_EQ(study_->run("leadfield").exit_code, 0);
  const auto unknown = study_->run("check", "--set 'Motor units/Muscle=biceps'");
  EXPECT_EQ(unknown.exit_code, 0) << unknown.output;
  EXPECT_TRUE(unknown.says("no muscle with fibres is called so; known: ")) << unknown.output;
}

TEST_F(Check, NeedsAMesh) {
  const test::ScratchFolder folder;
  const auto result = test::run_bmiss("check --out " + (folder / "out"));
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(result.says("run 'bmiss mesh'")) << result.output;
}

TEST_F(Check, RefusesTissuesThatTheMeshLacks) {
  const auto law = study_->run("check", "--set 'Conductivity/Laws of tissues=bone: isotropic'");
  EXPECT_EQ(law.exit_code, 2) << law.output;
  EXPECT_TRUE(law.says("names the tissue 'bone', but the mesh has no tetrahedron of it; known: deep, shallow"))
      << law.output;
  // The table names a third muscle, which was not segmented.
  const std::string table = study_->file("mesh_tissues.txt");
  std::ofstream(table, std::ios::app) << "77 biceps muscle 0.13 0.56\n";
  const auto grid = study_->run("leadfield", "--set Grids/grid1/Muscle=biceps");
  EXPECT_EQ(grid.exit_code, 2) << grid.output;
  EXPECT_TRUE(grid.says("a grid is to lie over the muscle 'biceps', of which the limb has nothing")) << grid.output;
  EXPECT_TRUE(grid.says("shallow")) << grid.output;
}

TEST_F(Check, RefusesLabelsThatMeshAndTableNameDifferently) {
  const std::string table = study_->file("mesh_tissues.txt"), kept = study_->file("kept.txt");
  std::filesystem::copy_file(table, kept, std::filesystem::copy_options::overwrite_existing);
  std::string text, line;
  for (std::ifstream stream(table); std::getline(stream, line);) {
    const auto deep = line.find("deep"), shallow = line.find("shallow");
    if (deep != std::string::npos) line.replace(deep, 4, "shallow");
    if (shallow != std::string::npos) line.replace(shallow, 7, "deep");
    text += line + "\n";
  }
  std::ofstream(table) << text;
  const auto result = study_->run("leadfield");
  std::filesystem::rename(kept, table);
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(result.says("make the labels of mesh and table agree")) << result.output;
}

TEST_F(Check, LawsWithoutTheirImageAreRefusedBeforeAnythingIsSolved) {
  const auto result = study_->run("leadfield", "--set 'Conductivity/Law=tensor image'");
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(result.says("no image is given; set 'Conductivity/Tensor image/File'")) << result.output;
}

}  // namespace
}  // namespace bmiss
