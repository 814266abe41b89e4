// Shared objects built outside the tree, against the installed package, are found by the program that loads them.
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/run_program.h"
#include "support/small_study.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

int shell(const std::string& command) {
  return std::system((command + " >/dev/null").c_str());
}

// Built once, as users build theirs.
class Plugin : public testing::Test {
protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<test::ScratchFolder>();
    const std::string prefix = *folder_ / "installed", build = *folder_ / "build";
    ASSERT_EQ(shell("cmake --install " BMISS_BUILD_DIR " --prefix " + prefix), 0);
    ASSERT_EQ(shell("cmake -S " BMISS_SOURCE_DIR "/tests/cli/plugin -B " + build + " -DCMAKE_PREFIX_PATH=" + prefix),
              0);
    ASSERT_EQ(shell("cmake --build " + build), 0);
  }
  static void TearDownTestSuite() { folder_.reset(); }
  static std::string loading(const std::string& plugin) {
    return "--set 'Additional shared libraries=" + (*folder_ / "build/lib") + plugin + ".so' ";
  }

private:
  static std::unique_ptr<test::ScratchFolder> folder_;
};
std::unique_ptr<test::ScratchFolder> Plugin::folder_;

TEST_F(Plugin, OfAnActionPotentialIsLoaded) {
  const auto with = test::run_bmiss("params " + loading("my_action_potential") +
                                    "--set 'Motor units/Action potential=half sine' --set 'Half sine/Width=8'");
  EXPECT_EQ(with.exit_code, 0) << with.output;
  EXPECT_TRUE(with.says("half sine")) << with.output;
  const auto without = test::run_bmiss("params --set 'Motor units/Action potential=half sine'");
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_TRUE(without.says("rosenfalck")) << without.output;
}

// Where every tissue is muscle, the complex field is the real one over 1 + i t with t = omega epsilon / sigma of
// muscle: 2 pi 100 Hz x 8.854e-12 F/m x 9.3289e6 / 0.26671 S/m (the tissue data base after Gabriel 1996, at 100 Hz).
TEST_F(Plugin, OfAComplexConductivityLawGivesAComplexLeadField) {
  const test::SmallStudy study;
  const std::string law = loading("cole_cole_law") + "--set 'Conductivity/Law=cole-cole'";
  const auto solved = study.run("leadfield", law);
  ASSERT_EQ(solved.exit_code, 0) << solved.output;
  EXPECT_TRUE(solved.says("conductivity law: cole-cole")) << solved.output;
  EXPECT_TRUE(solved.says("Gabriel C. The dielectric properties")) << solved.output;
  EXPECT_TRUE(solved.says("-11.01")) << solved.output;
  const auto info = test::run_bmiss("info " + study.file("lead_field.h5"));
  EXPECT_TRUE(info.says("/lead_field/potential_imaginary")) << info.output;
  // At another frequency the file is that of another conductor; all other checks pass.
  const auto other = study.run("check", law + " --set 'Conductivity/Cole-Cole/Frequency=1000'");
  EXPECT_EQ(other.exit_code, 3) << other.output;
  EXPECT_TRUE(other.says(
      "bmiss: checks failed: stored lead field (differs from this study in the conductivities; compute it again)"))
      << other.output;
}

TEST_F(Plugin, ThatCannotBeLoadedIsRefused) {
  const test::ScratchFolder folder;
  std::system(("echo text > " + (folder / "broken.so")).c_str());
  const auto result = test::run_bmiss("params --set 'Additional shared libraries=" + (folder / "broken.so") + "'");
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(result.says("cannot be loaded")) << result.output;
}

}  // namespace
}  // namespace bmiss
