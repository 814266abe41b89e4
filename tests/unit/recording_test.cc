#include <edflib.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>

#include "base/errors.h"
#include "recording/bids_sidecars.h"
#include "recording/edf_file.h"
#include "recording/recording_file.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

namespace fs = std::filesystem;

const std::string sterno = "data/recordings/sternocleidomastoid/sub-01_task-sternocleidomastoid_run-01_emg";
const std::string sample = "data/recordings/bids_sample/sub-01/emg/sub-01_task-isometric30percentMVC_run-01_emg.edf";

// Channels of unlike amplitude and offset on a 4 mm row.
Recording synthetic(double rate, Eigen::Index n_samples, int n_channels = 5) {
  Recording r;
  r.rate = rate;
  r.power_line = 60;
  r.task = "isometric";
  r.signal.resize(n_channels, n_samples);
  std::mt19937 engine(3);
  std::normal_distribution<double> normal;
  for (int i = 0; i < n_channels; ++i) {
    Channel c;
    c.name = "EMG" + std::to_string(i + 1);
    c.electrode = "E" + std::to_string(i + 1);
    c.reference = "R1";
    c.group = "grid1";
    c.coordinate_system = "anatomy";
    c.position = {0.004 * i, -0.0123, 0.1};
    c.good = i != 1;
    r.channels.push_back(c);
    for (Eigen::Index k = 0; k < n_samples; ++k)
      r.signal(i, k) = std::pow(10.0, -7 + i % 5) * normal(engine) + (i == 2 ? 1e-3 : 0);
  }
  return r;
}

std::string text_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void replace_in(const std::string& path, const std::string& from, const std::string& to) {
  std::string text = text_of(path);
  ASSERT_NE(text.find(from), std::string::npos) << from;
  text.replace(text.find(from), from.size(), to);
  std::ofstream(path, std::ios::binary) << text;
}

// A written recording, to be damaged by a test.
struct Written {
  test::ScratchFolder folder;
  std::string path, stem;
  explicit Written(const Recording& r = synthetic(2048, 3000)) {
    path = write_bids_recording(r, folder.path(), {});
    stem = path.substr(0, path.size() - std::string("emg.edf").size());
  }
  std::string message() const {
    return test::message_of<InputError>([&] { read_recording(path); });
  }
};

#define EXPECT_SAYS(message, text) EXPECT_NE((message).find(text), std::string::npos) << (message)

class AnyRate : public testing::TestWithParam<double> {};

// 2048, 2000, 1000, 10240, 4096 Hz: amplifiers of PHYSICS.md; 1925.93, 2148.15, 2222.22 Hz: Delsys Trigno, on no grid
// of EDF.
TEST_P(AnyRate, EdfRoundTripKeepsEverySampleWithinHalfAStep) {
  for (const Eigen::Index n : {1, 7, 4099, 20000}) {
    const Recording r = synthetic(GetParam(), n);
    const Written w(r);
    const Recording back = read_recording(w.path);
    EXPECT_TRUE(back.warnings.empty()) << back.warnings.front();
    ASSERT_EQ(back.signal.cols(), n);
    EXPECT_NEAR(back.rate, r.rate, 1e-9);
    for (Eigen::Index i = 0; i < r.signal.rows(); ++i) {
      const double extent = r.signal.row(i).maxCoeff() - r.signal.row(i).minCoeff();
      const EdfRange range =
          edf_range(r.signal.row(i),
                    w.path.back() == 'f' && w.path[w.path.size() - 3] == 'e' ? EdfBits::sixteen : EdfBits::twenty_four);
      const double error = (back.signal.row(i) - r.signal.row(i)).cwiseAbs().maxCoeff();
      EXPECT_LE(error, 0.5 * range.step * (1 + 1e-6)) << "channel " << i << " of " << n << " samples";
      if (n > 1) {
        EXPECT_LE(range.step, 1e-4 * extent);
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Rates, AnyRate,
                         testing::Values(2048, 2000, 1000, 10240, 4096, 52000.0 / 27, 58000.0 / 27, 20000.0 / 9, 40));

TEST(BidsRecording, RoundTripKeepsChannelsAndPositions) {
  const Recording r = synthetic(2048, 500);
  const Written w(r);
  const Recording back = read_recording(w.path);
  ASSERT_EQ(back.channels.size(), r.channels.size());
  EXPECT_EQ(back.power_line, 60);
  EXPECT_EQ(back.task, "isometric");
  EXPECT_EQ(back.source, w.path);
  for (std::size_t i = 0; i < r.channels.size(); ++i) {
    EXPECT_EQ(back.channels[i].name, r.channels[i].name);
    EXPECT_EQ(back.channels[i].electrode, r.channels[i].electrode);
    EXPECT_EQ(back.channels[i].reference, "R1");
    EXPECT_EQ(back.channels[i].group, "grid1");
    EXPECT_EQ(back.channels[i].good, i != 1);
    EXPECT_LE((back.channels[i].position - r.channels[i].position).norm(), 1e-12);
  }
}

TEST(BidsRecording, UnknownPositionsAndLineFrequencyStayUnknown) {
  Recording r = synthetic(2048, 500);
  r.power_line = std::nan("");
  for (auto& channel : r.channels) channel.position.setConstant(std::nan(""));
  const Written w(r);
  const Recording back = read_recording(w.path);
  EXPECT_TRUE(std::isnan(back.power_line));
  EXPECT_TRUE(back.channels[0].position.hasNaN());
  ASSERT_EQ(back.warnings.size(), 1u);
  EXPECT_SAYS(back.warnings[0], "5 EMG channels have no position");
}

TEST(BidsRecording, SameDataGiveTheSameFileAndNothingElse) {
  const Written a, b;
  EXPECT_EQ(text_of(a.path), text_of(b.path));
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(a.folder.path()))
    if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), a.folder.path()).string());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names,
            (std::vector<std::string>{
                "dataset_description.json", "sub-01/emg/sub-01_electrodes.tsv",
                "sub-01/emg/sub-01_space-anatomy_coordsystem.json", "sub-01/emg/sub-01_task-isometric_channels.tsv",
                "sub-01/emg/sub-01_task-isometric_emg.edf", "sub-01/emg/sub-01_task-isometric_emg.json"}));
}

