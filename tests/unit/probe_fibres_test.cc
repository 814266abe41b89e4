// Probe fibres of a lead field: which are taken, and what their error tells.
#include "forward/probe_fibres.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/infinite_medium.h"

namespace bmiss {
namespace {

constexpr double edge = 2e-3;  // of the mesh that the noise stands for [m]

// The exact field of a medium, with a wave of this relative size in it as elements of a mesh would make: three edges
// long, since what a filter of their width removes is no error of what it leaves.
class NoisyMedium : public test::InfiniteMedium {
public:
  NoisyMedium(const ElectrodeArray& electrodes, double noise) : InfiniteMedium(electrodes), noise_(noise) {}
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override {
    Eigen::MatrixXd values = InfiniteMedium::potential(points);
    for (Eigen::Index k = 0; k < points.cols(); ++k)
      values.col(k) *= 1 + noise_ * std::cos(2 * M_PI / (3 * edge) * points(2, k));
    return values;
  }
  Eigen::VectorXd smoothing_widths(const Eigen::Matrix3Xd& points) const override {
    return Eigen::VectorXd::Constant(points.cols(), edge);
  }

private:
  double noise_;
};

FibreAtlas atlas() {
  FibreAtlas atlas;
  for (const double x : {0.0, 3e-3, 6e-3, 9e-3}) {
    FibrePath path;
    path.points = test::straight_fibre(0.1, 0.5e-3, 0.03).path;
    path.points.row(1).setConstant(-x);
    path.step = 0.5e-3;
    atlas.paths["flexor"].push_back(path);
  }
  FibrePath stub = atlas.paths["flexor"].front();
  stub.points = stub.points.leftCols(20).eval();
  atlas.paths["flexor"].push_back(stub);
  atlas.paths["short"].push_back(stub);
  return atlas;
}

TEST(ProbeFibres, AreTheShallowestMiddleAndDeepestLongFibresOfTheNamedMuscles) {
  const test::InfiniteMedium medium(test::plane_grid(2, 2, 5e-3, 12e-3, 0.05));
  const auto probes = examine_probe_fibres(atlas(), {"flexor", "short", "missing"}, medium, 3);
  ASSERT_EQ(probes.size(), 3u);
  for (const ProbeFibre& probe : probes) {
    EXPECT_EQ(probe.muscle, "flexor");
    EXPECT_EQ(probe.error, 0);  // the model has no mesh
  }
  EXPECT_LT(probes[0].depth, probes[1].depth);
  EXPECT_LT(probes[1].depth, probes[2].depth);
  EXPECT_NEAR(probes[2].depth - probes[0].depth, 9e-3, 0.5e-3);
  EXPECT_GT(probes[0].peak_to_peak, probes[2].peak_to_peak);
  EXPECT_TRUE(examine_probe_fibres(atlas(), {"flexor"}, medium, 0).empty());
}

TEST(ProbeFibres, TellNoiseOfTheMeshInProportion) {
  const auto array = test::plane_grid(2, 2, 5e-3, 12e-3, 0.05);
  const auto error = [&](double noise) {
    return examine_probe_fibres(atlas(), {"flexor"}, NoisyMedium(array, noise), 1).front().error;
  };
  const double none = error(0), some = error(1e-3), more = error(2e-3);
  EXPECT_LT(none, 0.01);
  EXPECT_GT(some, 3 * none);
  EXPECT_NEAR(more / some, 2, 0.2);
}

}  // namespace
}  // namespace bmiss
