// Label maps that cannot be used, and the sentence that each gets.
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <limits>
#include <random>

#include "anatomy/label_map.h"
#include "base/errors.h"
#include "support/nifti_bytes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

class LabelMapFaults : public ::testing::Test {
protected:
  LabelMapFaults() { image_.voxels = test::counting_voxels(24); }

  // Reads the file, which must fail, name the file, and leave stderr alone.
  std::string complaint(const std::string& name) {
    ::testing::internal::CaptureStderr();
    const auto message = test::message_of<InputError>([&] { read_label_map(folder_ / name); });
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    EXPECT_NE(message.find(name), std::string::npos) << message;
    return message;
  }
  std::string complaint_about_image() {
    image_.write(folder_ / "map.nii");
    return complaint("map.nii");
  }
  void write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  std::string compressed(const std::string& bytes) {
    const std::string path = folder_ / "scratch.gz";
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void make_hard_to_compress() {
    image_.size = {40, 30, 20};
    image_.voxels.resize(24000);
    std::minstd_rand generator(1);
    for (double& v : image_.voxels) v = static_cast<double>(generator() % 97);
  }
  static void expect_part(const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message << "\n  lacks: " << part;
  }

  test::ScratchFolder folder_;
  test::NiftiBytes image_;
};

TEST_F(LabelMapFaults, MissingFile) {
  expect_part(complaint("none.nii.gz"), "the label map does not exist; check the path");
}

TEST_F(LabelMapFaults, Folder) {
  std::filesystem::create_directory(folder_ / "dicom");
  expect_part(complaint("dicom"), "not a regular file");
}

TEST_F(LabelMapFaults, NotANiftiFile) {
  write("empty.nii", "");
  write("text.nii", "this is a text file, not an image\n");
  write("noise.nii.gz", compressed(std::string(5000, 'x')));
  write("image.nrrd", "NRRD0004\n");
  for (const char* name : {"empty.nii", "text.nii", "noise.nii.gz", "image.nrrd"})
    expect_part(complaint(name),
                "is not a NIfTI file, or breaks off within its header; give a label map as .nii or .nii.gz");
}

// A valid file under a name that libnifti does not know must not make it read another file beside it.
TEST_F(LabelMapFaults, ForeignEndingBesideAnotherImage) {
  image_.write(folder_ / "map.img.nii");
  image_.write(folder_ / "map.dat");
  expect_part(complaint("map.dat"), "is not a NIfTI file");
}

TEST_F(LabelMapFaults, TruncatedHeader) {
  write("map.nii", image_.bytes().substr(0, 200));
  expect_part(complaint("map.nii"), "is not a NIfTI file");
}

TEST_F(LabelMapFaults, TruncatedPlainFile) {
  const std::string bytes = image_.bytes();
  write("map.nii", bytes.substr(0, bytes.size() - 5));
  expect_part(complaint("map.nii"),
              "the file is truncated: the header announces 24 bytes of voxels but only 19 could be read");
}

TEST_F(LabelMapFaults, TruncatedGzip) {
  make_hard_to_compress();
  const std::string bytes = compressed(image_.bytes());
  for (const double part : {0.3, 0.7, 0.99}) {
    write("map.nii.gz", bytes.substr(0, static_cast<std::size_t>(part * static_cast<double>(bytes.size()))));
    expect_part(complaint("map.nii.gz"), "the file is truncated: the header announces 24000 bytes of voxels");
  }
}

// The voxels are all there, but the checksum behind them is not.
TEST_F(LabelMapFaults, GzipWithoutItsEnd) {
  const std::string bytes = compressed(image_.bytes());
  write("map.nii.gz", bytes.substr(0, bytes.size() - 6));
  expect_part(complaint("map.nii.gz"), "the file is truncated");
}

TEST_F(LabelMapFaults, DamagedGzip) {
  make_hard_to_compress();
  std::string bytes = compressed(image_.bytes());
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] + 1);  // the checksum
  write("map.nii.gz", bytes);
  expect_part(complaint("map.nii.gz"), "the compressed data are damaged");
}

TEST_F(LabelMapFaults, AbsurdSizeIsFoundBeforeMemoryIsAsked) {
  image_.version = 2;
  image_.size = {1000000, 1000000, 1000000};
  expect_part(complaint_about_image(), "the file is truncated");
}

// A number of dimensions beyond 7 makes libnifti overrun its stack; it must not get to see the file.
TEST_F(LabelMapFaults, NonsensicalNumberOfDimensions) {
  const struct {
    int version;
    std::size_t place;
  } cases[] = {{1, 40}, {2, 16}};  // dim[0]
  for (const auto& c : cases)
    for (const char count : {0, 8, 120, -5}) {
      image_.version = c.version;
      std::string bytes = image_.bytes();
      bytes[c.place] = count;
      if (c.version == 2) bytes[c.place + 2] = count;
      write("map.nii", bytes);
      expect_part(complaint("map.nii"), "is not a NIfTI file");
    }
}

