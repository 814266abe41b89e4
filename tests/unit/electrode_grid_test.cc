// Grids on surfaces that are not smooth: sharp corners, noise of the triangles, contours of label maps, lumps.
#include "anatomy/electrode_grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "anatomy/contour.h"
#include "anatomy/phantom.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/report.h"
#include "support/electrode_grids.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using test::grid;
using test::worst_neighbour;
using test::z_axis;

// A tube around z whose section is a square with rounded corners: it unrolls without stretching, which gives every
// distance exactly. Half as wide as 30 mm, corners of 8 mm, as wide as one spacing.
struct OnRoundedSquare {
  static constexpr double half = 30e-3, corner = 8e-3, flat = half - corner, side = 2 * flat + M_PI / 2 * corner,
                          around = 4 * side;
  // By length around from the middle of the face at +x.
  static Eigen::Vector3d point(double s, double z) {
    const double turns = std::floor((s + flat) / side), rest = s - turns * side;
    const double angle = std::max(0.0, rest - flat) / corner;  // past the face, on the corner
    const Eigen::Vector3d on_face{flat + corner * std::cos(angle), std::min(rest, flat) + corner * std::sin(angle), z};
    return Eigen::AngleAxisd(turns * M_PI / 2, z_axis) * on_face;
  }
  static double length_around(const Eigen::Vector3d& p) {
    double best = 0, nearest = INFINITY;
    for (int turn = 0; turn < 4; ++turn) {
      const Eigen::Vector3d q = Eigen::AngleAxisd(-turn * M_PI / 2, z_axis) * p;
      const double s = q[0] > flat && q[1] > flat ? flat + corner * std::atan2(q[1] - flat, q[0] - flat)
                                                  : std::clamp(q[1], -flat, flat);
      const double off = (point(s, p[2]) - q).norm();
      if (q[0] <= 0 || off >= nearest) continue;
      nearest = off;
      best = s + turn * side;
    }
    return best;
  }
  // (around, along) from a to b.
  Eigen::Vector2d unrolled(const Eigen::Vector3d& a, const Eigen::Vector3d& b) const {
    return {std::remainder(length_around(b) - length_around(a), around), b[2] - a[2]};
  }
  double operator()(const Eigen::Vector3d& a, const Eigen::Vector3d& b) const { return unrolled(a, b).norm(); }
};

// Its triangles of 2.5 mm; with `noise` > 0 their corners lie off by up to `noise` across and twice that along the
// surface, and a ridge as high runs around it at every second row of triangles, as on contours of sliced images.
Surface rounded_square_surface(double noise) {
  const double length = 220e-3;
  unsigned seed = 1;
  const auto random = [&] {  // in [-1, 1]
    seed = seed * 1664525u + 1013904223u;
    return 2.0 * (seed >> 8) / (1 << 24) - 1;
  };
  return test::tube_surface(static_cast<int>(OnRoundedSquare::around / 2.5e-3), 88, [&](double theta, double t) {
    const double s = OnRoundedSquare::around * theta / (2 * M_PI) + 2 * noise * random();
    const bool end = t == 0 || t == 1;
    const double z = length * (t - 0.5) + (end ? 0 : 2 * noise * random());
    const Eigen::Vector3d p = OnRoundedSquare::point(s, z);
    const Eigen::Vector3d outward =
        (OnRoundedSquare::point(s + 1e-6, z) - OnRoundedSquare::point(s - 1e-6, z)).cross(z_axis).normalized();
    const double ridge = static_cast<int>(std::lround(88 * t)) % 2 == 0 ? noise / 2 : -noise / 2;
    return (p + (noise * random() + ridge) * outward).eval();
  });
}

// Lays the grid and compares all its places with the flat grid rolled around the tube: gives the worst relative error
// of a neighbour distance, and the worst misplacement of an electrode as part of the spacing.
std::pair<double, double> against_the_flat_grid(const Surface& skin, const GridOptions& options,
                                                const Eigen::Vector3d& anchor) {
  const OnRoundedSquare exact;
  const LaidGrid laid = lay_grid_measured(skin, options, anchor, z_axis);
  EXPECT_LE(laid.largest_error, 0.02) << laid.warning;
  EXPECT_TRUE(laid.warning.empty());
  double misplaced = 0;
  for (const Electrode& electrode : laid.electrodes) {
    const double x = (electrode.row - (options.rows + 1) / 2.0) * options.spacing,
                 y = (electrode.column - (options.columns + 1) / 2.0) * options.spacing;
    // Seen from outside with +z downward, the length around grows to the left.
    const Eigen::Vector2d wanted(-x * std::sin(options.rotation) - y * std::cos(options.rotation),
                                 x * std::cos(options.rotation) - y * std::sin(options.rotation));
    misplaced = std::max(misplaced, (exact.unrolled(anchor, electrode.position) - wanted).norm() / options.spacing);
  }
  return {worst_neighbour(laid.electrodes, options, exact), misplaced};
}

class GridsAroundCorners : public testing::TestWithParam<double> {};

