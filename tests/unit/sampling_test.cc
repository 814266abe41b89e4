// Fields known at nodes, at many points: exactness, errors, memory, and operators kept in files.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <set>

#include "base/errors.h"
#include "base/report.h"
#include "solvers/lead_field/row_reader.h"
#include "solvers/lead_field/sampling_cache.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

// A box of 40 x 40 x 40 mm; label 1 below z = 20 mm, 2 above.
struct TwoLayers {
  TetMesh mesh;
  ElementNodes nodes;
  PointLocator locator;
  explicit TwoLayers(int degree)
      : mesh(test::lattice_mesh(
            4, 8,
            [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
              return 0.02 * Eigen::Vector3d(x[0] + 1, x[1] + 1, 2 * x[2]);
            },
            test::Ends::closed, [](const Eigen::Vector3d& x) { return x[2] < 0.5 ? 1 : 2; })),
        nodes(number_nodes(mesh, degree)),
        locator(mesh.points, mesh.tets, mesh.tet_labels) {}
};

const std::map<int, std::string> names = {{1, "muscle"}, {2, "fat"}};

// Row r at x: a polynomial that elements of this degree hold exactly.
double exact(int degree, std::size_t r, const Eigen::Vector3d& x) {
  const double a = 1 + static_cast<double>(r), linear = a + 50 * x[0] - a * 20 * x[1] + 30 * x[2];
  return degree == 1 ? linear : linear + 900 * x[0] * x[1] - a * 700 * x[2] * x[2] + 200 * x[1] * x[2];
}

struct PolynomialRows {
  const TwoLayers& box;
  mutable std::multiset<std::size_t> read;  // rows, once for each piece
  mutable std::size_t largest_piece = 0;
  RowSource source() const {
    return {box.nodes.n_nodes(), [this](std::size_t row, std::size_t first, std::size_t n, double* values) {
              read.insert(row);
              largest_piece = std::max(largest_piece, n);
              for (std::size_t i = 0; i < n; ++i)
                values[i] = exact(box.nodes.degree, row, box.nodes.points.col(static_cast<Eigen::Index>(first + i)));
            }};
  }
};

Eigen::Matrix3Xd random_points(Eigen::Index n) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(0, 0.04);
  Eigen::Matrix3Xd points(3, n);
  for (Eigen::Index k = 0; k < points.size(); ++k) points.data()[k] = uniform(random);
  return points;
}

Eigen::MatrixXd sampled(const TwoLayers& box, const Eigen::Matrix3Xd& points, const Eigen::MatrixXd& montage,
                        const RowSamplingOptions& options = {}) {
  const PolynomialRows rows{box, {}, 0};
  Eigen::MatrixXd result;
  sample_rows(locate_points({points, {}}, box.locator, box.nodes, names), rows.source(), montage, result, options);
  return result;
}

void expect_exact(int degree, const Eigen::Matrix3Xd& points, const Eigen::MatrixXd& values) {
  ASSERT_EQ(values.cols(), points.cols());
  for (Eigen::Index k = 0; k < points.cols(); ++k)
    for (Eigen::Index r = 0; r < values.rows(); ++r)
      ASSERT_NEAR(values(r, k), exact(degree, static_cast<std::size_t>(r), points.col(k)), 1e-12 * (10.0 + r))
          << points.col(k).transpose();
}

TEST(Sampling, PolynomialsOfTheElementsAreExactAtAnyPoint) {
  for (const int degree : {1, 2})
    for (const Eigen::Index n_rows : {1, 8, 13}) {
      const TwoLayers box(degree);
      const Eigen::Matrix3Xd points = random_points(2000);
      expect_exact(degree, points, sampled(box, points, Eigen::MatrixXd::Identity(n_rows, n_rows)));
    }
}

TEST(Sampling, PointsOnVerticesEdgesAndFacesAreExactToo) {
  const TwoLayers box(2);
  Eigen::Matrix3Xd points(3, 5 * 200 + box.mesh.points.cols());
  std::mt19937 random(5);
  for (Eigen::Index t = 0; t < 200; ++t) {
    const auto& tet = box.mesh.tets[random() % box.mesh.n_tets()];
    const auto v = [&](std::size_t i) -> Eigen::Vector3d { return box.mesh.points.col(tet[i]); };
    points.col(5 * t) = (v(0) + v(1)) / 2;
    points.col(5 * t + 1) = v(2) + 0.3 * (v(3) - v(2));
    points.col(5 * t + 2) = (v(0) + v(1) + v(2)) / 3;
    points.col(5 * t + 3) = 0.2 * v(1) + 0.5 * v(2) + 0.3 * v(3);
    points.col(5 * t + 4) = 0.1 * v(0) + 0.1 * v(2) + 0.8 * v(3);
  }
  points.rightCols(box.mesh.points.cols()) = box.mesh.points;
  expect_exact(2, points, sampled(box, points, Eigen::MatrixXd::Identity(9, 9)));
}