TEST(BidsRecording, SidecarsCarryTheRequiredFieldsOfBids) {
  const Written w;
  const std::string json = text_of(w.stem + "emg.json");
  // EMG-BIDS 1.11, rules/sidecars/emg.yaml: required fields.
  for (const std::string key :
       {"EMGPlacementScheme", "EMGReference", "SamplingFrequency", "PowerLineFrequency", "SoftwareFilters", "TaskName"})
    EXPECT_SAYS(json, "\"" + key + "\"");
  EXPECT_SAYS(json, "LargestQuantizationStepMicrovolts");
  EXPECT_EQ(text_of(w.stem + "channels.tsv").rfind("name\ttype\tunits\t", 0), 0u);
  EXPECT_EQ(
      text_of(fs::path(w.path).parent_path() / "sub-01_electrodes.tsv").rfind("name\tx\ty\tz\tcoordinate_system\t", 0),
      0u);
}

// A 2 uV signal under a 0.2 V artefact: 16 bits would leave a step of 3 uV.
TEST(BidsRecording, TakesTwentyFourBitsWhereTheDynamicDemandsThem) {
  Recording r = synthetic(2000, 6000, 1);
  r.signal *= 20;
  r.signal(0, 17) = 0.2;
  const Written w(r);
  EXPECT_EQ(fs::path(w.path).extension(), ".bdf");
  const Recording back = read_recording(w.path);
  EXPECT_LE((back.signal - r.signal).cwiseAbs().maxCoeff(), 0.5 * 0.2001 / 16777215 * 1.001);
}

TEST(BidsRecording, FlatChannelsAreWritten) {
  Recording r = synthetic(2000, 100, 3);
  r.signal.row(0).setZero();
  r.signal.row(1).setConstant(12.5e-6);
  const Written w(r);
  const Recording back = read_recording(w.path);
  EXPECT_LE(back.signal.row(0).cwiseAbs().maxCoeff(), 2e-6 / 65535);
  EXPECT_LE((back.signal.row(1).array() - 12.5e-6).abs().maxCoeff(), 2e-6 / 65535);
}

TEST(BidsRecording, RecordsAreExactOnTheGridOfEdf) {
  EXPECT_EQ(edf_record_length(2048, 2048 * 30, 64) % 64, 0);  // 64 samples are 31.25 ms, a multiple of 10 us
  EXPECT_EQ(32626 % edf_record_length(2000, 32626, 32), 0);   // 11 x 2966: no padding
  EXPECT_EQ(edf_record_length(2048, 1, 1), 64);
}