TEST_P(GridsAroundCorners, LieAsTheFlatGridDoesForEveryPlaceAndRotation) {
  const double noise = GetParam();
  const Surface skin = rounded_square_surface(noise);
  double worst = 0, worst_place = 0;
  for (const auto& shape : {grid(8, 8), grid(8, 8, 10e-3), grid(13, 5)})
    for (const double s :
         {0.0, 14e-3, OnRoundedSquare::side / 2, OnRoundedSquare::side - 7e-3})  // face, its edge, corner
      for (const double degrees : {0.0, 20.0, 45.0, 90.0}) {
        GridOptions options = shape;
        options.rotation = degrees * M_PI / 180;
        SCOPED_TRACE(std::to_string(shape.rows) + " rows at " + std::to_string(s * 1e3) + " mm, " +
                     std::to_string(degrees));
        const auto [error, misplaced] = against_the_flat_grid(skin, options, OnRoundedSquare::point(s, 3e-3));
        worst = std::max(worst, error);
        worst_place = std::max(worst_place, misplaced);
      }
  EXPECT_LE(worst, 0.02);        // reached: 0.008 and, with noise, 0.012
  EXPECT_LE(worst_place, 0.03);  // reached: 0.011 and 0.015
}

INSTANTIATE_TEST_SUITE_P(Noise, GridsAroundCorners, testing::Values(0.0, 0.15e-3));

// The outside of the forearm phantom as meshing sees it before the volume exists: contoured without its skin.
struct ContouredForearm {
  Phantom phantom = make_forearm({});
  Surface outside;
  Eigen::Vector3d axis;  // slice 0 is proximal
  ContouredForearm() {
    std::ostringstream log;
    Report report(log, 0);
    ContourOptions options;
    options.edge_length = 2.5e-3;
    const SurfaceComplex complex =
        contour_label_map(phantom.map, {phantom.tissues.by_name("skin").label}, options, report);
    outside.points = complex.points;
    for (std::size_t i = 0; i < complex.triangles.size(); ++i)
      if (complex.triangle_regions[i][1] == SurfaceComplex::outside) outside.triangles.push_back(complex.triangles[i]);
    axis = phantom.map.voxel_to_world.linear().col(2).normalized();
  }
  TissuePoints voxels(int label) const {
    std::vector<Eigen::Vector3d> centres;
    const auto& map = phantom.map;
    for (int k = 0; k < map.size[2]; ++k)
      for (int j = 0; j < map.size[1]; ++j)
        for (int i = 0; i < map.size[0]; ++i)
          if (map.at(i, j, k) == label) centres.push_back(map.voxel_to_world * Eigen::Vector3d(i, j, k));
    TissuePoints result;
    result.points.resize(3, static_cast<Eigen::Index>(centres.size()));
    for (std::size_t i = 0; i < centres.size(); ++i) result.points.col(static_cast<Eigen::Index>(i)) = centres[i];
    result.weights = Eigen::VectorXd::Ones(result.points.cols());
    return result;
  }
};

TEST(ElectrodeGrid, LiesOverEveryMuscleOfTheForearmPhantomUnlessTheLimbEnds) {
  const ContouredForearm forearm;
  const double length = forearm.phantom.map.size[2] * forearm.phantom.map.spacing()[2];
  int laid = 0;
  for (const Tissue* muscle : forearm.phantom.tissues.of_kind(TissueKind::muscle)) {
    GridOptions options = grid(8, 8);
    const Eigen::Vector3d anchor = skin_point_over(forearm.voxels(muscle->label), forearm.outside, forearm.axis, 0.45);
    const double past = (anchor - forearm.phantom.map.voxel_to_world * Eigen::Vector3d(0, 0, -0.5)).dot(forearm.axis);
    // Half the grid and a contact, and 2 mm because a cone's rows are not across its axis.
    if (std::min(past, length - past) < 28e-3 + 2e-3 + 2e-3) continue;
    for (const double degrees : {0.0, 90.0}) {
      options.rotation = degrees * M_PI / 180;
      LaidGrid grid_there;
      ASSERT_NO_THROW(grid_there = lay_grid_measured(forearm.outside, options, anchor, forearm.axis)) << muscle->name;
      EXPECT_LE(grid_there.largest_error, 0.02) << muscle->name;
      ++laid;
    }
  }
  EXPECT_GE(laid, 24) << "of 16 muscles in two rotations";
}

// A lump under the grid that no net of equal meshes can follow: the error is told, and refused where it is large.
TEST(ElectrodeGrid, StrongDoubleCurvatureIsToldAndRefusedWhenLarge) {
  const auto over_lump = [](double height) {
    const Surface skin = test::tube_surface(160, 80, [&](double theta, double s) -> Eigen::Vector3d {
      const double z = 120e-3 * (s - 0.5), off = std::hypot(40e-3 * std::remainder(theta, 2 * M_PI), z) / 7e-3;
      const double radius = 40e-3 + height * std::exp(-off * off / 2);
      return {radius * std::cos(theta), radius * std::sin(theta), z};
    });
    return lay_grid_measured(skin, grid(8, 8), {50e-3, 0, 0}, z_axis);
  };
  EXPECT_LE(over_lump(10e-3).largest_error, 0.02);
  EXPECT_TRUE(over_lump(10e-3).warning.empty());
  // The net gives way suddenly: sound at 22 mm, refused at 28 mm.
  int told = 0;
  for (const double height : {23e-3, 23.5e-3, 24e-3, 24.5e-3}) {
    const LaidGrid laid = over_lump(height);
    EXPECT_LE(laid.largest_error, 0.15);
    EXPECT_EQ(laid.largest_error > 0.02,
              laid.warning.find("because the skin is strongly curved there") != std::string::npos);
    told += laid.warning.empty() ? 0 : 1;
  }
  EXPECT_GT(told, 0);
  const auto message = test::message_of<InputError>([&] { over_lump(28e-3); });
  EXPECT_NE(message.find("because the skin ends there or is too strongly curved"), std::string::npos) << message;
}

}  // namespace
}  // namespace bmiss