TEST(Sampling, NeitherTheOrderOfThePointsNorTheMemoryChangesABit) {
  const TwoLayers box(2);
  const Eigen::Matrix3Xd points = random_points(3000);
  const Eigen::MatrixXd rows = Eigen::MatrixXd::Identity(21, 21), all = sampled(box, points, rows);
  EXPECT_EQ(sampled(box, points, rows, {1.0}), all) << "8 rows at a time";
  EXPECT_EQ(sampled(box, points.rowwise().reverse(), rows).rowwise().reverse(), all);
  for (int half = 0; half < 2; ++half)
    EXPECT_EQ(sampled(box, points.middleCols(half * 1500, 1500), rows), all.middleCols(half * 1500, 1500));
}

TEST(Sampling, MontagesPickAndCombineRows) {
  const TwoLayers box(2);
  const Eigen::Matrix3Xd points = random_points(1000);
  const Eigen::MatrixXd all = sampled(box, points, Eigen::MatrixXd::Identity(20, 20));
  Eigen::MatrixXd picking = Eigen::MatrixXd::Zero(3, 20);
  picking(0, 17) = picking(1, 2) = picking(2, 17) = 1;
  EXPECT_EQ(sampled(box, points, picking), picking * all);
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  for (const Eigen::Index n_electrodes : {1, 8, 11}) {
    const Eigen::MatrixXd dense = Eigen::MatrixXd::NullaryExpr(n_electrodes, 20, [&] { return normal(random); });
    for (const double memory : {1.0, 1e9})
      EXPECT_LT((sampled(box, points, dense, {memory}) - dense * all).norm(), 1e-13 * (dense * all).norm());
  }
}

TEST(Sampling, EachRowThatCountsIsReadOnceInPieces) {
  const TwoLayers box(2);
  const PolynomialRows rows{box, {}, 0};
  Eigen::MatrixXd montage = Eigen::MatrixXd::Constant(5, 40, 0.5), result;
  montage.col(7).setZero();
  sample_rows(locate_points({random_points(500), {}}, box.locator, box.nodes, names), rows.source(), montage, result,
              {1.0});
  const std::size_t pieces = rows.read.count(0);
  EXPECT_EQ(rows.read.count(7), 0u);
  EXPECT_EQ(rows.read.size(), 39 * pieces);
  EXPECT_LE(rows.largest_piece, 8192u);
}

// 128 rows of 1 M nodes are 1 GB.
TEST(Sampling, NeverHoldsAllRows) {
  constexpr int n_nodes = 1000000;
  SamplingOperator sampling;
  sampling.degree = 1;
  for (int i = 0; i < n_nodes; ++i) sampling.nodes.push_back(i);
  sampling.elements = sampling.nodes;
  sampling.first = {0};
  for (int e = 0; e < n_nodes / 4; ++e) {
    sampling.mean_edges.push_back(1);
    if (e % 50 == 0) sampling.points.push_back(static_cast<int>(sampling.points.size()));
    sampling.first.push_back(static_cast<int>(sampling.points.size()));
  }
  sampling.barycentric = Eigen::Matrix4Xd::Constant(4, static_cast<Eigen::Index>(sampling.n_points()), 0.25);
  const RowSource rows{n_nodes, [](std::size_t row, std::size_t, std::size_t n, double* values) {
                         std::fill_n(values, n, static_cast<double>(row));
                       }};
  Eigen::MatrixXd result = Eigen::MatrixXd::Zero(128, static_cast<Eigen::Index>(sampling.n_points()));
  const double before = peak_memory();
  sample_rows(sampling, rows, Eigen::MatrixXd::Identity(128, 128), result, {64e6});
  EXPECT_LT(peak_memory() - before, 64e6 + 40e6) << "rows, and the places of nodes";
  for (Eigen::Index r = 0; r < 128; ++r) ASSERT_TRUE((result.row(r).array() == static_cast<double>(r)).all());
}

std::string refusal(const TwoLayers& box, const FieldPoints& points) {
  return test::message_of<InputError>([&] { locate_points(points, box.locator, box.nodes, names); });
}

