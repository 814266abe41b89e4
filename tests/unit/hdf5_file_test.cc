#include "base/hdf5_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

TEST(Hdf5File, RoundTripWithUnits) {
  const test::ScratchFolder folder;
  const std::string path = folder / "a.h5";
  {
    Hdf5File file(path, Hdf5File::Mode::create);
    file.set_attribute("/", "format", "test");
    file.create_dataset<double>("/group/rows", {3, 4}, "V/A", "a matrix", {1, 4});
    const std::vector<double> row{1, 2, 3, 4};
    file.write("/group/rows", row.data(), {1, 0}, {1, 4});
    file.write_all<int>("/labels", {7, 8}, {2}, "1", "labels");
    file.write_names("/names", {"E1", "électrode"}, "electrodes");
    EXPECT_FALSE(std::filesystem::exists(path));
    file.finish();
  }
  const Hdf5File file(path, Hdf5File::Mode::read);
  EXPECT_EQ(file.text_attribute("/", "format"), "test");
  EXPECT_EQ(file.text_attribute("/group/rows", "unit"), "V/A");
  EXPECT_EQ(file.shape("/group/rows"), (std::vector<std::size_t>{3, 4}));
  std::vector<double> row(4);
  file.read("/group/rows", row.data(), {1, 0}, {1, 4});
  EXPECT_EQ(row, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(file.read_all<int>("/labels"), (std::vector<int>{7, 8}));
  EXPECT_EQ(file.read_names("/names"), (std::vector<std::string>{"E1", "électrode"}));
  EXPECT_FALSE(file.exists("/nothing/here"));
}

TEST(Hdf5File, UnfinishedFileLeavesNothing) {
  const test::ScratchFolder folder;
  { Hdf5File file(folder / "a.h5", Hdf5File::Mode::create); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Hdf5File, RefusesWhatIsNotHdf5) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "a.h5") << "plain text";
  EXPECT_NE(test::message_of<InputError>([&] { Hdf5File(folder / "a.h5", Hdf5File::Mode::read); }).find("HDF5"),
            std::string::npos);
}

}  // namespace
}  // namespace bmiss

int main(int argc, char** argv) {
  bmiss::MpiSession session(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
