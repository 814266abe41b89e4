// Models and contact impedances of electrodes in parameters and tables.
#include "anatomy/electrode_contact.h"

#include <gtest/gtest.h>

#include <fstream>

#include "anatomy/electrode_grid.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "support/electrode_grids.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using test::z_axis;

GridOptions options_with(const std::vector<std::string>& settings) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "a.prm") << "";
  Parameters parameters;
  GridOptions::declare_parameters(parameters, "g");
  std::vector<std::string> all{"Grids/g/Muscle=FCU"};
  for (const auto& setting : settings) all.push_back("Grids/g/" + setting);
  parameters.read(folder / "a.prm", all);
  return GridOptions::parse_parameters(parameters, "g");
}

std::string refusal(const std::vector<std::string>& settings) {
  return test::message_of<InputError>([&] { options_with(settings); });
}

// A row of complete discs, the last one passive, and a reference.
ElectrodeArray complete_row() {
  const Surface skin = test::cylinder_surface(40e-3, 160e-3, 4e-3);
  GridOptions options = test::grid(3, 1);
  options.touch = {ElectrodeModel::complete, 5e-3, 6};
  ElectrodeArray array;
  array.electrodes = lay_grid(skin, options, {40e-3, 0, 0}, z_axis);
  array.electrodes[1].contact_impedance = 0.2;
  array.electrodes[2].passive = true;
  array.reference = lay_electrode(skin, "REF", {0, 40e-3, 50e-3}, 10e-3, z_axis);
  return array;
}

// Writes that row with `from` replaced by `to` in one line and reads it.
ElectrodeArray read_with(int line, const std::string& from, const std::string& to) {
  const test::ScratchFolder folder;
  write_electrodes(complete_row(), folder / "good.tsv");
  std::ifstream good(folder / "good.tsv");
  std::ofstream edited(folder / "e.tsv");
  std::string text;
  for (int number = 1; std::getline(good, text); ++number) {
    if (number == line) {
      const auto place = text.find(from);
      if (place == std::string::npos) ADD_FAILURE() << "'" << from << "' is not in " << text;
      text.replace(place, from.size(), to);
    }
    edited << text << '\n';
  }
  edited.close();
  return read_electrodes(folder / "e.tsv");
}

std::string complaint(int line, const std::string& from, const std::string& to) {
  const std::string message = test::message_of<InputError>([&] { read_with(line, from, to); });
  return message.substr(std::min(message.size(), message.find("e.tsv")));
}

TEST(ElectrodeContact, OfAGridIsReadFromParameters) {
  const GridOptions plain = options_with({});
  EXPECT_EQ(plain.contact().model, ElectrodeModel::uniform);
  EXPECT_EQ(plain.contact().current_modes, 1);
  const GridOptions complete =
      options_with({"Model=complete", "Contact impedance=0.05", "Current modes=12", "Role=passive"});
  EXPECT_EQ(complete.contact().model, ElectrodeModel::complete);
  EXPECT_EQ(complete.contact().current_modes, 12);
  EXPECT_DOUBLE_EQ(complete.contact().contact_impedance, 5e-3);  // 0.05 kohm cm^2
  EXPECT_TRUE(complete.contact().passive);
}

TEST(ElectrodeContact, ThatCannotBeIsRefused) {
  EXPECT_NE(refusal({"Model=complete", "Contact impedance=0"}).find("a complete contact needs a positive one"),
            std::string::npos);
  EXPECT_NE(refusal({"Contact impedance=-1"}).find("but must be 0 … 1e+06 kohm cm2"), std::string::npos)
      << refusal({"Contact impedance=-1"});
  EXPECT_NE(refusal({"Model=complete", "Shape=point"}).find("points have no contact impedance"), std::string::npos);
  EXPECT_NE(refusal({"Role=passive"}).find("only complete contacts shunt the skin"), std::string::npos);
  EXPECT_NE(refusal({"Model=compleat"}).find("compleat"), std::string::npos);
  EXPECT_NE(refusal({"Current modes=5"}).find("1, 3, 6, 12, 20"), std::string::npos) << refusal({"Current modes=5"});
}

TEST(ElectrodeContact, GoesThroughTheTableAsAnImpedanceInKiloohms) {
  const ElectrodeArray array = complete_row();
  // 5e-3 ohm m^2 over a disc of radius 2 mm.
  EXPECT_EQ(impedance_cell(array.electrodes[0]).substr(0, 7), "0.39788");
  const ElectrodeArray read = read_with(1, "name", "name");
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_EQ(read.electrodes[e].model, ElectrodeModel::complete);
    EXPECT_EQ(read.electrodes[e].current_modes, 6);
    EXPECT_NEAR(read.electrodes[e].contact_impedance, array.electrodes[e].contact_impedance, 1e-15);
    EXPECT_EQ(read.electrodes[e].passive, e == 2);
  }
  EXPECT_EQ(read.reference.model, ElectrodeModel::uniform);
  EXPECT_EQ(read.hash(), array.hash());
}

