#include <gtest/gtest.h>
#include <matio.h>

#include <cmath>
#include <fstream>

#include "base/errors.h"
#include "recording/recording_file.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

#define EXPECT_SAYS(message, text) EXPECT_NE((message).find(text), std::string::npos) << (message)

matvar_t* variable(const char* name, const Eigen::MatrixXd& m) {
  std::size_t dims[2] = {static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols())};
  return Mat_VarCreate(name, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, dims, const_cast<double*>(m.data()), 0);
}
matvar_t* scalar(const char* name, double value) {
  return variable(name, Eigen::MatrixXd::Constant(1, 1, value));
}
matvar_t* text(const char* name, std::string value) {
  std::size_t dims[2] = {1, value.size()};
  return Mat_VarCreate(name, MAT_C_CHAR, MAT_T_UTF8, 2, dims, value.data(), 0);
}

// 3 x 2 grid without its first electrode, channel i holding i, 2i, 3i, …
matvar_t* cells(const char* name, Eigen::Index n_samples) {
  std::size_t dims[2] = {3, 2};
  matvar_t* grid = Mat_VarCreate(name, MAT_C_CELL, MAT_T_CELL, 2, dims, nullptr, 0);
  for (int i = 0; i < 6; ++i)
    Mat_VarSetCell(grid, i,
                   variable(nullptr, i == 0 ? Eigen::MatrixXd(0, 0)
                                            : Eigen::MatrixXd(
                                                  i * Eigen::RowVectorXd::LinSpaced(n_samples, 1, double(n_samples)))));
  return grid;
}

class BothVersions : public testing::TestWithParam<mat_ft> {
protected:
  std::string write(const std::vector<matvar_t*>& variables) {
    const std::string path = folder_ / "a.mat";
    std::filesystem::remove(path);
    mat_t* file = Mat_CreateVer(path.c_str(), nullptr, GetParam());
    for (matvar_t* v : variables) {
      Mat_VarWrite(file, v, MAT_COMPRESSION_NONE);
      Mat_VarFree(v);
    }
    Mat_Close(file);
    return path;
  }
  std::string refusal(const std::vector<matvar_t*>& variables) {
    const std::string path = write(variables);
    return test::message_of<InputError>([&] { read_recording(path); });
  }
  test::ScratchFolder folder_;
};

TEST_P(BothVersions, MatrixIsChannelsByTime) {
  const Eigen::MatrixXd values = Eigen::MatrixXd::Random(4, 50);
  for (const bool transposed : {false, true}) {
    const Recording r = read_recording(
        write({variable("data", transposed ? Eigen::MatrixXd(values.transpose()) : values), scalar("fsamp", 2048),
               text("unit", "mV"), scalar("grid_rows", 2), scalar("grid_cols", 2), scalar("ied_mm", 8)}));
    EXPECT_EQ(r.rate, 2048);
    EXPECT_LE((r.signal - values * 1e-3).cwiseAbs().maxCoeff(), 1e-18);
    EXPECT_LE((r.channels[1].position - Eigen::Vector3d(0, 0.008, 0)).norm(), 1e-15);  // down the first column
    EXPECT_LE((r.channels[2].position - Eigen::Vector3d(0.008, 0, 0)).norm(), 1e-15);
    EXPECT_TRUE(r.warnings.empty());
  }
}

TEST_P(BothVersions, CellGridLeavesOutMissingElectrodes) {
  const Recording r = read_recording(write({cells("SIG", 20), scalar("fsamp", 2000), scalar("IED", 4)}));
  ASSERT_EQ(r.channels.size(), 5u);
  EXPECT_DOUBLE_EQ(r.signal(0, 0), 1e-6);
  EXPECT_DOUBLE_EQ(r.signal(4, 19), 100e-6);
  EXPECT_LE((r.channels[0].position - Eigen::Vector3d(0, 0.004, 0)).norm(), 1e-15);
  EXPECT_LE((r.channels[2].position - Eigen::Vector3d(0.004, 0, 0)).norm(), 1e-15);
  ASSERT_EQ(r.warnings.size(), 1u);
  EXPECT_SAYS(r.warnings[0], "microvolts were assumed");
}

TEST_P(BothVersions, StructWithSignalAndRateIsEntered) {
  const char* fields[] = {"data", "fsamp"};
  std::size_t dims[2] = {1, 1};
  matvar_t* structure = Mat_VarCreateStruct("signal", 2, dims, fields, 2);
  Mat_VarSetStructFieldByName(structure, "data", 0, variable(nullptr, Eigen::MatrixXd::Random(3, 40)));
  Mat_VarSetStructFieldByName(structure, "fsamp", 0, scalar(nullptr, 2048));
  const Recording r = read_recording(write({structure}));
  EXPECT_EQ(r.channels.size(), 3u);
  EXPECT_EQ(r.rate, 2048);
}

TEST_P(BothVersions, ChannelsThatAreNotFiniteAreMarkedBad) {
  Eigen::MatrixXd values = Eigen::MatrixXd::Random(3, 40);
  values(1, 5) = std::nan("");
  const Recording r = read_recording(write({variable("emg", values), scalar("fs", 1000)}));
  EXPECT_FALSE(r.channels[1].good);
  EXPECT_TRUE(r.channels[0].good);
  EXPECT_TRUE(r.signal.allFinite());
}

TEST_P(BothVersions, OtherLayoutsAreRefusedWithTheVariablesFound) {
  EXPECT_SAYS(refusal({variable("samples", Eigen::MatrixXd::Ones(3, 40)), scalar("fsamp", 2048)}), "samples [3 x 40]");
  EXPECT_SAYS(refusal({variable("data", Eigen::MatrixXd::Ones(3, 40)), scalar("hertz", 2048)}),
              "no positive sampling rate");
  EXPECT_SAYS(refusal({variable("data", Eigen::MatrixXd::Ones(3, 40)), scalar("fsamp", 2048), text("unit", "furlong")}),
              "'furlong'");
  EXPECT_SAYS(refusal({text("data", "hello"), scalar("fsamp", 2048)}), "no matrix or cell grid");
  matvar_t* uneven = cells("SIG", 20);
  Mat_VarFree(Mat_VarSetCell(uneven, 3, variable(nullptr, Eigen::MatrixXd::Ones(1, 19))));
  EXPECT_SAYS(refusal({uneven, scalar("fsamp", 2048)}), "cell 4 of 'SIG' is 1 x 19");
}

INSTANTIATE_TEST_SUITE_P(V5AndV73, BothVersions, testing::Values(MAT_FT_MAT5, MAT_FT_MAT73));

TEST(MatRecording, RefusesWhatIsNotMatlab) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "a.mat") << std::string(500, 'x');
  EXPECT_SAYS(test::message_of<InputError>([&] { read_recording(folder / "a.mat"); }), "a.mat");
}

}  // namespace
}  // namespace bmiss
