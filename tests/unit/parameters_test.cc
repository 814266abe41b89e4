#include "base/parameters.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/errors.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

void declare(Parameters& p) {
  p.declare_names("Grids", {}, "names of the grids");
  Parameters::Section mesh(p, "Mesh");
  p.declare_real("Edge length", 2.0, "mm", {0.1, 20}, "of interface triangles");
  p.declare_reals("Radii", {10, 20}, "mm", {0, 100}, "of the layers");
  p.declare_integer("Sweeps", 10, 0, 100, "of smoothing");
  p.declare_choice("Method", "hxt", {"hxt", "delaunay"}, "of filling");
  p.declare_switch("Polish", true, "bad tetrahedra");
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST(Parameters, ReadsQuantitiesInSi) {
  const test::ScratchFolder folder;
  write(folder / "a.prm", "subsection Mesh\n  set Edge length = 3 # mm\n  set Radii = 1, \\\n 2\nend\n");
  Parameters p;
  declare(p);
  p.read(folder / "a.prm", {"Mesh/Sweeps=7"});
  const Parameters::Section mesh(p, "Mesh");
  EXPECT_DOUBLE_EQ(p.real("Edge length"), 3e-3);
  EXPECT_EQ(p.reals("Radii"), (std::vector<double>{1e-3, 2e-3}));
  EXPECT_EQ(p.integer("Sweeps"), 7);
  EXPECT_EQ(p.text("Method"), "hxt");
  EXPECT_TRUE(p.enabled("Polish"));
}

TEST(Parameters, UnknownKeyNamesLineAndNearestKey) {
  const test::ScratchFolder folder;
  write(folder / "a.prm", "# comment\nsubsection Mesh\n  set Edge lenght = 3\nend\n");
  Parameters p;
  declare(p);
  const auto message = test::message_of<InputError>([&] { p.read(folder / "a.prm", {}); });
  EXPECT_NE(message.find("a.prm, line 3: parameter 'Mesh/Edge lenght' does not exist; known: Mesh/Edge length"),
            std::string::npos)
      << message;
}

TEST(Parameters, ValueOutOfRangeNamesTheRange) {
  const test::ScratchFolder folder;
  write(folder / "a.json", R"({"Mesh": {"Edge length": 0}})");
  Parameters p;
  declare(p);
  const auto message = test::message_of<InputError>([&] { p.read(folder / "a.json", {}); });
  EXPECT_NE(message.find("'Mesh/Edge length' is '0' but must be 0.1 … 20 mm"), std::string::npos) << message;
}

TEST(Parameters, BrokenSyntaxNamesTheLine) {
  const test::ScratchFolder folder;
  write(folder / "a.prm", "subsection Mesh\nset Edge length 3\nend\n");
  Parameters p;
  declare(p);
  EXPECT_NE(test::message_of<InputError>([&] { p.read(folder / "a.prm", {}); }).find("line 2"), std::string::npos);
}

TEST(Parameters, TwoPassesDeclareListsByName) {
  const test::ScratchFolder folder;
  write(folder / "a.prm", "set Grids = arm, leg\nsubsection leg\n set Rows = 5\nend\n");
  Parameters p;
  declare(p);
  p.read_declared(folder / "a.prm", {});
  for (const auto& name : p.names("Grids")) {
    const Parameters::Section section(p, name);
    p.declare_integer("Rows", 8, 1, 64, "of electrodes");
  }
  p.read(folder / "a.prm", {});
  const Parameters::Section leg(p, "leg");
  EXPECT_EQ(p.integer("Rows"), 5);
}

TEST(Parameters, ResolvedFileIsRunnableInBothFormats) {
  const test::ScratchFolder folder;
  const auto declare_all = [](Parameters& parameters) {
    declare(parameters);
    const Parameters::Section grids(parameters, "Lists"), one(parameters, "leg");  // a section of sections only
    parameters.declare_integer("Rows", 8, 1, 64, "of electrodes");
  };
  Parameters p;
  declare_all(p);
  p.read("", {"Mesh/Edge length=4.5", "Lists/leg/Rows=5"});
  write(folder / "resolved.prm", p.as_prm());
  write(folder / "resolved.json", p.as_json());
  for (const char* name : {"resolved.prm", "resolved.json"}) {
    Parameters q;
    declare_all(q);
    q.read(folder / name, {});
    {
      const Parameters::Section mesh(q, "Mesh");
      EXPECT_DOUBLE_EQ(q.real("Edge length"), 4.5e-3) << name;
    }
    const Parameters::Section lists(q, "Lists"), one(q, "leg");
    EXPECT_EQ(q.integer("Rows"), 5) << name;
  }
}

TEST(Parameters, RejectPointsAtTheLineThatSetTheValue) {
  const test::ScratchFolder folder;
  write(folder / "a.prm", "subsection Mesh\n set Sweeps = 9\nend\n");
  Parameters p;
  declare(p);
  p.read(folder / "a.prm", {});
  const Parameters::Section mesh(p, "Mesh");
  const auto message = test::message_of<InputError>([&] { p.reject("Sweeps", "too many for this mesh"); });
  EXPECT_NE(message.find("a.prm, line 2: Mesh/Sweeps = 9: too many"), std::string::npos) << message;
}

}  // namespace
}  // namespace bmiss
