// The laws that give tissues their conductivity tensors: what each gives, who follows which, and what is refused.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <fstream>
#include <sstream>

#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "solvers/conductor/conductivity.h"
#include "solvers/conductor/law/tensor_image_law.h"
#include "solvers/conductor/law/tissue_laws.h"
#include "support/layered_cylinder_problem.h"
#include "support/nifti_bytes.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

const Eigen::Vector3d fibre = Eigen::Vector3d(1, 2, -2) / 3;

Tissue muscle(const std::string& name = "muscle", int label = 1) {
  return test::layer(label, name, TissueKind::muscle, 0.13, 0.56);
}

// A box of 40 mm and an image of 2 mm voxels around it, whose tensors are given as a function of the place [m].
class TensorImages : public testing::Test {
protected:
  using Field = std::function<Eigen::Matrix3d(const Eigen::Vector3d&)>;

  void write_image(const Field& field, int voxels = 24) {
    test::NiftiBytes image;
    image.size = {voxels, voxels, voxels, 6};
    image.datatype = 64;
    image.spacing = {2, 2, 2};
    image.sform_code = 1;
    image.sform = {2, 0, 0, -2, 0, 2, 0, -2, 0, 0, 2, -2};
    for (const auto& [row, column] : {std::pair{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}})
      for (int k = 0; k < voxels; ++k)
        for (int j = 0; j < voxels; ++j)
          for (int i = 0; i < voxels; ++i)
            image.voxels.push_back(field(2e-3 * Eigen::Vector3d(i - 1, j - 1, k - 1))(row, column));
    image.write(path_);
  }
  std::shared_ptr<TensorImageLaw> law(const std::vector<std::string>& settings = {}) {
    auto result = std::make_shared<TensorImageLaw>();
    Parameters parameters;
    std::vector<std::string> overrides = {"Conductivity/Tensor image/File=" + path_};
    for (const auto& setting : settings) overrides.push_back("Conductivity/Tensor image/" + setting);
    {
      const Parameters::Section section(parameters, "Conductivity");
      result->declare_parameters(parameters);
    }
    parameters.read("", overrides);
    const Parameters::Section section(static_cast<const Parameters&>(parameters), "Conductivity");
    result->parse_parameters(parameters);
    return result;
  }
  std::string refusal(const std::shared_ptr<TensorImageLaw>& law) {
    return test::message_of<InputError>([&] { law->prepare(mesh_, {muscle()}, report_); });
  }

  const TetMesh mesh_ = test::box_mesh(Eigen::Vector3d::Constant(0.04), 8, 8, test::Ends::closed);
  test::ScratchFolder folder_;
  std::string path_ = folder_ / "tensors.nii";
  std::ostringstream log_;
  Report report_{log_, 0};
};

// Positive definite all over the box, and linear.
Eigen::Matrix3d linear_field(const Eigen::Vector3d& x) {
  const Eigen::Matrix3d slope = (Eigen::Matrix3d() << 0, 0.1, 0.06, 0.1, 0, -0.03, 0.06, -0.03, 0).finished();
  return Eigen::Vector3d(2, 1, 0.5).asDiagonal().toDenseMatrix() + slope * (x[0] + 2 * x[1] - x[2]) / 0.04;
}

class BrokenLaw : public ConductivityLaw {
public:
  explicit BrokenLaw(Eigen::Matrix3d tensor) : tensor_(std::move(tensor)) {}
  Eigen::Matrix3d conductivity(const ConductorPlace& place) const override {
    return place.position.z() > 0.03 ? tensor_ : Eigen::Matrix3d(Eigen::Matrix3d::Identity());
  }
  Eigen::Matrix3d susceptivity(const ConductorPlace&) const override { return -Eigen::Matrix3d::Identity(); }
  bool is_complex() const override { return true; }
  std::string hash() const override { return "1"; }
  std::string citation() const override { return ""; }

private:
  Eigen::Matrix3d tensor_;
};

}  // namespace

TEST_F(TensorImages, AreInterpolatedLinearlyBetweenVoxels) {
  write_image(linear_field);
  const auto image = law({"Scaling=factor", "Factor=0.25"});
  image->prepare(mesh_, {muscle()}, report_);
  EXPECT_SAYS(log_.str(), "100.0");
  for (const Eigen::Vector3d& x : {Eigen::Vector3d(0.011, 0.02, 0.0333), Eigen::Vector3d(0.0007, 0.039, 0.005)}) {
    const Eigen::Matrix3d tensor = image->conductivity({muscle(), x, fibre, 0});
    EXPECT_LT((tensor - 0.25 * linear_field(x)).norm(), 1e-12);
  }
}

