// Tissue tables: what is read, guessed and defaulted, and the sentence that each fault gets.
#include "anatomy/tissue_table.h"

#include <gtest/gtest.h>

#include <fstream>

#include "anatomy/label_map.h"
#include "base/errors.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

class TissueTableTest : public ::testing::Test {
protected:
  TissueTable read(const std::string& text) {
    std::ofstream(folder_ / "tissues.txt") << text;
    return TissueTable::read(folder_ / "tissues.txt");
  }
  void expect_complaint(const std::string& text, const std::string& part) {
    const auto message = test::message_of<InputError>([&] { read(text); });
    EXPECT_NE(message.find(part), std::string::npos) << message << "\n  lacks: " << part;
  }
  test::ScratchFolder folder_;
};

TEST_F(TissueTableTest, LabelAndNameAreEnough) {
  const auto table = read("# head\n1 skin\n\n11\tsoleus (deep (not really) 5 S/m)\n 12 vastus_lateralis # a comment\n");
  ASSERT_EQ(table.tissues().size(), 3u);
  EXPECT_EQ(table.by_label(1).kind, TissueKind::skin);
  EXPECT_DOUBLE_EQ(table.by_label(1).conductivity_across, 0.17);
  EXPECT_EQ(table.by_name("soleus").label, 11);
  EXPECT_EQ(table.by_label(12).kind, TissueKind::muscle);
  EXPECT_DOUBLE_EQ(table.by_label(12).conductivity_across, 0.13);
  EXPECT_DOUBLE_EQ(table.by_label(12).conductivity_along, 0.56);
}

TEST_F(TissueTableTest, FullColumnsAreTaken) {
  const auto table = read(
      "\xEF\xBB\xBF"
      "3 radius bone 0.006\r\n6111 extensor muscle 0.1 0.5\r\n9 titanium other 1e6\r\n");
  EXPECT_DOUBLE_EQ(table.by_label(3).conductivity_across, 0.006);
  EXPECT_DOUBLE_EQ(table.by_label(3).conductivity_along, 0.006);
  EXPECT_DOUBLE_EQ(table.by_label(6111).conductivity_along, 0.5);
  EXPECT_DOUBLE_EQ(table.by_label(9).conductivity_across, 1e6);
  EXPECT_EQ(table.of_kind(TissueKind::muscle).size(), 1u);
}

TEST(TissueKinds, AreGuessedFromWholeWords) {
  const std::pair<const char*, TissueKind> cases[] = {{"skin", TissueKind::skin},
                                                      {"subcutaneous_fat", TissueKind::fat},
                                                      {"Fat", TissueKind::fat},
                                                      {"cortical_bone", TissueKind::bone},
                                                      {"bone_marrow", TissueKind::marrow},
                                                      {"marrow", TissueKind::marrow},
                                                      {"intermuscular_connective_other", TissueKind::connective},
                                                      {"connective", TissueKind::connective},
                                                      {"achilles_tendon", TissueKind::connective},
                                                      {"brachial_artery", TissueKind::vessel},
                                                      {"cephalic-vein", TissueKind::vessel},
                                                      {"vessels", TissueKind::vessel},
                                                      {"ulna", TissueKind::bone},
                                                      {"median_nerve", TissueKind::other},
                                                      {"muscle_QMRITools_13", TissueKind::muscle},
                                                      {"tibialis_anterior", TissueKind::muscle},
                                                      {"tensor_fasciae_latae", TissueKind::muscle},
                                                      {"semitendinosus", TissueKind::muscle},
                                                      {"biceps_femoris", TissueKind::muscle},
                                                      {"extensor_carpi_ulnaris", TissueKind::muscle},
                                                      {"extensor_carpi_radialis_longus", TissueKind::muscle},
                                                      {"intermuscular_fat", TissueKind::fat}};
  for (const auto& [name, kind] : cases) EXPECT_EQ(name_of(guessed_kind(name)), name_of(kind)) << name;
}

TEST(TissueKinds, NamesAndKindsAreInverse) {
  for (const char* name : {"skin", "fat", "muscle", "bone", "marrow", "connective", "vessel", "other"})
    EXPECT_EQ(name_of(tissue_kind(name)), name);
  const auto message = test::message_of<InputError>([] { tissue_kind("muscel"); });
  EXPECT_NE(message.find("'muscel' is not a kind of tissue; known: muscle"), std::string::npos) << message;
}

// The page of equations states where these numbers come from.
TEST(TissueKinds, DefaultConductivities) {
  const std::pair<TissueKind, double> cases[] = {{TissueKind::muscle, 0.13},  {TissueKind::fat, 0.0573},
                                                 {TissueKind::skin, 0.17},    {TissueKind::bone, 0.02},
                                                 {TissueKind::marrow, 0.075}, {TissueKind::vessel, 0.67}};
  for (const auto& [kind, value] : cases)
    EXPECT_DOUBLE_EQ(default_tissue(1, "x", kind).conductivity_across, value) << name_of(kind);
  const double connective = default_tissue(1, "x", TissueKind::connective).conductivity_across;
  EXPECT_GE(connective, 0.25);
  EXPECT_LE(connective, 0.4);
}