TEST_F(LabelMapFaults, FourDimensions) {
  image_.size = {4, 3, 2, 6};
  image_.voxels = test::counting_voxels(144);
  expect_part(complaint_about_image(), "the image has 6 volumes (4 x 3 x 2 x 6), but a label map is one 3-D volume");
}

TEST_F(LabelMapFaults, OneSlice) {
  image_.size = {6, 4, 1};
  expect_part(complaint_about_image(), "the image is not 3-D (6 x 4 x 1 voxels)");
  image_.size = {6, 4};
  expect_part(complaint_about_image(), "the image is not 3-D (6 x 4 voxels)");
}

TEST_F(LabelMapFaults, FractionalLabels) {
  image_.datatype = 16;
  image_.voxels[17] = 2.5;  // voxel (1, 1, 1) of 4 x 3 x 2
  expect_part(complaint_about_image(), "voxel (1, 1, 1) holds 2.5, but labels are whole numbers");
}

TEST_F(LabelMapFaults, FractionalAfterScaling) {
  image_.slope = 0.5;
  expect_part(complaint_about_image(), "voxel (1, 0, 0) holds 0.5, but labels are whole numbers");
}

TEST_F(LabelMapFaults, NotANumber) {
  for (const int type : {16, 64}) {
    image_.datatype = type;
    image_.voxels[23] = std::numeric_limits<double>::quiet_NaN();
    expect_part(complaint_about_image(), "voxel (3, 2, 1) is not a number (NaN); set voxels outside the body to 0");
  }
}

TEST_F(LabelMapFaults, InfiniteAndNegativeAndTooLarge) {
  const struct {
    double value;
    const char* shown;
  } cases[] = {{std::numeric_limits<double>::infinity(), "holds inf"}, {-3, "holds -3"}, {4e9, "holds 4000000000"}};
  for (const auto& c : cases) {
    image_.datatype = 64;
    image_.voxels[4] = c.value;
    expect_part(complaint_about_image(), std::string("voxel (0, 1, 0) ") + c.shown);
  }
}

TEST_F(LabelMapFaults, IntensityImage) {
  image_.datatype = 4;
  image_.size = {20, 20, 10};
  image_.voxels = test::counting_voxels(4000);
  expect_part(complaint_about_image(), "more than 1000 different values; this looks like an intensity image");
}

TEST_F(LabelMapFaults, ColourImage) {
  image_.datatype = 128;
  expect_part(complaint_about_image(), "voxels of type RGB24 cannot be labels");
}

TEST_F(LabelMapFaults, OnlyBackground) {
  image_.voxels.assign(24, 0);
  expect_part(complaint_about_image(), "every voxel is 0 (background); give a label map with tissues");
}

TEST_F(LabelMapFaults, HeaderInMetresDeclaredMillimetres) {
  image_.spacing = {0.001, 0.001, 0.003};
  expect_part(complaint_about_image(),
              "voxels of 0.001 x 0.001 x 0.003 mm are implausible for a limb (voxel sizes in mm); the header "
              "probably means m: correct its unit field");
  image_.sform_code = 1;
  image_.sform = {1500, 0, 0, 0, 0, 1500, 0, 0, 0, 0, 1500, 0};
  expect_part(complaint_about_image(),
              "voxels of 1500 x 1500 x 1500 mm are implausible for a limb (sform in mm); the header probably means um");
}

TEST_F(LabelMapFaults, NoVoxelSize) {
  for (const int version : {1, 2})
    for (const double size : {0.0, std::numeric_limits<double>::quiet_NaN()}) {
      image_.version = version;
      image_.spacing = {1, size, 1};
      expect_part(complaint_about_image(), "the header gives no voxel size");
    }
}

TEST_F(LabelMapFaults, DegenerateOrientation) {
  image_.sform_code = 1;
  image_.sform = {1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0};
  expect_part(complaint_about_image(), "the orientation in the header (sform) is degenerate");
  image_.sform = {};
  expect_part(complaint_about_image(), "the orientation in the header (sform) is degenerate");
}

TEST_F(LabelMapFaults, WritingNeedsAKnownEndingAndAFolder) {
  LabelMap map;
  map.size = {2, 2, 2};
  map.labels.assign(8, 1);
  expect_part(test::message_of<InputError>([&] { write_label_map(map, folder_ / "map.img"); }),
              "is written as .nii or .nii.gz");
  expect_part(test::message_of<InputError>([&] { write_label_map(map, folder_ / "none/map.nii"); }),
              "cannot be written (No such file");
  map.size = {40000, 1, 1};
  map.labels.assign(40000, 1);
  expect_part(test::message_of<InputError>([&] { write_label_map(map, folder_ / "map.nii"); }),
              "at most 32767 voxels in a direction, not 40000");
}

}  // namespace
}  // namespace bmiss
