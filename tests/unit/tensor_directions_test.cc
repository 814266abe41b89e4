#include "anatomy/tensor_directions.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "base/parameters.h"
#include "support/fibre_cases.h"
#include "support/meshed_limbs.h"
#include "support/nifti_bytes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using namespace test;

// An image over the cylinder of these tests (radius 10 mm, z from 0 to 80 mm), written by hand.
struct TensorFile {
  std::array<int, 3> size{16, 16, 46};
  Eigen::Affine3d voxel_to_world = at({2, 2, 2}, {-15, -15, -5});  // mm
  std::vector<int> order{0, 3, 4, 1, 5, 2};  // of the component numbers xx xy xz yy yz zz in the file
  bool voxel_axes = false;
  double anisotropic = 1;  // part of the image along i with directions; isotropic beyond

  static Eigen::Affine3d at(const Eigen::Vector3d& spacing, const Eigen::Vector3d& first) {
    Eigen::Affine3d a = Eigen::Affine3d::Identity();
    a.linear() = spacing.asDiagonal();
    a.translation() = first;
    return a;
  }
  NiftiBytes bytes(const Expected& direction) const {
    NiftiBytes file;
    file.size = {size[0], size[1], size[2], 6};
    file.datatype = 16;
    file.sform_code = 1;
    for (int r = 0; r < 3; ++r)
      for (int c = 0; c < 4; ++c) file.sform[static_cast<std::size_t>(4 * r + c)] = voxel_to_world(r, c);
    const auto n = static_cast<std::size_t>(size[0]) * static_cast<std::size_t>(size[1] * size[2]);
    file.voxels.resize(6 * n);
    const Eigen::Matrix3d axes = voxel_to_world.linear().colwise().normalized();
    std::size_t voxel = 0;
    for (int k = 0; k < size[2]; ++k)
      for (int j = 0; j < size[1]; ++j)
        for (int i = 0; i < size[0]; ++i, ++voxel) {
          Eigen::Vector3d along = direction(1e-3 * (voxel_to_world * Eigen::Vector3d(i, j, k))).normalized();
          if (voxel_axes) along = axes.transpose() * along;
          // Diffusivities of muscle [mm^2/s], anisotropy 0.25.
          Eigen::Matrix3d tensor = 1.4e-3 * Eigen::Matrix3d::Identity();
          if (i < anisotropic * size[0]) tensor += 0.7e-3 * along * along.transpose();
          const std::array<double, 6> upper{tensor(0, 0), tensor(0, 1), tensor(0, 2),
                                            tensor(1, 1), tensor(1, 2), tensor(2, 2)};
          for (std::size_t c = 0; c < 6; ++c) file.voxels[static_cast<std::size_t>(order[c]) * n + voxel] = upper[c];
        }
    return file;
  }
};

// Place of xx xy xz yy yz zz in the file, for each order.
const std::vector<int> diagonal_first{0, 3, 4, 1, 5, 2}, upper_rows{0, 1, 2, 3, 4, 5}, lower_rows{0, 1, 3, 2, 4, 5};

class TensorDirectionsTest : public testing::Test {
protected:
  FibreDirections directions(const std::vector<std::string>& overrides = {}) {
    TensorDirections model;
    Parameters parameters;
    model.declare_parameters(parameters);
    HarmonicDirections().declare_parameters(parameters);
    std::vector<std::string> all{"Fibres/Diffusion tensor/File=" + path_};
    for (const auto& text : overrides) all.push_back("Fibres/Diffusion tensor/" + text);
    parameters.read("", all);
    model.parse_parameters(parameters);
    return model.directions({mesh_, {{1, "flexor"}}, label_frame_}, run_.report);
  }
  double largest_angle(const Expected& expected, const std::vector<std::string>& overrides = {}) {
    return angles(mesh_, directions(overrides), expected).front();
  }
  std::string complaint(const NiftiBytes& file) {
    file.write(path_);
    return message_of<InputError>([&] { directions(); });
  }

  ScratchFolder folder_;
  std::string path_ = folder_ / "tensor.nii";
  TetMesh mesh_ = cylinder_mesh(10e-3, 80e-3, 4, 20);
  std::optional<ImageFrame> label_frame_ =
      ImageFrame{{40, 40, 80}, TensorFile::at({1e-3, 1e-3, 1e-3}, {-20e-3, -20e-3, 0})};
  Logged run_;
};

