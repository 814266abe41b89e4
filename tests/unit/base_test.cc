#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/output_file.h"
#include "base/provenance.h"
#include "base/registry.h"
#include "base/report.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "base/units.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

TEST(Units, ConvertsToSi) {
  EXPECT_DOUBLE_EQ(unit_factor("mm"), 1e-3);
  EXPECT_DOUBLE_EQ(unit_factor("uV"), 1e-6);
  EXPECT_NE(test::message_of<InputError>([] { unit_factor("inch"); }).find("known"), std::string::npos);
}

TEST(NearestName, PutsTheLikelyNameFirst) {
  EXPECT_EQ(nearest_names("spcaing", {"Rows", "Spacing", "Columns"}).front(), "Spacing");
}

TEST(OutputFile, AppearsWholeOrNotAtAll) {
  const test::ScratchFolder folder;
  const std::string path = folder / "result.txt";
  {
    OutputFile file(path);
    file.stream() << "half";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  {
    OutputFile file(path);
    file.stream() << "whole";
    file.commit();
  }
  std::ifstream stream(path);
  std::string text;
  stream >> text;
  EXPECT_EQ(text, "whole");
}

TEST(OutputFolder, RefusesAFileOfThatName) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "taken") << "x";
  EXPECT_NE(test::message_of<InputError>([&] { prepare_output_folder(folder / "taken"); }).find("cannot be created"),
            std::string::npos);
}

TEST(OutputFolder, RefusesWhenSpaceIsShort) {
  const test::ScratchFolder folder;
  EXPECT_NE(test::message_of<InputError>([&] { require_free_space(folder.path(), 1e18); }).find("MB are needed"),
            std::string::npos);
}

TEST(TsvFile, ReadsBackAndPointsAtTheLine) {
  const test::ScratchFolder folder;
  TsvFile table;
  table.set_columns({"name", "x"});
  table.add_row({"a", format_real(0.1)});
  table.add_row({"b", "north"});
  table.write(folder / "t.tsv");
  const TsvFile read(folder / "t.tsv");
  EXPECT_DOUBLE_EQ(read.real(0, "x"), 0.1);
  const auto message = test::message_of<InputError>([&] { read.real(1, "x"); });
  EXPECT_NE(message.find("line 3"), std::string::npos) << message;
  EXPECT_NE(message.find("'north'"), std::string::npos) << message;
  EXPECT_NE(test::message_of<InputError>([&] { read.text(0, "nmae"); }).find("known: name"), std::string::npos);
}

TEST(Provenance, HashDependsOnContentAndBoundaries) {
  EXPECT_EQ(ContentHash().add("ab").add("c").hex(), ContentHash().add("ab").add("c").hex());
  EXPECT_NE(ContentHash().add("ab").add("c").hex(), ContentHash().add("a").add("bc").hex());
  EXPECT_EQ(ContentHash().hex().size(), 32u);
}

struct Shape {
  virtual ~Shape() = default;
  virtual int corners() const = 0;
};
struct Triangle : Shape {
  int corners() const override { return 3; }
};

TEST(Registry, CreatesByNameAndListsKnownNames) {
  Registry<Shape> shapes("shape");
  shapes.add<Triangle>("triangle", "three corners");
  EXPECT_EQ(shapes.create("triangle")->corners(), 3);
  const auto message = test::message_of<InputError>([&] { shapes.create("triangel"); });
  EXPECT_EQ(message, "no shape is called 'triangel'; known: triangle");
}

TEST(Table, AlignsUtf8) {
  Table table({"a", "µV"});
  table.add_row({"x", "1"});
  EXPECT_EQ(table.text(), "  a  µV\n  -  --\n  x   1\n");
}

TEST(Report, WritesFactsPhasesAndWarnings) {
  const test::ScratchFolder folder;
  std::ostringstream log;
  Report report(log, 0);
  {
    Phase outer(report, "outer");
    Phase inner(report, "inner");
  }
  report.fact("mesh/tets", 12);
  report.warn("careful");
  report.write_json(folder / "run.json");
  std::ifstream stream(folder / "run.json");
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  for (const char* part : {"\"tets\": 12", "\"outer / inner\"", "\"careful\"", "\"deal.II\""})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
}

}  // namespace
}  // namespace bmiss