TEST(BidsRecording, WriterRefusesWhatCannotBeStored) {
  const test::ScratchFolder folder;
  Recording r = synthetic(2000, 100);
  const auto message = [&](const BidsName& name = {}) {
    return test::message_of<InputError>([&] { write_bids_recording(r, folder.path(), name); });
  };
  EXPECT_SAYS(message({"0 1", "hold"}), "subject '0 1'");
  EXPECT_SAYS(message({"01", "hold_30"}), "task 'hold_30'");
  r.signal(3, 7) = std::nan("");
  EXPECT_SAYS(message(), "'EMG4' holds a value that is not finite");
  r.signal(3, 7) = 0;
  r.channels[1].name = "EMG1";
  EXPECT_SAYS(message(), "a name of its own");
  r.channels.pop_back();
  EXPECT_SAYS(message(), "4 channels and 5 rows");
  EXPECT_TRUE(fs::is_empty(folder.path())) << "a refused recording leaves nothing";
}

TEST(BidsRecording, ElectrodesOfAnotherRecordingAreNotOverwritten) {
  const test::ScratchFolder folder;
  Recording r = synthetic(2000, 100);
  write_bids_recording(r, folder.path(), {"01", "a"});
  write_bids_recording(r, folder.path(), {"01", "b"});
  r.channels[0].position[0] += 1e-3;
  EXPECT_SAYS(test::message_of<InputError>([&] {
                write_bids_recording(r, folder.path(), {"01", "b"});
              }),
              "other electrodes");
  EXPECT_NO_THROW(write_bids_recording(r, folder.path(), {"02", "b"}));
}

TEST(BidsRecording, NamesEveryMissingSidecar) {
  const Written w;
  const std::string folder = fs::path(w.path).parent_path().string();
  fs::remove(w.stem + "channels.tsv");
  fs::remove(folder + "/sub-01_electrodes.tsv");
  EXPECT_SAYS(w.message(), "has no sub-01_electrodes.tsv and no sub-01_task-isometric_channels.tsv; EMG-BIDS keeps");
  const Written v;
  fs::remove(v.stem + "emg.json");
  fs::remove(fs::path(v.path).parent_path() / "sub-01_space-anatomy_coordsystem.json");
  EXPECT_SAYS(v.message(), "has no sub-01_space-anatomy_coordsystem.json and no sub-01_task-isometric_emg.json;");
}

// BIDS, common principles: sidecars above apply, the nearest has the last word, those of other entities do not.
TEST(BidsRecording, SidecarsAreInherited) {
  const Written w;
  const std::string folder = w.folder.path();
  std::ofstream(folder + "/emg.json") << R"({"PowerLineFrequency": 50, "SamplingFrequency": 99})";
  std::ofstream(folder + "/task-other_emg.json") << R"({"PowerLineFrequency": 17})";
  replace_in(w.stem + "emg.json", "\"PowerLineFrequency\": 60.0,", "");
  EXPECT_EQ(read_recording(w.path).power_line, 50);
  fs::rename(w.stem + "channels.tsv", folder + "/task-isometric_channels.tsv");
  EXPECT_EQ(read_recording(w.path).channels.size(), 5u);
}

TEST(BidsRecording, RefusesWrongSidecars) {
  const struct {
    std::string file, from, to, message;
  } cases[] = {
      {"channels.tsv", "\tE3\t", "\tE33\t",
       "line 4: channel 'EMG3' has electrode 'E33', which is not in electrodes.tsv; known: E3"},
      {"channels.tsv", "EMG3\tEMG\tuV", "EMG3\tEMG\tmm", "EMG channel 'EMG3' has the unit 'mm'; give V, mV, uV or nV"},
      {"channels.tsv", "\tbad", "\tbroken", "status is 'broken'"},
      {"channels.tsv", "EMG3\tEMG\tuV\t2048", "EMG3\tEMG\tuV\t1024",
       "'EMG3' is sampled at 2048 Hz by the file but at 1024 Hz"},
      {"channels.tsv", "EMG5", "OTHER\tMISC\tuV\t2048\tE1\tR1\tgrid1\tgood\nEMG5",
       "lists 6 channels, among them 'OTHER'"},
      {"emg.json", "2048.0", "\"2048\"", "'SamplingFrequency' is \"2048\", which is not a number"},
      {"emg.json", "{", "", "is not valid JSON"},
      {"../emg/sub-01_space-anatomy_coordsystem.json", "\"mm\"", "\"inch\"", "EMGCoordinateUnits is 'inch'"}};
  for (const auto& c : cases) {
    const Written w;
    const std::string file =
        c.file[0] == '.' ? fs::path(w.path).parent_path().string() + "/" + c.file : w.stem + c.file;
    replace_in(file, c.from, c.to);
    EXPECT_SAYS(w.message(), c.message);
  }
  const Written w;
  std::string text = text_of(w.stem + "channels.tsv");
  for (std::size_t at = text.find("\tEMG\t"); at != std::string::npos; at = text.find("\tEMG\t"))
    text.replace(at, 5, "\tMISC\t");
  std::ofstream(w.stem + "channels.tsv") << text;
  EXPECT_SAYS(w.message(), "no channel of type EMG");
}