TEST(ElectrodeContact, ImpedanceAndRoleLeaveTheHashOfTheFieldsAlone) {
  const ElectrodeArray array = complete_row();
  ElectrodeArray other = array;
  for (auto& electrode : other.electrodes) electrode.contact_impedance *= 7;
  other.electrodes[0].passive = true;
  EXPECT_EQ(other.hash(), array.hash());
  other.electrodes[0].current_modes = 3;
  EXPECT_NE(other.hash(), array.hash());
  other = array;
  other.electrodes[0].model = ElectrodeModel::uniform;
  EXPECT_NE(other.hash(), array.hash());
}

TEST(ElectrodeContact, BadCellsAreRefusedWithFileAndLine) {
  EXPECT_EQ(complaint(3, impedance_cell(complete_row().electrodes[1]), "-3"),
            "e.tsv, line 3: electrode 'grid1_r02c01' has an impedance of -3 kohm; give a positive one, or n/a where it "
            "is not known");
  EXPECT_NE(complaint(2, impedance_cell(complete_row().electrodes[0]), "0").find("has an impedance of 0 kohm"),
            std::string::npos);
  EXPECT_EQ(
      complaint(2, impedance_cell(complete_row().electrodes[0]), "n/a"),
      "e.tsv, line 2: electrode 'grid1_r01c01' is complete but has no impedance; give that of its contact in kohm "
      "in the column 'impedance'");
  EXPECT_NE(complaint(2, "complete", "completed")
                .find("line 2: electrode 'grid1_r01c01' has the model 'completed'; "
                      "known: complete"),
            std::string::npos);
  EXPECT_NE(complaint(2, "recording", "recorder").find("has the role 'recorder'; known: recording"), std::string::npos);
  EXPECT_NE(complaint(2, "\tcomplete\t6", "\tcomplete\t7").find("has '7' current modes; known:"), std::string::npos);
  EXPECT_NE(complaint(2, "disc\t2\t", "point\t0\t").find("is a point, which has no contact impedance"),
            std::string::npos)
      << complaint(2, "disc\t2\t", "point\t0\t");
}

TEST(ElectrodeContact, OfADigitisedTableOverridesThatOfTheGrid) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "p.tsv") << "name\tx\ty\tz\tcoordinate_system\ttype\tmaterial\timpedance\tgroup\n"
                                     "A\t40\t0\t-20\tanatomy\tEMG\tn/a\t4\tg\n"
                                     "B\t40\t0\t20\tanatomy\tEMG\tn/a\tn/a\tg\n"
                                     "R\t-40\t0\t20\tanatomy\tREF\tn/a\tn/a\tg\n";
  const Surface skin = test::cylinder_surface(40e-3, 160e-3, 4e-3);
  GridOptions options = test::grid(1, 1);
  options.layout = GridLayoutKind::positions;
  options.positions_file = folder / "p.tsv";
  options.touch = {ElectrodeModel::complete, 0.1, 3};
  const auto laid = lay_electrodes({skin, z_axis, {}, 0}, options).electrodes;
  ASSERT_EQ(laid.size(), 2u);
  EXPECT_NEAR(laid[0].contact_impedance, 4e3 * M_PI * 4e-6, 1e-12);
  EXPECT_EQ(laid[1].contact_impedance, 0.1);
  EXPECT_EQ(laid[0].current_modes, 3);
  // Two digitised discs on each other.
  std::ofstream(folder / "p.tsv") << "name\tx\ty\tz\tcoordinate_system\ttype\n"
                                     "A\t40\t0\t-20\tanatomy\tEMG\nB\t40\t0\t-17\tanatomy\tEMG\n";
  const auto message = test::message_of<InputError>([&] { lay_electrodes({skin, z_axis, {}, 0}, options); });
  EXPECT_NE(message.find("-17.0) mm overlaps electrode 'A' at (39.9"), std::string::npos) << message;
}

TEST(ElectrodeContact, AReferenceOnARecordingPatchIsRefused) {
  ElectrodeArray array = complete_row();
  array.reference.position = array.electrodes[1].position + Eigen::Vector3d(0, 0, 1e-3);
  array.reference.normal = array.electrodes[1].normal;
  array.reference.along = array.electrodes[1].along;
  auto all = array.electrodes;
  all.push_back(array.reference);
  const auto message = test::message_of<InputError>([&] { require_apart(all); });
  EXPECT_NE(message.find("electrode 'REF'"), std::string::npos) << message;
  EXPECT_NE(message.find("overlaps electrode 'grid1_r0"), std::string::npos) << message;
}

}  // namespace
}  // namespace bmiss