TEST_F(TissueTableTest, WritesWhatItReadsBack) {
  const TissueTable table({default_tissue(1, "skin", TissueKind::skin),
                           {11, "soleus", TissueKind::muscle, 0.1 / 3, 0.4},
                           {12, "flexor", TissueKind::connective, 0.3, 0.3}});
  table.write(folder_ / "copy.txt");
  const auto copy = TissueTable::read(folder_ / "copy.txt");
  ASSERT_EQ(copy.tissues().size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(copy.tissues()[i].label, table.tissues()[i].label);
    EXPECT_EQ(copy.tissues()[i].name, table.tissues()[i].name);
    EXPECT_EQ(copy.tissues()[i].kind, table.tissues()[i].kind);
    EXPECT_EQ(copy.tissues()[i].conductivity_across, table.tissues()[i].conductivity_across);
    EXPECT_EQ(copy.tissues()[i].conductivity_along, table.tissues()[i].conductivity_along);
  }
}

TEST_F(TissueTableTest, FaultsNameFileLineValueAndRemedy) {
  expect_complaint("", "tissues.txt: the tissue table is empty");
  expect_complaint("# only a comment\n", "the tissue table is empty");
  expect_complaint("1 skin\nsoleus 11\n", "tissues.txt, line 2: the label is 'soleus' but must be a number");
  expect_complaint("1.5 skin\n", "line 1: the label is '1.5' but must be a whole number");
  expect_complaint("nan skin\n", "line 1: the label is 'nan' but must be a whole number");
  expect_complaint("11\n", "line 1: label 11 has no name");
  expect_complaint("0 outside\n", "line 1: label 0 is not allowed");
  expect_complaint("-4 soleus\n", "label -4 is not allowed");
  expect_complaint("1 skin\n2 fat\n1 soleus\n", "line 3: label 1 is given to 'skin' and to 'soleus'");
  expect_complaint("1 skin\n2 skin\n", "line 2: the name 'skin' is given to labels 1 and 2");
  expect_complaint("11 soleus muscel\n", "line 1: 'muscel' is not a kind of tissue; known: muscle");
  expect_complaint("11 extensor digitorum\n", "a name is one word, with '_' for blanks");
  expect_complaint("2 fat fat -0.04\n", "the conductivity of 'fat' is -0.04 S/m but must be positive");
  expect_complaint("2 fat fat 0\n", "must be positive");
  expect_complaint("2 fat fat inf\n", "must be positive");
  expect_complaint("2 fat fat 57.3\n", "more than any tissue has; values are in S/m, not mS/m");
  expect_complaint("2 fat fat 0,04\n", "the conductivity is '0,04' but must be a number");
  expect_complaint("2 fat fat 0.04 0.05\n", "'fat' (fat) has two conductivities, but only muscle has fibres; give one");
  expect_complaint("11 soleus muscle 0.1\n", "the muscle 'soleus' has one conductivity; give two");
  expect_complaint("11 soleus muscle 0.1 0.5 0.5\n", "'0.5' is too much");
  const auto message = test::message_of<InputError>([&] { TissueTable::read(folder_ / "none.txt"); });
  EXPECT_NE(message.find("the tissue table does not exist"), std::string::npos) << message;
}

TEST_F(TissueTableTest, RulesMergeAndIgnoreLabelsAndAreWrittenBack) {
  const auto table = read("1 skin\n12 soleus_deep merge soleus\n11 soleus\n40 lipoma ignore # not this time\n");
  EXPECT_EQ(table.tissues().size(), 2u);
  EXPECT_EQ(table.replacements(), (std::map<std::int32_t, std::int32_t>{{12, 11}, {40, 0}}));
  EXPECT_FALSE(table.has_label(12));
  table.write(folder_ / "copy.txt");
  const auto copy = TissueTable::read(folder_ / "copy.txt");
  EXPECT_EQ(copy.replacements(), table.replacements());
  EXPECT_EQ(copy.tissues().size(), 2u);
  // A new tissue takes none of the labels that rules speak of.
  const auto more = read("2 fat\n1 lipoma ignore\n").with("skin", TissueKind::skin);
  EXPECT_EQ(more.by_name("skin").label, 3);
  LabelMap map;
  map.size = {2, 1, 1};
  map.labels = {12, 40};
  EXPECT_NO_THROW(table.require_all_labels(map, "arm.nii.gz"));
}