TEST(Sampling, PointsOutsideTheirTissueAreRefusedWithTheirDistanceFromIt) {
  const TwoLayers box(2);
  Eigen::Matrix3Xd points = random_points(6);
  points.row(2).setConstant(0.01);
  points(2, 2) = 0.0233;
  points(2, 5) = 0.03;
  EXPECT_NE(
      refusal(box, {points, std::vector<int>(6, 1)})
          .find(" 23.30 mm) lies in 'fat' but must lie in 'muscle', which is 3.30 mm away; use fibres and lead field "
                "of the same mesh (and 1 more points do not fit either)"),
      std::string::npos)
      << refusal(box, {points, std::vector<int>(6, 1)});
  EXPECT_EQ(refusal(box, {points, std::vector<int>(6, 1)}).rfind("point 2 (", 0), 0u);
  const std::string unknown = refusal(box, {points.leftCols(1), {7}});
  EXPECT_NE(unknown.find("must lie in the tissue of label 7, which the mesh of the lead field does not have"),
            std::string::npos)
      << unknown;
  EXPECT_NO_THROW(locate_points({points, {1, 1, 2, 0, 1, 0}}, box.locator, box.nodes, names)) << "0: any tissue";
}

TEST(Sampling, PointsOnAnInterfaceAndALittleBeyondBelongToTheirTissue) {
  const TwoLayers box(2);
  Eigen::Matrix3Xd points = random_points(300);
  for (Eigen::Index k = 0; k < 300; ++k) points(2, k) = 0.02 + 1e-4 * static_cast<double>(k % 3 - 1);
  for (const int label : {1, 2}) {
    const auto sampling = locate_points({points, std::vector<int>(300, label)}, box.locator, box.nodes, names);
    for (std::size_t e = 0; e < sampling.n_elements(); ++e)
      for (int k = sampling.first[e]; k < sampling.first[e + 1]; ++k) {
        double height = 0;  // of the element's middle
        for (std::size_t i = 0; i < 4; ++i)
          height += box.nodes.points(2, sampling.nodes[static_cast<std::size_t>(sampling.elements[10 * e + i])]) / 4;
        const int number = sampling.points[static_cast<std::size_t>(k)], side = number % 3 - 1;
        ASSERT_EQ(height < 0.02 ? 1 : 2, side == 0 ? label : side < 0 ? 1 : 2) << "on the interface: the asked one";
      }
  }
}

TEST(Sampling, PointsOutsideTheLimbAndPlacesThatAreNoneAreRefused) {
  const TwoLayers box(2);
  Eigen::Matrix3Xd points = random_points(3);
  points.col(1) << 0.0412, 0.02, 0.02;
  EXPECT_NE(refusal(box, {points, {}})
                .find("point 1 (41.20, 20.00, 20.00 mm) lies 1.20 mm outside the conductor of the lead "
                      "field; move it inside or use the lead field of its own mesh"),
            std::string::npos);
  points.col(1)[0] = 0.0401;
  EXPECT_NO_THROW(locate_points({points, {}}, box.locator, box.nodes, names));
  points.col(1)[0] = NAN;
  EXPECT_EQ(refusal(box, {points, {}}), "point 1 is not a place; give finite coordinates");
  points.col(1)[0] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refusal(box, {points, {}}), "point 1 is not a place; give finite coordinates");
}

TEST(RowReader, ReadsContiguousAndChunkedRowsAndRefusesOthers) {
  const test::ScratchFolder folder;
  std::vector<double> values(7 * 50);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sqrt(static_cast<double>(i));
  Hdf5File made(folder / "rows.h5", Hdf5File::Mode::create);
  made.create_dataset<double>("/contiguous", {7, 50}, "1", "");
  made.create_dataset<double>("/pieces", {7, 50}, "1", "", {1, 17});
  made.create_dataset<double>("/blocks", {7, 50}, "1", "", {2, 50});
  made.create_dataset<float>("/floats", {7, 50}, "1", "");
  for (const char* name : {"/contiguous", "/pieces", "/blocks"}) made.write(name, values.data(), {0, 0}, {7, 50});
  made.finish();
  const Hdf5File file(folder / "rows.h5", Hdf5File::Mode::read);
  for (const char* name : {"/contiguous", "/pieces"}) {
    const RowReader reader(file, name);
    std::vector<double> got(40);
    reader.read(6, 5, 40, got.data());
    for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(got[i], values[6 * 50 + 5 + i]) << name;
  }
  EXPECT_NE(test::message_of<InputError>([&] { RowReader(file, "/blocks"); }).find("are not stored one by one"),
            std::string::npos);
  EXPECT_NE(test::message_of<InputError>([&] { RowReader(file, "/floats"); }).find("another type of number"),
            std::string::npos);
  const RowReader reader(file, "/pieces");
  std::filesystem::resize_file(folder / "rows.h5", 100);
  std::vector<double> got(50);
  EXPECT_NE(test::message_of<InputError>([&] { reader.read(6, 0, 50, got.data()); }).find("rows.h5: cannot be read to"),
            std::string::npos);
}

