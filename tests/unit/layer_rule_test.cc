// The one direction of dependency, read from the #include lines of every source file.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace fs = std::filesystem;

namespace {

const std::map<std::string, std::set<std::string>> allowed = {
    {"base", {"base"}},
    {"anatomy", {"base", "anatomy"}},
    {"physiology", {"base", "physiology"}},
    {"recording", {"base", "recording"}},
    {"forward", {"base", "anatomy", "physiology", "recording", "forward"}},
    {"solvers", {"base", "anatomy", "physiology", "recording", "forward", "solvers"}},
    {"inversion", {"base", "anatomy", "physiology", "recording", "forward", "inversion"}},
    {"cli", {"base", "anatomy", "physiology", "recording", "forward", "solvers", "inversion", "cli"}}};

// Libraries that stay in one room.
const std::map<std::string, std::set<std::string>> rooms_of_library = {
    {"gmsh.h", {"anatomy"}},     {"nifti2_io.h", {"anatomy"}}, {"hdf5.h", {"base"}},
    {"edflib.h", {"recording"}}, {"matio.h", {"recording"}},   {"petsc", {"solvers", "base"}}};

std::string room_of(const fs::path& file, const fs::path& root) {
  const auto relative = fs::relative(file, root);
  auto part = relative.begin();
  return *part == "src" ? (++part)->string() : part->string();
}

}  // namespace

TEST(LayerRule, EveryIncludePointsDownwards) {
  const fs::path root = BMISS_SOURCE_DIR;
  const std::regex own("^#include \"([a-z_0-9]+)/"), foreign("^#include <([^>]+)>");
  int files = 0, includes = 0;
  for (const std::string top : {"src", "solvers", "inversion"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cc") continue;
      ++files;
      const std::string room = room_of(entry.path(), root);
      ASSERT_EQ(allowed.count(room), 1u) << entry.path() << " lies in no room of the design";
      std::ifstream stream(entry.path());
      std::string line;
      std::smatch match;
      while (std::getline(stream, line)) {
        if (std::regex_search(line, match, own)) {
          ++includes;
          EXPECT_EQ(allowed.at(room).count(match[1]), 1u) << entry.path() << " must not include " << line;
        } else if (std::regex_search(line, match, foreign)) {
          // TAO alone may leave the solvers, for fits.
          const bool tao_in_fits = match[1] == "petsctao.h" &&
                                   entry.path().parent_path() == root / "inversion/refine" &&
                                   entry.path().extension() == ".cc";
          if (tao_in_fits) continue;
          for (const auto& [library, rooms] : rooms_of_library) {
            if (match[1].str().rfind(library, 0) != 0) continue;
            EXPECT_EQ(rooms.count(room), 1u) << entry.path() << " must not include " << line;
          }
          if (entry.path().extension() == ".h") {
            EXPECT_NE(match[1].str().rfind("deal.II", 0), 0u) << entry.path() << ": deal.II stays out of headers";
          }
        }
      }
    }
  }
  EXPECT_GT(files, 30);
  EXPECT_GT(includes, 50);
}

TEST(LayerRule, FilesAreReadInOneSitting) {
  const fs::path root = BMISS_SOURCE_DIR;
  for (const std::string top : {"src", "solvers", "inversion", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cc") continue;
      std::ifstream stream(entry.path());
      const auto lines = std::count(std::istreambuf_iterator<char>(stream), {}, '\n');
      EXPECT_LE(lines, 600) << entry.path();
    }
  }
}