TEST_F(TissueTableTest, FaultsOfRulesNameFileLineAndRemedy) {
  expect_complaint("11 soleus\n12 deep merge solues\n",
                   "tissues.txt, line 2: 'deep' is merged into 'solues', which is not in the table; known: soleus");
  expect_complaint("12 deep merge deep\n11 soleus\n", "line 1: 'deep' is merged into itself");
  expect_complaint(
      "11 soleus\n12 a merge b\n13 b merge soleus\n",
      "line 2: 'a' is merged into 'b', which is itself merged into 'soleus'; merge it into a tissue directly");
  expect_complaint("11 soleus\n12 a merge b\n13 b ignore\n",
                   "line 2: 'a' is merged into 'b', which is itself ignored; write: 12 a ignore");
  expect_complaint("11 soleus\n12 a merge\n", "line 2: 'a' is merged but not said into what");
  expect_complaint("11 soleus\n12 a merge soleus 0.1\n", "line 2: '0.1' is too much");
  expect_complaint("11 soleus\n12 a ignore 0.1\n", "line 2: '0.1' is too much");
  expect_complaint("11 soleus\n11 a ignore\n", "line 2: label 11 is given to 'soleus' and to 'a'");
  expect_complaint("11 a ignore\n12 a\n", "line 2: the name 'a' is given to labels 11 and 12");
  expect_complaint("0 a ignore\n", "line 1: label 0 is not allowed");
  expect_complaint("12 a ignroe\n", "'merge other_name' and 'ignore' may stand here too");
  expect_complaint("12 a ignore\n", "the tissue table is empty");
  EXPECT_THROW(TissueTable({default_tissue(1, "a", TissueKind::fat)}, {{2, "b", "c"}}), InputError);
  EXPECT_THROW(TissueTable({default_tissue(1, "a", TissueKind::fat)}, {{1, "b", "a"}}), InputError);
}

TEST_F(TissueTableTest, NamesThatRulesTookAwaySayWhereTheyWent) {
  const auto table = read("11 soleus\n12 deep merge soleus\n13 lipoma ignore\n");
  const auto merged = test::message_of<InputError>([&] { table.by_name("deep"); });
  EXPECT_NE(merged.find("'deep' is merged into 'soleus' by the table; use that name"), std::string::npos) << merged;
  const auto ignored = test::message_of<InputError>([&] { table.by_name("lipoma"); });
  EXPECT_NE(ignored.find("'lipoma' is ignored by the table; take another tissue"), std::string::npos) << ignored;
}

TEST_F(TissueTableTest, ConstructionChecksTheSame) {
  EXPECT_THROW(TissueTable({default_tissue(0, "skin", TissueKind::skin)}), InputError);
  EXPECT_THROW(TissueTable({default_tissue(1, "two words", TissueKind::skin)}), InputError);
  EXPECT_THROW(TissueTable({default_tissue(1, "a", TissueKind::fat), default_tissue(2, "a", TissueKind::fat)}),
               InputError);
}

TEST_F(TissueTableTest, UnknownNamesAndLabelsListTheKnown) {
  const auto table = read("11 soleus\n12 gastrocnemius\n");
  const auto by_name = test::message_of<InputError>([&] { table.by_name("solues"); });
  EXPECT_NE(by_name.find("tissues.txt: there is no tissue named 'solues'; known: soleus, gastrocnemius"),
            std::string::npos)
      << by_name;
  const auto by_label = test::message_of<InputError>([&] { table.by_label(13); });
  EXPECT_NE(by_label.find("there is no tissue with label 13; known: 11 soleus, 12 gastrocnemius"), std::string::npos)
      << by_label;
}

TEST_F(TissueTableTest, LabelsOfTheMapThatItLacksAreListed) {
  const auto table = read("1 skin\n");
  LabelMap map;
  map.size = {2, 2, 2};
  map.labels = {0, 1, 1, 7, 7, 7, 9, 0};
  const auto message = test::message_of<InputError>([&] { table.require_all_labels(map, "arm.nii.gz"); });
  EXPECT_NE(message.find("arm.nii.gz: the label map holds labels 7 (3 voxels), 9 (1 voxels) that the tissue table"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("add a line such as '7 name_of_tissue muscle'"), std::string::npos) << message;
  map.labels = {0, 1, 1, 1, 0, 0, 0, 0};
  EXPECT_NO_THROW(table.require_all_labels(map, "arm.nii.gz"));
}

TEST(TissueTableData, RealCalfTableIsReadAsItIs) {
  BMISS_NEEDS_DATA("data/anatomy/calf_qmri_labels.txt");
  const auto table = TissueTable::read(test::shared_path("data/anatomy/calf_qmri_labels.txt"));
  EXPECT_EQ(table.tissues().size(), 12u);
  EXPECT_EQ(table.by_label(2).kind, TissueKind::fat);
  EXPECT_EQ(table.by_label(3).kind, TissueKind::bone);
  EXPECT_EQ(table.by_label(4).kind, TissueKind::marrow);
  EXPECT_EQ(table.by_label(5).kind, TissueKind::connective);
  EXPECT_EQ(table.by_label(13).name, "muscle_QMRITools_17");
  EXPECT_EQ(table.of_kind(TissueKind::muscle).size(), 7u);
}

TEST(TissueTableData, RealForearmTableIsReadAsItIs) {
  BMISS_NEEDS_DATA("data/anatomy/forearm_bp3d_labels.txt");
  const auto table = TissueTable::read(test::shared_path("data/anatomy/forearm_bp3d_labels.txt"));
  EXPECT_EQ(table.tissues().size(), 22u);
  EXPECT_EQ(table.of_kind(TissueKind::muscle).size(), 17u);
  EXPECT_EQ(table.by_name("flexor_carpi_ulnaris").label, 25);
}

}  // namespace
}  // namespace bmiss
