// Every wrong input is answered by one sentence and exit code 2, and nothing half-written is left behind.
#include <edflib.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "anatomy/electrodes.h"
#include "anatomy/label_map.h"
#include "anatomy/phantom.h"
#include "recording/recording_file.h"
#include "recording/spike_events.h"
#include "support/run_program.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

namespace fs = std::filesystem;
using test::run_bmiss;

// One sentence: a single line that starts with the program's name.
void expect_refused(const test::ProgramResult& result, const std::vector<std::string>& parts) {
  EXPECT_EQ(result.exit_code, 2) << result.output;
  for (const auto& part : parts) EXPECT_TRUE(result.says(part)) << "'" << part << "' is not in: " << result.output;
  const auto at = result.output.rfind("bmiss: ");
  ASSERT_NE(at, std::string::npos) << result.output;
  EXPECT_EQ(result.output.find('\n', at), result.output.size() - 1) << "more than one line: " << result.output;
}

class BadInput : public testing::Test {
protected:
  test::ScratchFolder folder;

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  }
  Phantom small_cylinder() {
    LayeredCylinderPhantom description;
    description.outer_radii = {10e-3, 24e-3, 27e-3, 30e-3};
    description.length = 40e-3;
    description.voxel = 2e-3;
    return make_layered_cylinder(description);
  }
  // Writes a phantom's files and gives the arguments that use them.
  std::string phantom_arguments(const Phantom& phantom) {
    write_label_map(phantom.map, folder / "labels.nii.gz");
    phantom.tissues.write(folder / "tissues.txt");
    return "--out " + (folder / "out") + " --set 'Anatomy/Label map=" + (folder / "labels.nii.gz") +
           "' --set 'Anatomy/Tissue table=" + (folder / "tissues.txt") + "' ";
  }
  test::ProgramResult mesh(const std::string& label_map) {
    const auto phantom = small_cylinder();
    phantom.tissues.write(folder / "tissues.txt");
    return run_bmiss("mesh --out " + (folder / "out") + " --set 'Anatomy/Label map=" + label_map +
                     "' --set 'Anatomy/Tissue table=" + (folder / "tissues.txt") + "'");
  }
  void expect_no_results() {
    for (const char* name : {"mesh.msh", "fibres.h5", "mesh.vtu"})
      EXPECT_FALSE(fs::exists(folder.path() + "/out/" + name)) << name;
  }
};

TEST_F(BadInput, NotANifti) {
  expect_refused(mesh(write("a.nii.gz", "this is text")), {"a.nii.gz", "NIfTI"});
  expect_no_results();
}

TEST_F(BadInput, TruncatedGzip) {
  write_label_map(small_cylinder().map, folder / "whole.nii.gz");
  fs::resize_file(folder / "whole.nii.gz", fs::file_size(folder / "whole.nii.gz") / 2);
  expect_refused(mesh(folder / "whole.nii.gz"), {"whole.nii.gz", "truncated"});
  expect_no_results();
}

TEST_F(BadInput, LabelThatTheTissueTableLacks) {
  Phantom phantom = small_cylinder();
  const std::string arguments = phantom_arguments(phantom);
  phantom.map.labels[phantom.map.labels.size() / 2 + 5] = 77;
  write_label_map(phantom.map, folder / "labels.nii.gz");
  expect_refused(run_bmiss("mesh " + arguments), {"labels.nii.gz", "77"});
  expect_no_results();
}

TEST_F(BadInput, ConductivityNotPositive) {
  const std::string arguments = phantom_arguments(small_cylinder());
  write("tissues.txt", "1 skin skin 0.17\n2 fat fat 0\n3 bone bone 0.02\n4 muscle muscle 0.13 0.56\n");
  expect_refused(run_bmiss("mesh " + arguments), {"tissues.txt, line 2", "0"});
}

TEST_F(BadInput, MeshThatNeedsMoreMemoryThanGiven) {
  expect_refused(run_bmiss("mesh " + phantom_arguments(small_cylinder()) +
                           "--set 'Contour/Edge length=0.1' --set 'Mesh/Memory=1' --set 'Grids='"),
                 {"Edge length' = 0.1 mm", "1.00 GB may be used", "an edge length of", "mm would fit"});
  expect_no_results();
}

TEST_F(BadInput, MeshBelowItsLimits) {
  const auto result = run_bmiss("mesh " + phantom_arguments(small_cylinder()) +
                                "--set 'Contour/Edge length=4' --set 'Mesh/Least dihedral=45' --set 'Grids='");
  EXPECT_EQ(result.exit_code, 3) << result.output;
  EXPECT_TRUE(result.says("'Mesh/Least dihedral' of 45")) << result.output;
  EXPECT_TRUE(result.says("near (")) << result.output;
  expect_no_results();
  EXPECT_TRUE(fs::exists(folder.path() + "/out/mesh_quality.tsv"));
}

TEST_F(BadInput, UnknownParameterKey) {
  const std::string file = write("a.prm", "subsection EMG\n  set Durration = 3\nend\n");
  expect_refused(run_bmiss("run " + file), {"a.prm, line 2", "EMG/Durration", "known: EMG/Duration"});
}

TEST_F(BadInput, GridThatLeavesTheSkin) {
  expect_refused(
      run_bmiss("mesh " + phantom_arguments(small_cylinder()) +
                "--set 'Grids/grid1/Muscle=muscle' --set 'Grids/grid1/Rows=12' --set 'Grids/grid1/Spacing=8'"),
      {"grid1", "skin"});
  expect_no_results();
}