Eigen::Vector3d oblique(const Eigen::Vector3d&) {
  return Eigen::Vector3d(0.3, -0.2, 1).normalized();
}

TEST_F(TensorDirectionsTest, OfAConstantTensorAreItsPrincipalDirectionInEveryOrder) {
  TensorFile file;
  const std::pair<std::vector<int>, std::string> orders[] = {
      {diagonal_first, "xx yy zz xy xz yz"}, {upper_rows, "xx xy xz yy yz zz"}, {lower_rows, "xx xy yy xz yz zz"}};
  for (const auto& [order, name] : orders) {
    file.order = order;
    file.bytes(oblique).write(path_);
    EXPECT_LT(largest_angle(oblique, {"Order=" + name}), 0.01) << name;
  }
}

TEST_F(TensorDirectionsTest, TurnComponentsInVoxelAxesOfPermutedAndLeftHandedImages) {
  TensorFile file;
  file.voxel_axes = true;
  Eigen::Matrix3d axes;  // i runs distally, j to the left, k to the back, turned by 30 degrees about x; left-handed
  axes << 0, -1, 0, 0, 0, -1, 1, 0, 0;
  axes = Eigen::AngleAxisd(30 * degree, Eigen::Vector3d::UnitX()) * axes;
  ASSERT_GT(axes.determinant(), 0);
  for (const double handedness : {1.0, -1.0}) {
    Eigen::Matrix3d turned = axes;
    turned.col(1) *= handedness;
    file.size = {70, 40, 70};
    file.voxel_to_world.linear() = turned * Eigen::Vector3d(2, 2.5, 2).asDiagonal();
    file.voxel_to_world.translation() =
        Eigen::Vector3d(0, 0, 40) - file.voxel_to_world.linear() * Eigen::Vector3d(35, 20, 35);
    file.bytes(oblique).write(path_);
    EXPECT_LT(largest_angle(oblique, {"Axes=voxel"}), 0.01);
    EXPECT_GT(largest_angle(oblique), 5.0) << "the frame of the components matters";
  }
}

TEST_F(TensorDirectionsTest, FlipSignsAsAskedAndTellWhichFlipFitsTheMusclesBetter) {
  TensorFile file;
  const auto flipped = [](const Eigen::Vector3d& x) {
    return Eigen::Vector3d(-oblique(x)[0], oblique(x)[1], oblique(x)[2]);
  };
  file.bytes(flipped).write(path_);
  EXPECT_LT(largest_angle(oblique, {"Flips=x"}), 0.01);
  EXPECT_NE(message_of<InputError>([&] { directions({"Flips=xy"}); }).find("'xy' is no axis"), std::string::npos);
  // A muscle along (0.3, -0.2, 1): the file with the wrong sign does not fit it.
  mesh_ = lattice_mesh(
      4, 20,
      [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        const Eigen::Vector2d p = 5e-3 * onto_disc(x[0], x[1]);
        return {p[0] + 12e-3 * (x[2] - 0.5), p[1] - 8e-3 * (x[2] - 0.5), 40e-3 * x[2]};
      },
      Ends::cut, [](const Eigen::Vector3d&) { return 1; });
  directions();
  ASSERT_FALSE(run_.report.warnings().empty());
  EXPECT_NE(run_.report.warnings().back().find("fit the muscles' shapes better with the sign of x turned"),
            std::string::npos)
      << run_.report.warnings().back();
  const std::size_t before = run_.report.warnings().size();
  directions({"Flips=x"});
  EXPECT_EQ(run_.report.warnings().size(), before);
}