class KeptSampling : public testing::Test {
protected:
  KeptSampling() {
    points_.places = random_points(400);
    points_.labels.assign(400, 0);
    key_ = sampling_key("mesh", 2, points_);
    sampling_ = locate_points(points_, box_.locator, box_.nodes, names);
  }
  std::string file() const { return folder_ / ("sampling-" + key_ + ".h5"); }

  const TwoLayers box_{2};
  FieldPoints points_;
  std::string key_;
  SamplingOperator sampling_;
  const test::ScratchFolder folder_;
};

TEST_F(KeptSampling, ReadsBackAsKept) {
  EXPECT_FALSE(read_sampling(folder_.path(), key_).has_value());
  keep_sampling(sampling_, folder_.path(), key_);
  const auto kept = read_sampling(folder_.path(), key_);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->nodes, sampling_.nodes);
  EXPECT_EQ(kept->elements, sampling_.elements);
  EXPECT_EQ(kept->mean_edges, sampling_.mean_edges);
  EXPECT_EQ(kept->first, sampling_.first);
  EXPECT_EQ(kept->points, sampling_.points);
  EXPECT_EQ(kept->barycentric, sampling_.barycentric);
}

TEST_F(KeptSampling, TheKeyDependsOnMeshDegreePointsAndTissues) {
  std::set<std::string> keys = {key_, sampling_key("other", 2, points_), sampling_key("mesh", 1, points_)};
  points_.labels[3] = 1;
  keys.insert(sampling_key("mesh", 2, points_));
  points_.labels[3] = 0;
  points_.places(1, 7) += 1e-12;
  keys.insert(sampling_key("mesh", 2, points_));
  EXPECT_EQ(keys.size(), 5u);
}

TEST_F(KeptSampling, DamagedCutAndForeignFilesAreNotUsed) {
  keep_sampling(sampling_, folder_.path(), key_);
  const auto size = static_cast<long>(std::filesystem::file_size(file()));
  std::string whole(static_cast<std::size_t>(size), '\0');
  std::ifstream(file(), std::ios::binary).read(whole.data(), size);
  int used = 0;
  for (long at = size / 2; at < size; at += size / 40) {  // values lie behind the structure
    std::string damaged = whole;
    damaged[static_cast<std::size_t>(at)] = static_cast<char>(damaged[static_cast<std::size_t>(at)] ^ 0x10);
    std::ofstream(file(), std::ios::binary).write(damaged.data(), size);
    const auto kept = read_sampling(folder_.path(), key_);
    if (!kept) continue;
    ++used;  // a byte that holds no value
    EXPECT_EQ(kept->barycentric, sampling_.barycentric);
    EXPECT_EQ(kept->elements, sampling_.elements);
  }
  EXPECT_LT(used, 10);
  std::ofstream(file(), std::ios::binary).write(whole.data(), size / 3);
  EXPECT_FALSE(read_sampling(folder_.path(), key_).has_value());
  std::ofstream(file()) << "no HDF5";
  EXPECT_FALSE(read_sampling(folder_.path(), key_).has_value());
  keep_sampling(sampling_, folder_.path(), "other");
  std::filesystem::rename(folder_ / "sampling-other.h5", file());
  EXPECT_FALSE(read_sampling(folder_.path(), key_).has_value()) << "of other points";
  keep_sampling(sampling_, folder_.path(), key_);
  EXPECT_TRUE(read_sampling(folder_.path(), key_).has_value()) << "made anew over it";
}

TEST_F(KeptSampling, OnlyTheNewestAreKeptAndNothingElseIsTouched) {
  std::ofstream(folder_ / "lead_field.h5") << "mine";
  for (std::size_t i = 0; i < most_kept_samplings + 3; ++i) {
    keep_sampling(sampling_, folder_.path(), std::to_string(i));
    std::filesystem::last_write_time(folder_ / ("sampling-" + std::to_string(i) + ".h5"),
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(50 - i));
  }
  keep_sampling(sampling_, folder_.path(), key_);
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_.path())) ++n;
  EXPECT_EQ(n, most_kept_samplings + 1);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "lead_field.h5"));
  EXPECT_TRUE(std::filesystem::exists(file()));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "sampling-0.h5"));
}

TEST_F(KeptSampling, AFolderThatCannotBeWrittenToIsNoError) {
  EXPECT_NO_THROW(keep_sampling(sampling_, folder_ / "none", key_));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "none"));
}

}  // namespace
}  // namespace bmiss