TEST_F(BadInput, GridThatOverlapsItself) {
  expect_refused(
      run_bmiss("mesh " + phantom_arguments(small_cylinder()) +
                "--set 'Grids/grid1/Muscle=muscle' --set 'Grids/grid1/Rows=2' --set 'Grids/grid1/Columns=40' "
                "--set 'Grids/grid1/Spacing=8'"),
      {"grid1", "overlap"});
}

TEST_F(BadInput, MeshInMetresDeclaredAsMillimetres) {
  write("tissues.txt", "1 muscle muscle 0.13 0.56\n");
  const std::string mesh = write("metres.msh", R"($MeshFormat
2.2 0 8
$EndMeshFormat
$PhysicalNames
1
3 1 "muscle"
$EndPhysicalNames
$Nodes
4
1 0 0 0
2 0.1 0 0
3 0 0.1 0
4 0 0 0.1
$EndNodes
$Elements
1
1 4 2 1 1 1 2 3 4
$EndElements
)");
  const std::string arguments = " --out " + (folder / "out") +
                                " --set 'Anatomy/Tissue table=" + (folder / "tissues.txt") +
                                "' --set 'Anatomy/Mesh=" + mesh + "'";
  expect_refused(run_bmiss("mesh" + arguments + " --set 'Anatomy/Mesh unit=mm'"), {"metres.msh", "'m'"});
}

TEST_F(BadInput, EventsThatViolateTheFormat) {
  const std::string good =
      write("good.tsv", "onset\tduration\tsample\tunit_id\tevent_type\n1.0\t0\t2048\t1\tmotor-unit-spike\n");
  const std::string bad =
      write("bad.tsv", "onset\tduration\tsample\tunit_id\tevent_type\n-1.0\t0\t2048\t1\tmotor-unit-spike\n");
  expect_refused(run_bmiss("score " + good + " " + bad), {"bad.tsv, line 2", "onset"});
}

TEST_F(BadInput, OutputFolderThatCannotBeWritten) {
  expect_refused(run_bmiss("phantom --out /proc/bmiss"), {"/proc/bmiss", "output folder"});
  write("taken", "a file");
  expect_refused(run_bmiss("phantom --out " + (folder / "taken")), {"taken", "output folder"});
}

TEST_F(BadInput, UnknownSubcommandAndOption) {
  expect_refused(run_bmiss("mehs"), {"mehs"});
  expect_refused(run_bmiss("run --nonsense"), {"--nonsense"});
}

TEST_F(BadInput, IsToldOnceUnderSeveralRanks) {
  const auto result = run_bmiss("run " + write("a.prm", "set Sead = 1\n"), 2);
  EXPECT_EQ(result.exit_code, 2) << result.output;
  const auto first = result.output.find("bmiss: ");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(result.output.find("bmiss: ", first + 1), std::string::npos) << result.output;
}

class BadRecording : public BadInput {
protected:
  std::string edf;
  void SetUp() override {
    Recording recording;
    recording.rate = 1000;
    for (int i = 0; i < 4; ++i) {
      Channel channel;
      channel.name = "EMG" + std::to_string(i + 1);
      channel.electrode = "E" + std::to_string(i + 1);
      channel.reference = "R1";
      channel.group = "grid1";
      channel.position = Eigen::Vector3d(0.008 * i, 0, 0);
      recording.channels.push_back(channel);
    }
    recording.signal = 1e-5 * Eigen::MatrixXd::Random(4, 2000);
    edf = write_bids_recording(recording, folder / "bids", BidsName());
  }
};

TEST_F(BadRecording, MissingSidecars) {
  for (const auto& entry : fs::recursive_directory_iterator(folder / "bids"))
    if (entry.path().filename().string().find("channels.tsv") != std::string::npos) {
      fs::remove(entry.path());
      break;
    }
  expect_refused(run_bmiss("decompose " + edf + " --out " + (folder / "out")), {"channels.tsv"});
}

TEST_F(BadRecording, DamagedFile) {
  fs::resize_file(edf, 700);
  expect_refused(run_bmiss("decompose " + edf + " --out " + (folder / "out")), {".edf"});
}

TEST_F(BadRecording, UnequalRates) {
  // The same four channels again, the last at half the rate.
  const int file = edfopen_file_writeonly(edf.c_str(), EDFLIB_FILETYPE_EDFPLUS, 4);
  for (int i = 0; i < 4; ++i) {
    edf_set_samplefrequency(file, i, i == 3 ? 500 : 1000);
    edf_set_physical_maximum(file, i, 10);
    edf_set_physical_minimum(file, i, -10);
    edf_set_digital_maximum(file, i, 1000);
    edf_set_digital_minimum(file, i, -1000);
    edf_set_physical_dimension(file, i, "uV");
    edf_set_label(file, i, ("EMG" + std::to_string(i + 1)).c_str());
  }
  std::vector<int> second(1000, 5);
  for (int record = 0; record < 2; ++record)
    for (int i = 0; i < 4; ++i) ASSERT_EQ(edfwrite_digital_samples(file, second.data()), 0);
  edfclose_file(file);
  expect_refused(run_bmiss("decompose " + edf + " --out " + (folder / "out")), {".edf", "EMG4", "1000 and 500 Hz"});
}

TEST_F(BadRecording, NoRecordingNamed) {
  expect_refused(run_bmiss("decompose"), {"no recording"});
  expect_refused(run_bmiss("decompose " + (folder / "absent.edf")), {"absent.edf", "does not exist"});
}

}  // namespace
}  // namespace bmiss