TEST_F(TensorDirectionsTest, OfAHelixFollowItFromProximalToDistal) {
  const auto helix = [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
    const double k = std::tan(20 * degree) / 10e-3;
    return {-k * x[1], k * x[0], 1};
  };
  TensorFile().bytes(helix).write(path_);
  const FibreDirections found = directions();
  const auto differences = angles(mesh_, found, helix);
  EXPECT_LT(differences.front(), 3.0);  // at the wall, where smoothing sees one side only
  EXPECT_LT(differences[differences.size() / 2], 0.3);
  EXPECT_GT(found.row(2).minCoeff(), 0);
  // The same as vectors, five-dimensional, either sense.
  NiftiBytes vectors = TensorFile().bytes(helix);
  vectors.size = {16, 16, 46, 1, 3};
  const std::size_t n = 16 * 16 * 46;
  vectors.voxels.assign(3 * n, 0);
  for (std::size_t voxel = 0; voxel < n; ++voxel) {
    const std::size_t i = voxel % 16, j = voxel / 16 % 16, k = voxel / 256;
    const Eigen::Vector3d x(-15 + 2.0 * static_cast<double>(i), -15 + 2.0 * static_cast<double>(j),
                            -5 + 2.0 * static_cast<double>(k));
    const Eigen::Vector3d along = (voxel % 3 == 0 ? -1 : 1) * helix(1e-3 * x).normalized();
    for (std::size_t c = 0; c < 3; ++c) vectors.voxels[c * n + voxel] = along[static_cast<Eigen::Index>(c)];
  }
  vectors.write(path_);
  EXPECT_LT((directions() - found).norm(), 1e-3) << "vectors say the same as tensors";
}

TEST_F(TensorDirectionsTest, AreHarmonicWhereTheTensorIsIsotropicAndSayHowMuch) {
  TensorFile file;
  file.anisotropic = 0.5;  // i < 8: x < 0
  file.bytes(oblique).write(path_);
  const FibreDirections found = directions();
  const auto left = angles(mesh_, found, oblique, [](const Eigen::Vector3d& x) { return x[0] < -4e-3; });
  const auto right = angles(mesh_, found, along_z, [](const Eigen::Vector3d& x) { return x[0] > 4e-3; });
  EXPECT_LT(left.front(), 0.01);
  EXPECT_LT(right.front(), 0.01);
  EXPECT_NE(run_.log.str().find("harmonic instead [%]"), std::string::npos);
  EXPECT_TRUE(run_.report.warnings().empty() ||
              run_.report.warnings()[0].find("has no usable diffusion tensor") != std::string::npos);
  directions({"Smallest anisotropy=0.5"});
  EXPECT_NE(run_.report.warnings().back().find("100 % of its volume has no usable diffusion tensor"),
            std::string::npos);
}

TEST_F(TensorDirectionsTest, DoNotTakeUpTheDirectionsOfTheMuscleBeside) {
  // Muscle 1 at x < 0 along z, muscle 2 at x > 0 with other fibres.
  mesh_ = lattice_mesh(
      4, 20,
      [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        return {10e-3 * x[0], 10e-3 * x[1], 80e-3 * x[2]};
      },
      Ends::cut, [](const Eigen::Vector3d& x) { return x[0] < 0 ? 1 : 2; });
  TensorFile()
      .bytes([](const Eigen::Vector3d& x) { return x[0] < 0 ? Eigen::Vector3d(0, 0, 1) : Eigen::Vector3d(0, 1, 1); })
      .write(path_);
  const auto found = angles(mesh_, directions(), along_z, [](const Eigen::Vector3d& x) { return x[0] < 0; });
  EXPECT_LT(found.front(), 1.0);
}

TEST_F(TensorDirectionsTest, RefuseAnImageElsewhereAndNameBothFrames) {
  TensorFile file;
  file.voxel_to_world.translation() = Eigen::Vector3d(-15, -15, 55);  // from z = 54 mm: 32 % of 80 mm
  EXPECT_EQ(
      complaint(file.bytes(oblique)),
      path_ +
          ": the image covers only 32 % of muscle 'flexor' (90 % are needed); its frame is 16 x 16 x 46 voxels "
          "of 2 x 2 x 2 mm, the first at (-15, -15, 55) mm, axes i (1, 0, 0) j (0, 1, 0) k (0, 0, 1), that of the "
          "label map is 40 x 40 x 80 voxels of 1 x 1 x 1 mm, the first at (-20, -20, 0) mm, axes i (1, 0, 0) j "
          "(0, 1, 0) k (0, 0, 1); register the image to the label map, or give this muscle harmonic directions");
  label_frame_.reset();  // a mesh from a file
  EXPECT_NE(complaint(file.bytes(oblique)).find("the mesh spans x -10 to 10, y -10 to 10, z 0 to 80 mm"),
            std::string::npos);
}

