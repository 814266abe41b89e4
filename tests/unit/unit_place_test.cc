// Where units lie under electrodes, in a straight muscle beneath a flat skin, both known exactly.
#include "forward/unit_place.h"

#include <gtest/gtest.h>

#include "base/errors.h"
#include "base/parameters.h"
#include "forward/motor_unit_placement.h"
#include "forward/territory_sites.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

// The square |x|, |z| <= 0.2 m at y = 0; the muscle lies below, at negative y.
Surface flat_skin() {
  Surface skin;
  skin.points.resize(3, 4);
  skin.points << -0.2, 0.2, 0.2, -0.2, 0, 0, 0, 0, -0.2, -0.2, 0.2, 0.2;
  skin.triangles = {{0, 2, 1}, {0, 3, 2}};
  return skin;
}

FibrePath straight_path(double x, double depth, double low, double high) {
  FibrePath path;
  path.step = 0.5e-3;
  path.points.resize(3, std::lround((high - low) / path.step) + 1);
  for (Eigen::Index k = 0; k < path.points.cols(); ++k)
    path.points.col(k) << x, -depth, low + path.step * static_cast<double>(k);
  return path;
}

std::vector<FibrePath> muscle() {
  std::vector<FibrePath> paths;
  for (int i = -30; i <= 30; ++i)
    for (int depth = 3; depth <= 25; ++depth) paths.push_back(straight_path(i * 1e-3, depth * 1e-3, -0.05, 0.06));
  return paths;
}

std::vector<Electrode> electrodes() {
  std::vector<Electrode> result(2);
  result[0].position = {-4e-3, 0, 0};
  result[1].position = {4e-3, 0, 20e-3};
  return result;
}

MuscleFibre fibre_along(const FibrePath& path, double junction) {
  MuscleFibre fibre;
  fibre.path = path.points;
  fibre.step = path.step;
  fibre.junction = junction;
  return fibre;
}

TEST(UnitPlace, IsTheMeanOfItsFibresUnderTheElectrodes) {
  const MuscleFrame frame = muscle_frame(electrodes(), {0, 0, 2});
  EXPECT_TRUE(frame.origin.isApprox(Eigen::Vector3d(0, 0, 10e-3)));
  MotorUnit unit;
  unit.fibres = {fibre_along(straight_path(2e-3, 6e-3, -0.04, 0.06), 0.0502),
                 fibre_along(straight_path(4e-3, 9e-3, -0.05, 0.04), 0.0702)};
  // The second runs the other way: its junction is 19.8 mm from the proximal end.
  unit.fibres[1].path = unit.fibres[1].path.rowwise().reverse().eval();
  unit.fibres[1].velocity = 4.4;
  unit.weight_per_fibre = 50;
  const Surface skin = flat_skin();
  const UnitPlace place = place_of(unit, frame, SurfaceLocator(skin));
  EXPECT_TRUE(place.position.isApprox(Eigen::Vector3d(3e-3, -7.5e-3, 10e-3), 1e-9));
  EXPECT_NEAR(place.depth, 7.5e-3, 1e-12);
  EXPECT_NEAR(place.innervation_zone, ((0.0102 - 0.01) + (-0.0302 - 0.01)) / 2, 1e-9);
  EXPECT_NEAR(place.proximal_end, (-0.05 - 0.06) / 2, 1e-9);
  EXPECT_NEAR(place.distal_end, (0.05 + 0.03) / 2, 1e-9);
  EXPECT_NEAR(place.velocity, 4.2, 1e-12);
  EXPECT_NEAR(place.size, 100 * std::acos(-1.0) * 27.5e-6 * 27.5e-6, 1e-15);
}

TEST(UnitPlace, OfAFibreThatEndsBeforeTheElectrodesIsItsNearestEnd) {
  const MuscleFrame frame = muscle_frame(electrodes(), {0, 0, 1});
  EXPECT_TRUE(frame.crossing(straight_path(1e-3, 5e-3, -0.05, 0.0).points).isApprox(Eigen::Vector3d(1e-3, -5e-3, 0)));
}

TEST(UnitPlace, AUnitWithoutFibresIsRefused) {
  MotorUnit unit;
  unit.id = 7;
  const Surface skin = flat_skin();
  EXPECT_EQ(test::message_of<InputError>([&] { place_of(unit, MuscleFrame(), SurfaceLocator(skin)); }),
            "motor unit 7 has no fibres, so it has no place");
}

TEST(TerritorySites, AreAsDeepAndAsNearAsAsked) {
  const auto paths = muscle();
  const Surface skin = flat_skin();
  const SurfaceLocator locator(skin);
  const MuscleFrame frame = muscle_frame(electrodes(), {0, 0, 1});
  const SiteOptions options{6.5e-3, 12.5e-3, 13e-3};
  const auto sites = territory_sites("m", paths, electrodes(), frame, locator, options);
  std::vector<int> expected;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const double x = paths[i].points(0, 0), depth = -paths[i].points(1, 0);
    const double distance = std::hypot(std::abs(x) - 4e-3, 10e-3);  // both electrodes are 10 mm from the plane
    if (depth > 6.5e-3 && depth < 12.5e-3 && distance <= 13e-3) expected.push_back(static_cast<int>(i));
  }
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(sites, expected);
  EXPECT_EQ(territory_sites("m", paths, electrodes(), frame, locator, {}).size(), paths.size());

  PlacementOptions placement;
  placement.fibres_per_unit = 20;
  double fibres = 0;
  for (const MotorUnit& unit : place_motor_units("m", paths, sites, placement, 3)) {
    EXPECT_GE(-unit.centre.y(), 6.5e-3);
    EXPECT_LE(-unit.centre.y(), 12.5e-3);
    fibres += unit.n_fibres;
  }
  EXPECT_NEAR(fibres / (200e6 * static_cast<double>(sites.size()) * 1e-6), 1, 0.2);
}

TEST(TerritorySites, WhereThereIsNoFibreTheMuscleIsDescribed) {
  const auto paths = muscle();
  const Surface skin = flat_skin();
  EXPECT_EQ(test::message_of<InputError>([&] {
              territory_sites("m", paths, electrodes(), muscle_frame(electrodes(), {0, 0, 1}), SurfaceLocator(skin),
                              {30e-3, 40e-3, 0});
            }),
            "no fibre of muscle 'm' lies as 'Motor units/Depths' and 'Motor units/Reach' ask: its fibres are 3.0 to "
            "25.0 mm deep and the nearest is 10.0 mm from an electrode; widen them");
}

TEST(TerritorySites, DepthsAreTwoAscendingNumbers) {
  for (const char* depths : {"5", "20, 5", "1, 2, 3"}) {
    Parameters p;
    SiteOptions::declare_parameters(p);
    p.read("", {std::string("Motor units/Depths=") + depths});
    EXPECT_NE(test::message_of<InputError>([&] {
                SiteOptions::parse_parameters(p);
              }).find("give two numbers, the smallest depth and a larger one, or none"),
              std::string::npos)
        << depths;
  }
  Parameters p;
  SiteOptions::declare_parameters(p);
  p.read("", {"Motor units/Depths=5, 20", "Motor units/Reach=8"});
  const SiteOptions options = SiteOptions::parse_parameters(p);
  EXPECT_DOUBLE_EQ(options.shallowest, 5e-3);
  EXPECT_DOUBLE_EQ(options.deepest, 20e-3);
  EXPECT_DOUBLE_EQ(options.reach, 8e-3);
}

}  // namespace
}  // namespace bmiss
