// Motor units in a straight muscle whose fibres are known.
#include <gtest/gtest.h>

#include "base/errors.h"
#include "base/parameters.h"
#include "forward/motor_unit_placement.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

// Paths along z on a lattice over a cross-section: every point (x, y) with inside(x, y).
template <typename Inside>
std::vector<FibrePath> lattice_muscle(Inside inside, double spacing = 1e-3, double length = 0.15) {
  std::vector<FibrePath> paths;
  for (int i = -40; i <= 40; ++i)
    for (int j = -40; j <= 40; ++j) {
      const double x = i * spacing, y = j * spacing;
      if (!inside(x, y)) continue;
      FibrePath path;
      path.step = 0.5e-3;
      path.points.resize(3, std::lround(length / path.step) + 1);
      for (Eigen::Index k = 0; k < path.points.cols(); ++k)
        path.points.col(k) << x, y, path.step * static_cast<double>(k);
      paths.push_back(path);
    }
  return paths;
}
std::vector<FibrePath> round_muscle() {
  return lattice_muscle([](double x, double y) { return std::hypot(x, y) <= 10.1e-3; });
}

TEST(CrossSection, IsThatOfTheMuscleAlsoWhenConcave) {
  const Eigen::Vector3d z = Eigen::Vector3d::UnitZ();
  EXPECT_NEAR(cross_section(round_muscle(), z) / (std::acos(-1.0) * 1e-4), 1, 0.1);
  // An L of two 20 x 8 mm arms, 256 mm2; its hull has 328 mm2.
  const auto l_shape = lattice_muscle(
      [](double x, double y) { return x > 0 && y > 0 && x < 20.5e-3 && y < 20.5e-3 && (x < 8.5e-3 || y < 8.5e-3); });
  EXPECT_NEAR(cross_section(l_shape, z) / 256e-6, 1, 0.1);
}

TEST(Placement, SizesAreExponentialAndAddUpToTheMusclesFibres) {
  PlacementOptions options;
  options.fibres_per_unit = 30;
  const auto units = place_motor_units("m", round_muscle(), options, 1);
  ASSERT_EQ(units.size(), 60u);
  double sum = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    sum += units[i].n_fibres;
    EXPECT_EQ(units[i].id, static_cast<int>(i));
    EXPECT_EQ(units[i].muscle, "m");
    EXPECT_NEAR(units[i].n_fibres, units[0].n_fibres * std::exp(std::log(30.0) * static_cast<double>(i) / 59),
                0.02 * units[i].n_fibres + 1);
    EXPECT_NEAR(units[i].weight_per_fibre * static_cast<double>(units[i].fibres.size()), units[i].n_fibres, 1e-9);
    EXPECT_LE(units[i].fibres.size(), 30u);
  }
  EXPECT_NEAR(sum, 200e6 * cross_section(round_muscle(), Eigen::Vector3d::UnitZ()), 0.01 * sum);
}

TEST(Placement, TerritoriesAreBoundedAndHoldTheirFibres) {
  const auto units = place_motor_units("m", round_muscle(), {}, 2);
  for (const auto& unit : units) {
    const double free = std::sqrt(unit.n_fibres / (std::acos(-1.0) * 20e6));
    EXPECT_DOUBLE_EQ(unit.territory_radius, std::clamp(free, 1e-3, 6e-3));
    EXPECT_LE(std::hypot(unit.centre.x(), unit.centre.y()), 10.1e-3);
    for (const auto& fibre : unit.fibres)
      EXPECT_LE((fibre.path.col(0) - unit.centre).head<2>().norm(), unit.territory_radius + 1e-12);
  }
  EXPECT_GT(units.back().territory_radius, 2 * units.front().territory_radius);
}

TEST(Placement, JunctionsScatterAroundTheZoneAndStayOnTheFibre) {
  PlacementOptions options;
  options.innervation_zone = 0.4;
  options.innervation_scatter = 0.02;
  const auto paths = round_muscle();
  double sum = 0, square = 0;
  int n = 0;
  for (const auto& unit : place_motor_units("m", paths, options, 3))
    for (const auto& fibre : unit.fibres) {
      const double at = fibre.path(2, 0) + fibre.junction;  // height in the muscle
      const double d = at - 0.15 * unit.innervation_zone;
      sum += d, square += d * d, ++n;
      EXPECT_NEAR(unit.innervation_zone, 0.4, 0.06 + 1e-12);
      EXPECT_GE(fibre.junction, 10e-3);
      EXPECT_LE(fibre.junction, fibre.length() - 10e-3);
    }
  EXPECT_NEAR(sum / n, 0, 5 * 3e-3 / std::sqrt(n));
  EXPECT_NEAR(std::sqrt(square / n), 0.9866 * 3e-3, 0.15e-3);
}

TEST(Placement, JunctionsKeepTheirDistanceFromTheEnds) {
  PlacementOptions options;
  options.innervation_zone = 0;
  options.innervation_scatter = 0;
  options.junction_scatter = 20e-3;
  for (const auto& unit : place_motor_units("m", round_muscle(), options, 3))
    for (const auto& fibre : unit.fibres) EXPECT_GE(fibre.junction, 10e-3 - 1e-12);
}

