// A shared object built outside the tree, against the installed package, is found by the program that loads it.
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/run_program.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

int shell(const std::string& command) {
  return std::system((command + " >/dev/null").c_str());
}

TEST(Plugin, BuiltAgainstTheInstalledPackageIsLoaded) {
  const test::ScratchFolder folder;
  const std::string prefix = folder / "installed", build = folder / "build";
  ASSERT_EQ(shell("cmake --install " BMISS_BUILD_DIR " --prefix " + prefix), 0);
  ASSERT_EQ(shell("cmake -S " BMISS_SOURCE_DIR "/tests/cli/plugin -B " + build + " -DCMAKE_PREFIX_PATH=" + prefix), 0);
  ASSERT_EQ(shell("cmake --build " + build), 0);
  const std::string plugin = build + "/libmy_action_potential.so";
  const auto with = test::run_bmiss("params --set 'Additional shared libraries=" + plugin +
                                    "' --set 'Motor units/Action potential=half sine' --set 'Half sine/Width=8'");
  EXPECT_EQ(with.exit_code, 0) << with.output;
  EXPECT_TRUE(with.says("half sine")) << with.output;
  const auto without = test::run_bmiss("params --set 'Motor units/Action potential=half sine'");
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_TRUE(without.says("rosenfalck")) << without.output;
}

TEST(Plugin, ThatCannotBeLoadedIsRefused) {
  const test::ScratchFolder folder;
  std::system(("echo text > " + (folder / "broken.so")).c_str());
  const auto result = test::run_bmiss("params --set 'Additional shared libraries=" + (folder / "broken.so") + "'");
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(result.says("cannot be loaded")) << result.output;
}

}  // namespace
}  // namespace bmiss
