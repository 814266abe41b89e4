// Places of files for tests: a fresh scratch folder, and the outside data where a checkout has them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace bmiss::test {

// An empty folder of this test's own, removed at the end of the scope.
class ScratchFolder {
public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bmiss-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

// BMISS_SHARED, or the folder "shared" beside the checkout.
inline std::string shared_path(const std::string& relative) {
  const char* set = std::getenv("BMISS_SHARED");
  return (set != nullptr ? std::string(set) : std::string(BMISS_SOURCE_DIR) + "/../shared") + "/" + relative;
}

// The sentence of the InputError that `action` throws; fails the test when it throws none.
template <typename Error, typename Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return "";
}

}  // namespace bmiss::test

// Skips the test, with its reason, where the outside data are absent. Where their folder exists, a missing file is a mistake.
#define BMISS_NEEDS_DATA(relative)                                                                      \
  if (!std::filesystem::exists(::bmiss::test::shared_path(relative))) {                                 \
    if (std::filesystem::exists(::bmiss::test::shared_path("")))                                        \
      FAIL() << ::bmiss::test::shared_path(relative) << " is missing although its folder is there";     \
    GTEST_SKIP() << "no data: " << ::bmiss::test::shared_path(relative) << " is not here";              \
  }                                                                                                     \
  static_assert(true, "a semicolon follows")