TEST(Placement, FibresOfAReversedPathFireAtTheSamePlace) {
  PlacementOptions options;
  options.innervation_zone = 0.3;
  options.innervation_scatter = options.junction_scatter = 0;
  auto paths = round_muscle();
  for (std::size_t k = 1; k < paths.size(); k += 2) paths[k].points = paths[k].points.rowwise().reverse().eval();
  for (const auto& unit : place_motor_units("m", paths, options, 3))
    for (const auto& fibre : unit.fibres) {
      const double along = fibre.path(2, 1) > fibre.path(2, 0) ? 1 : -1;
      EXPECT_NEAR(fibre.path(2, 0) + along * fibre.junction, 0.3 * 0.15, 1e-9);
    }
}

TEST(Placement, TendonsScatterByWholeStepsWithinTheirBound) {
  double shortest = 1, longest = 0;
  for (const auto& unit : place_motor_units("m", round_muscle(), {}, 4))
    for (const auto& fibre : unit.fibres) {
      EXPECT_NEAR((fibre.path.rightCols<1>() - fibre.path.leftCols<1>()).norm(), fibre.length(), 1e-12);
      shortest = std::min(shortest, fibre.length());
      longest = std::max(longest, fibre.length());
    }
  EXPECT_GE(shortest, 0.15 - 6e-3 - 1e-12);
  EXPECT_LT(shortest, 0.146);
  EXPECT_GT(longest, 0.149);
}

TEST(Placement, LargerUnitsAreFasterAndTheScatterIsAsDemanded) {
  PlacementOptions options;
  options.n_units = 400;
  const auto units = place_motor_units("m", round_muscle(), options, 5);
  double sum = 0, square = 0, small = 0, large = 0;
  for (std::size_t i = 0; i < units.size(); ++i) {
    sum += units[i].velocity / 400;
    square += std::pow(units[i].velocity - 4, 2) / 400;
    (i < 200 ? small : large) += units[i].velocity / 200;
  }
  EXPECT_NEAR(sum, 4, 0.05);
  EXPECT_NEAR(std::sqrt(square), 0.3, 0.03);
  EXPECT_NEAR(large - small, 2 * 0.8 * 0.3 * std::sqrt(3) / 2, 0.06);  // mean rank of a half is sqrt(3)/2 sd
}

TEST(Placement, IsDeterministicAndMusclesDiffer) {
  const auto paths = round_muscle();
  const auto centres = [&](const char* muscle, unsigned seed) {
    std::vector<double> result;
    for (const auto& unit : place_motor_units(muscle, paths, {}, seed))
      for (const auto& fibre : unit.fibres) result.push_back(fibre.junction + unit.centre.x() + fibre.velocity);
    return result;
  };
  EXPECT_EQ(centres("a", 1), centres("a", 1));
  EXPECT_NE(centres("a", 1), centres("a", 2));
  EXPECT_NE(centres("a", 1), centres("b", 1));
}

TEST(Placement, AFewPathsServeManyFibres) {
  auto paths = round_muscle();
  paths.resize(2);
  const auto units = place_motor_units("m", paths, {}, 1);
  EXPECT_GE(units.back().fibres.size(), 2u);
  EXPECT_NE(units.back().fibres[0].junction, units.back().fibres.back().junction);
}

TEST(Placement, AMuscleWithoutPathsIsRefused) {
  EXPECT_EQ(test::message_of<InputError>([] { place_motor_units("soleus", {}, {}, 1); }),
            "muscle 'soleus' has no fibre paths, so no motor unit can be placed in it; trace its fibres first with "
            "more seeds or a "
            "smaller shortest length");
  auto paths = lattice_muscle([](double x, double y) { return x == 0 && y == 0; }, 1e-3, 5e-3);
  EXPECT_EQ(test::message_of<InputError>([&] { place_motor_units("soleus", paths, {}, 1); }),
            "a fibre path of muscle 'soleus' has 11 points; 12 or more are needed, so take a smaller step or a larger "
            "shortest "
            "length");
}

TEST(Placement, ParametersAreReadInSi) {
  Parameters p;
  PlacementOptions::declare_parameters(p);
  p.read("", {"Motor units/Largest territory=4", "Motor units/Fibre density=100", "Motor units/Innervation zone=40"});
  const auto options = PlacementOptions::parse_parameters(p);
  EXPECT_DOUBLE_EQ(options.largest_territory, 4e-3);
  EXPECT_DOUBLE_EQ(options.fibre_density, 100e6);
  EXPECT_DOUBLE_EQ(options.innervation_zone, 0.4);
  EXPECT_DOUBLE_EQ(options.fibre_radius, 27.5e-6);
  Parameters q;
  PlacementOptions::declare_parameters(q);
  q.read("", {"Motor units/Smallest territory=7"});
  EXPECT_NE(
      test::message_of<InputError>([&] { PlacementOptions::parse_parameters(q); }).find("exceeds the largest of 6 mm"),
      std::string::npos);
}

}  // namespace
}  // namespace bmiss
