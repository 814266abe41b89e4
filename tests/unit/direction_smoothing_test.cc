// Bends of fibre directions that a rough surface causes.
#include "anatomy/direction_smoothing.h"

#include <gtest/gtest.h>

#include <cmath>

#include "anatomy/muscle_tets.h"
#include "support/structured_meshes.h"

namespace bmiss {
namespace {

constexpr double length = 120e-3, wavelength = 25e-3;

MuscleTets bar() {
  return muscle_tets(test::box_mesh({12e-3, 12e-3, length}, 5, 60), 1);
}

// Along z, turned towards x by the angle that `bend` gives at z.
template <typename Bend>
Eigen::Matrix3Xd bent(const MuscleTets& piece, const Bend& bend) {
  Eigen::Matrix3Xd directions(3, piece.size());
  for (int tet = 0; tet < piece.size(); ++tet) {
    const double angle = bend(piece.centroid(tet).z());
    directions.col(tet) << std::sin(angle), 0, std::cos(angle);
  }
  return directions;
}

// Largest |smoothed - wanted| over tetrahedra at least `margin` from both ends, as an angle.
template <typename Bend>
double largest_difference(const MuscleTets& piece, const Eigen::Matrix3Xd& found, const Bend& wanted, double margin) {
  double largest = 0;
  for (int tet = 0; tet < piece.size(); ++tet) {
    const double z = piece.centroid(tet).z();
    if (z < margin || z > length - margin) continue;
    largest = std::max(largest, std::abs(std::atan2(found(0, tet), found(2, tet)) - wanted(z)));
  }
  return largest;
}

TEST(DirectionSmoothing, HalvesTheStatedWavelengthAndRemovesShorterOnes) {
  const MuscleTets piece = bar();
  const double size = 0.02;  // [rad]
  const auto wave = [&](double z, double period) { return size * std::cos(2 * M_PI * (z - length / 2) / period); };
  for (const auto& [period, kept] :
       {std::pair{wavelength, 0.5}, {3 * wavelength, 81.0 / 82}, {wavelength / 2.5, 0.025}}) {
    Eigen::Matrix3Xd directions = bent(piece, [&](double z) { return wave(z, period); });
    smooth_along_fibres(piece, wavelength, directions);
    EXPECT_LT(largest_difference(
                  piece, directions, [&](double z) { return kept * wave(z, period); }, 1.5 * wavelength),
              0.06 * size)
        << period;
  }
}

TEST(DirectionSmoothing, KeepsFibresThatTurnEvenlyUpToTheirEnds) {
  const MuscleTets piece = bar();
  const auto arc = [](double z) { return 0.1 * (z - length / 2) / (length / 2); };
  Eigen::Matrix3Xd directions = bent(piece, arc);
  smooth_along_fibres(piece, wavelength, directions);
  EXPECT_LT(largest_difference(piece, directions, arc, 0),
            0.003);  // a change of 0.003 from one tetrahedron to the next
}

TEST(DirectionSmoothing, WithoutWavelengthOnlyAveragesNeighbours) {
  const MuscleTets piece = bar();
  const auto wave = [](double z) { return 0.02 * std::cos(2 * M_PI * z / 25e-3); };
  Eigen::Matrix3Xd directions = bent(piece, wave);
  smooth_along_fibres(piece, 0, directions);
  EXPECT_LT(largest_difference(piece, directions, wave, 5e-3), 0.003);
}

}  // namespace
}  // namespace bmiss