TEST_F(TensorImages, ScaledByVolumeKeepTheirShapeAndTakeTheProductOfTheTissuesEigenvalues) {
  write_image(linear_field);
  const auto image = law();
  image->prepare(mesh_, {muscle()}, report_);
  const Eigen::Vector3d x(0.011, 0.02, 0.0333);
  const Eigen::Matrix3d tensor = image->conductivity({muscle(), x, fibre, 0});
  EXPECT_NEAR(tensor.determinant() / (0.13 * 0.13 * 0.56), 1, 1e-12);
  EXPECT_LT((tensor / tensor.norm() - linear_field(x) / linear_field(x).norm()).norm(), 1e-12);
}

TEST_F(TensorImages, TakeFlippedComponentsAndOtherOrdersAsTheParametersSay) {
  write_image(linear_field);
  const auto flipped = law({"Scaling=factor", "Flips=y"});
  flipped->prepare(mesh_, {muscle()}, report_);
  const Eigen::Vector3d x(0.011, 0.02, 0.0333);
  const Eigen::Matrix3d signs = Eigen::Vector3d(1, -1, 1).asDiagonal();
  EXPECT_LT((flipped->conductivity({muscle(), x, fibre, 0}) - signs * linear_field(x) * signs).norm(), 1e-12);
  EXPECT_NE(flipped->hash(), [&] {
    const auto other = law({"Scaling=factor"});
    other->prepare(mesh_, {muscle()}, report_);
    return other->hash();
  }());
}

TEST_F(TensorImages, LeaveSmallGapsToTheTissueTable) {
  write_image([](const Eigen::Vector3d& x) -> Eigen::Matrix3d {
    return (x - Eigen::Vector3d(0.02, 0.02, 0.02)).norm() < 5e-3 ? Eigen::Matrix3d::Zero() : linear_field(x);
  });
  const auto image = law({"Scaling=factor"});
  image->prepare(mesh_, {muscle()}, report_);
  const Eigen::Matrix3d tensor = image->conductivity({muscle(), Eigen::Vector3d(0.02, 0.02, 0.02), fibre, 0});
  EXPECT_LT((tensor - conductivity_tensor(muscle(), fibre)).norm(), 1e-15);
}

TEST_F(TensorImages, ThatAreNotPositiveDefiniteAreRefusedWithTissuePlaceAndEigenvalues) {
  write_image([](const Eigen::Vector3d& x) -> Eigen::Matrix3d {
    const bool bad = (x - Eigen::Vector3d(0.010, 0.020, 0.030)).norm() < 1e-6;
    return bad ? Eigen::Vector3d(1, -0.25, 2).asDiagonal().toDenseMatrix() : linear_field(x);
  });
  const std::string message = refusal(law());
  EXPECT_SAYS(message, "tensors.nii");
  EXPECT_SAYS(message, "the voxel at (10.0, 20.0, 30.0) mm, in tissue 'muscle'");
  EXPECT_SAYS(message, "eigenvalues -0.25, 1 and 2");
  EXPECT_SAYS(message, "mend the image there");
}

TEST_F(TensorImages, ThatMissTheTissueOrTheirFileAreRefused) {
  write_image(linear_field, 16);
  EXPECT_SAYS(refusal(law()), "% of tissue 'muscle' (90 % are needed); it has 16 x 16 x 16 voxels");
  EXPECT_SAYS(refusal(law({"File="})), "no image is given; set 'Conductivity/Tensor image/File'");
  EXPECT_SAYS(refusal(law({"File=" + folder_.path() + "/none.nii"})), "none.nii");
  test::NiftiBytes vectors;
  vectors.size = {4, 4, 4, 3};
  vectors.datatype = 64;
  vectors.voxels.assign(192, 1);
  vectors.write(path_);
  EXPECT_SAYS(refusal(law()), "3 numbers for each voxel");
}

TEST(ConductivityLaw, IsotropicKeepsTheVolumeOfTheTensorAndNeedsNoFibres) {
  const IsotropicLaw law;
  const Eigen::Matrix3d tensor = law.conductivity({muscle(), Eigen::Vector3d::Zero(), fibre, 0});
  EXPECT_LT((tensor - std::cbrt(0.13 * 0.13 * 0.56) * Eigen::Matrix3d::Identity()).norm(), 1e-15);
  const TetMesh mesh = test::box_mesh(Eigen::Vector3d::Constant(0.04), 2, 2, test::Ends::closed);
  const TissueTable table({muscle()});
  const ConductivityLaws laws("isotropic", std::make_shared<IsotropicLaw>());
  const FibreDirections none = Eigen::Matrix3Xd::Zero(3, static_cast<Eigen::Index>(mesh.n_tets()));
  const FibreDirections some = Eigen::Vector3d::UnitZ().replicate(1, none.cols());
  EXPECT_NEAR(conductivity_at_corners(mesh, none, table, laws)(0, 0), tensor(0, 0), 1e-15);
  EXPECT_EQ(directions_hash(mesh, none, table, laws), directions_hash(mesh, some, table, laws));
  EXPECT_NE(conductivities_hash(mesh, table, laws), conductivities_hash(mesh, table));
}