TEST_F(TensorDirectionsTest, RefuseAnImageWithoutPlaceAndOtherNumbersOfComponents) {
  NiftiBytes file = TensorFile().bytes(oblique);
  file.sform_code = 0;
  const std::string placeless = complaint(file);
  EXPECT_NE(placeless.find("16 x 16 x 46 voxels lies (no sform, no qform), while the label map has 40 x 40 x 80"),
            std::string::npos)
      << placeless;
  file = TensorFile().bytes(oblique);
  file.size = {16, 16, 46, 4};
  file.voxels.resize(4 * 16 * 16 * 46);
  const std::string components = complaint(file);
  EXPECT_NE(components.find("the image has 4 numbers for each voxel (16 x 16 x 46 x 4), but a diffusion tensor has 6 "
                            "and a vector 3"),
            std::string::npos)
      << components;
  path_ = folder_ / "missing.nii";
  EXPECT_NE(message_of<InputError>([&] { directions(); }).find("missing.nii"), std::string::npos);
}

TEST(FractionalAnisotropy, IsThatOfBasserAndPierpaoli) {
  EXPECT_DOUBLE_EQ(fractional_anisotropy({1, 1, 1}), 0);
  EXPECT_DOUBLE_EQ(fractional_anisotropy({0, 0, 2}), 1);
  EXPECT_NEAR(fractional_anisotropy({1, 1, 2}), std::sqrt(1.0 / 6), 1e-12);
  EXPECT_DOUBLE_EQ(fractional_anisotropy({0, 0, 0}), 0);
}

TEST(TensorDirections, OfARealCalfDifferFromHarmonicOnesByThePennationsOfItsMuscles) {
  BMISS_NEEDS_DATA("data/anatomy/calf_qmri_dti_tensor.nii.gz");
  Logged run;
  const MeshedLimb limb = mesh_outside_limb("calf_qmri", 4e-3, run.report);
  FibreProblem problem{limb.mesh, {}, ImageFrame{limb.map.size, limb.map.voxel_to_world}};
  for (const Tissue* muscle : limb.tissues.of_kind(TissueKind::muscle))
    problem.muscles.push_back({muscle->label, muscle->name});
  const auto medians = [&](const std::string& flips) {
    TensorDirections model;
    Parameters parameters;
    model.declare_parameters(parameters);
    HarmonicDirections().declare_parameters(parameters);
    parameters.read("", {"Fibres/Diffusion tensor/File=" + shared_path("data/anatomy/calf_qmri_dti_tensor.nii.gz"),
                         "Fibres/Diffusion tensor/Flips=" + flips});
    model.parse_parameters(parameters);
    const FibreDirections measured = model.directions(problem, run.report),
                          harmonic = HarmonicDirections().directions(problem, run.report);
    std::map<int, std::vector<double>> all;
    for (std::size_t tet = 0; tet < limb.mesh.n_tets(); ++tet) {
      const auto column = static_cast<Eigen::Index>(tet);
      if (harmonic.col(column).norm() > 0)
        all[limb.mesh.tet_labels[tet]].push_back(
            std::acos(std::min(1.0, std::abs(measured.col(column).dot(harmonic.col(column))))) / degree);
    }
    std::map<int, double> result;
    for (auto& [label, values] : all) {
      std::sort(values.begin(), values.end());
      result[label] = values[values.size() / 2];
    }
    return result;
  };
  // Found by a prototype with another mesher, on the same data, with x flipped: gastrocnemius medialis, lateralis,
  // soleus (multipennate), tibialis anterior, peroneus, extensor digitorum, tibialis posterior.
  const std::map<int, double> expected{{11, 25}, {12, 10}, {13, 37}, {14, 14}, {15, 22}, {16, 15}, {17, 22}};
  for (const auto& [label, angle] : medians("x")) EXPECT_NEAR(angle, expected.at(label), 6) << label;
  EXPECT_EQ(run.log.str().find("fit the muscles' shapes better"), std::string::npos);
  medians("");
  EXPECT_NE(run.log.str().find("fit the muscles' shapes better with the sign of x turned"), std::string::npos)
      << run.log.str();
}

}  // namespace
}  // namespace bmiss