// Two signals of 64 and 32 samples in records of 31.25 ms.
TEST(BidsRecording, RefusesUnequalRatesOfEmgChannels) {
  const Written w(synthetic(2048, 640, 2));
  const int file = edfopen_file_writeonly(w.path.c_str(), EDFLIB_FILETYPE_EDFPLUS, 2);
  ASSERT_EQ(edf_set_datarecord_duration(file, 3125), 0);
  for (int i = 0; i < 2; ++i) {
    edf_set_samplefrequency(file, i, 64 / (i + 1));
    edf_set_physical_maximum(file, i, 1);
    edf_set_physical_minimum(file, i, -1);
    edf_set_digital_maximum(file, i, 100);
    edf_set_digital_minimum(file, i, -100);
    edf_set_physical_dimension(file, i, "uV");
    edf_set_label(file, i, i == 0 ? "EMG1" : "EMG2");
  }
  std::vector<int> digits(64, 5);
  for (int record = 0; record < 10; ++record)
    for (int i = 0; i < 2; ++i) ASSERT_EQ(edfwrite_digital_samples(file, digits.data()), 0);
  edfclose_file(file);
  EXPECT_SAYS(w.message(), "EMG channels 'EMG1' and 'EMG2' are sampled at 2048 and 1024 Hz");
  replace_in(w.stem + "channels.tsv", "EMG2\tEMG", "EMG2\tMISC");  // beside EMG any rate may be
  const Recording r = read_recording(w.path);
  EXPECT_EQ(r.signal.rows(), 1);
  EXPECT_EQ(r.other_channels, std::vector<std::string>{"EMG2 (MISC)"});
  EXPECT_NEAR(r.signal(0, 600), 0.05e-6, 1e-15);
}

// BIDS asks for the order of the file, but labels are what counts.
TEST(BidsRecording, ChannelsAreMatchedByLabel) {
  const Written w;
  const Recording before = read_recording(w.path);
  std::string text = text_of(w.stem + "channels.tsv");
  const std::size_t last = text.rfind("EMG5"), second = text.find("EMG2");
  const std::string line = text.substr(last);
  text = text.substr(0, second) + line + text.substr(second, last - second);
  std::ofstream(w.stem + "channels.tsv", std::ios::binary) << text;
  const Recording after = read_recording(w.path);
  EXPECT_EQ(after.channels[1].name, "EMG5");
  EXPECT_EQ(after.signal.row(1), before.signal.row(4));
}

TEST(BidsRecording, WarnsOfUnitsThatDisagreeAndTakesTheHeaders) {
  const Written w;
  const Recording before = read_recording(w.path);
  replace_in(w.stem + "channels.tsv", "EMG3\tEMG\tuV", "EMG3\tEMG\tmV");
  const Recording after = read_recording(w.path);
  ASSERT_EQ(after.warnings.size(), 1u);
  EXPECT_SAYS(after.warnings[0], "'EMG3': channels.tsv says mV, the header uV");
  EXPECT_EQ(after.signal, before.signal);
}

TEST(BidsRecording, CentimetresAndMetresAreConverted) {
  const Written w;
  replace_in(fs::path(w.path).parent_path() / "sub-01_space-anatomy_coordsystem.json", "\"mm\"", "\"cm\"");
  EXPECT_NEAR(read_recording(w.path).channels[1].position[0], 0.04, 1e-12);
}