TEST(ConductivityLaw, OfOnesOwnIsHeldToSymmetryAndPositiveEigenvalues) {
  const TetMesh mesh = test::box_mesh(Eigen::Vector3d::Constant(0.04), 2, 2, test::Ends::closed);
  const FibreDirections fibres = Eigen::Vector3d::UnitZ().replicate(1, static_cast<Eigen::Index>(mesh.n_tets()));
  const TissueTable table({muscle("biceps")});
  const auto refusal = [&](const Eigen::Matrix3d& tensor) {
    const ConductivityLaws laws("my law", std::make_shared<BrokenLaw>(tensor));
    return test::message_of<InputError>([&] { conductivity_at_corners(mesh, fibres, table, laws); });
  };
  const std::string message = refusal(Eigen::Vector3d(0.5, -0.1, 0.3).asDiagonal());
  EXPECT_SAYS(message, "the conductivity law 'my law' gives tissue 'biceps' at (");
  EXPECT_SAYS(message, "eigenvalues -0.1, 0.3 and 0.5 S/m, of which each must be positive");
  EXPECT_SAYS(message, "or give the tissue another law");
  EXPECT_SAYS(refusal(Eigen::Vector3d(0.5, 0, 0.3).asDiagonal()), "eigenvalues 0, 0.3 and 0.5");
  Eigen::Matrix3d skewed = Eigen::Matrix3d::Identity();
  skewed(0, 1) = 0.1;
  EXPECT_SAYS(refusal(skewed), "that is not symmetric");
  skewed(0, 1) = NAN;
  EXPECT_SAYS(refusal(skewed), "not a number");
  const ConductivityLaws laws("my law", std::make_shared<BrokenLaw>(Eigen::Matrix3d::Identity()));
  EXPECT_SAYS(test::message_of<InputError>([&] { susceptivity_at_corners(mesh, fibres, table, laws); }),
              "an imaginary tensor with the eigenvalues -1, -1 and -1 S/m, of which none may be negative");
}

TEST(ConductivityLaw, CanBeAnotherForSingleTissues) {
  const auto parsed = [](const std::string& value) {
    Parameters parameters;
    ConductivityLaws::declare_parameters(parameters);
    parameters.read("", {"Conductivity/Laws of tissues=" + value});
    return ConductivityLaws::parse_parameters(parameters);
  };
  const ConductivityLaws laws = parsed("biceps: isotropic, fat:isotropic");
  EXPECT_EQ(laws.text(), "fibre-aligned; biceps: isotropic; fat: isotropic");
  EXPECT_EQ(&laws.of(muscle("biceps")), &laws.of(muscle("fat")));  // one law, prepared once
  EXPECT_NE(&laws.of(muscle("biceps")), &laws.of(muscle("triceps")));
  EXPECT_NE(laws.hash(), ConductivityLaws().hash());

  EXPECT_SAYS(test::message_of<InputError>([&] { parsed("biceps"); }), "'biceps' is not a pair; write 'tissue: law'");
  EXPECT_SAYS(test::message_of<InputError>([&] { parsed("biceps: isotrop"); }),
              "no conductivity law is called 'isotrop'; known: isotropic");
  EXPECT_SAYS(test::message_of<InputError>([&] { parsed("a: isotropic, a: fibre-aligned"); }), "is given two laws");

  const TetMesh mesh = test::box_mesh(Eigen::Vector3d::Constant(0.04), 2, 2, test::Ends::closed);
  std::ostringstream log;
  Report report(log, 0);
  const TissueTable table({muscle("biceps"), muscle("fat", 2)});  // the mesh has only the first
  EXPECT_SAYS(test::message_of<InputError>([&] { laws.prepare(mesh, table, report); }),
              "names the tissue 'fat', but the mesh has no tetrahedron of it; known: biceps");
  parsed("biceps: isotropic").prepare(mesh, table, report);
  EXPECT_SAYS(log.str(), "Wolters");
}