TEST(EdfFile, SaysWhyAFileIsRefused) {
  const struct {
    std::size_t offset;
    std::string bytes, message;
  } cases[] = {{0, "1       ", "its first eight bytes are '1       '"},
               {236, "-1      ", "never closed"},
               {252, "abcd", "'abcd' as the number of signals"},
               {170, "-", "its start date and time"},
               {40, "\x01", "byte 40 of its header is no printable ASCII"},
               {244, "x       ", "'x       ' as the duration"}};
  for (const auto& c : cases) {
    const Written w;
    std::string bytes = text_of(w.path);
    bytes.replace(c.offset, c.bytes.size(), c.bytes);
    std::ofstream(w.path, std::ios::binary) << bytes;
    EXPECT_SAYS(w.message(), c.message);
  }
  const Written w;
  const std::string bytes = text_of(w.path);
  std::ofstream(w.path, std::ios::binary) << bytes.substr(0, bytes.size() - 1000);
  EXPECT_SAYS(w.message(), "it is cut off");
  std::ofstream(w.path, std::ios::binary) << bytes.substr(0, 100);
  EXPECT_SAYS(w.message(), "shorter than the 256 bytes of a header");
  std::ofstream(w.path, std::ios::binary) << bytes.substr(0, 900);
  EXPECT_SAYS(w.message(), "ends inside the headers of its signals");
}

TEST(ReadRecording, RefusesOtherFiles) {
  const test::ScratchFolder folder;
  EXPECT_SAYS(test::message_of<InputError>([&] { read_recording(folder / "no.edf"); }), "does not exist");
  std::ofstream(folder / "a.csv") << "1,2";
  EXPECT_SAYS(test::message_of<InputError>([&] { read_recording(folder / "a.csv"); }), "extension '.csv'");
}

// DATA.md: 32 channels (8 x 4, 10 mm), 16.3 s at 2000 Hz, rms 26 uV.
TEST(RealRecording, SternocleidomastoidHasItsPublishedFacts) {
  BMISS_NEEDS_DATA(sterno + ".edf");
  const Recording r = read_recording(test::shared_path(sterno + ".edf"));
  EXPECT_EQ(r.channels.size(), 32u);
  EXPECT_EQ(r.rate, 2000);
  EXPECT_EQ(r.signal.cols(), 32626);
  EXPECT_NEAR(r.duration(), 16.313, 1e-9);
  EXPECT_NEAR(std::sqrt(r.signal.array().square().mean()) * 1e6, 26, 0.5);
  EXPECT_EQ(r.channels[9].electrode, "E10");
  EXPECT_LE((r.channels[9].position - Eigen::Vector3d(0.01, 0.01, 0)).norm(), 1e-12);
  EXPECT_EQ(r.power_line, 50);
  EXPECT_TRUE(r.warnings.empty());
}

TEST(RealRecording, EdfAndMatHoldTheSameSignal) {
  BMISS_NEEDS_DATA(sterno + ".edf");
  const Recording edf = read_recording(test::shared_path(sterno + ".edf"));
  const Recording mat = read_recording(test::shared_path(sterno + ".mat"));
  ASSERT_EQ(edf.signal.rows(), mat.signal.rows());
  ASSERT_EQ(edf.signal.cols(), mat.signal.cols());
  EXPECT_EQ(mat.rate, 2000);
  EXPECT_TRUE(std::isnan(mat.power_line));
  const double step = 300e-6 / 65535;  // headers reach from about -180 to 120 uV
  EXPECT_LE((edf.signal - mat.signal).cwiseAbs().maxCoeff(), step);
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(edf.channels[i].electrode, mat.channels[i].electrode);
    EXPECT_LE((edf.channels[i].position - mat.channels[i].position).norm(), 1e-12);
  }
}

TEST(RealRecording, BidsSampleIsReadWithItsConflictOfUnits) {
  BMISS_NEEDS_DATA(sample);
  const Recording r = read_recording(test::shared_path(sample));
  EXPECT_EQ(r.channels.size(), 13u);
  EXPECT_EQ(r.signal.cols(), 40 * 2048);
  EXPECT_EQ(r.task, "isometric30percentMVC");
  EXPECT_EQ(r.other_channels, (std::vector<std::string>{"Torque (MISC)"}));
  EXPECT_LE((r.channels[12].position - Eigen::Vector3d(0.012, 0.008, 0.012)).norm(), 1e-12);
  EXPECT_EQ(r.channels[0].coordinate_system, "grid1");
  ASSERT_EQ(r.warnings.size(), 1u);
  EXPECT_SAYS(r.warnings[0], "the units of 13 channels disagree");
  EXPECT_NEAR(r.signal.maxCoeff(), 1e-3, 1e-6);  // the header's mV
}

}  // namespace
}  // namespace bmiss
