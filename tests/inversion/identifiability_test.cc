// The map of motor units that a grid can see, against action potentials made fibre by fibre.
#include "inversion/scan/identifiability.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/report.h"
#include "base/tsv_file.h"
#include "forward/muap.h"
#include "support/infinite_medium.h"
#include "support/straight_muscle.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

constexpr double deviation = 2e-6;  // of white noise [V]
constexpr int n_lags = 90;

class IdentifiabilityTest : public testing::Test {
protected:
  IdentifiabilityTest() : field_(test::plane_grid(9, 5, 8e-3, 6e-3, -32e-3)) {
    skin_.points.resize(3, 4);
    skin_.points << -0.1, 0.1, 0.1, -0.1, 6e-3, 6e-3, 6e-3, 6e-3, -0.1, -0.1, 0.1, 0.1;
    skin_.triangles = {{0, 1, 2}, {0, 2, 3}};
    std::ostringstream log;
    Report report(log, 0);
    MuapModelOptions options;
    options.n_lags = n_lags;
    model_ = std::make_unique<MuapModel>(test::straight_muscle(1.2e-3, 45e-3), std::vector<std::string>{"muscle"},
                                         field_, *potential_, options, report);
    places_ = visible_places(*model_, NoiseSpectrum::white(45, deviation, n_lags), SurfaceLocator(skin_), options_);
  }
  // Norm of the action potential of a unit with many fibres around this place, [V].
  double norm_of_unit(const Eigen::Vector3d& centre, double zone, double velocity) const {
    RandomStream random(3, "fibres", 0);
    MotorUnit unit;
    unit.muscle = "muscle";
    unit.n_fibres = options_.n_fibres;
    const int n = 600;
    unit.weight_per_fibre = static_cast<double>(unit.n_fibres) / n;
    for (int i = 0; i < n; ++i) {
      const double r = options_.typical_radius() * std::sqrt(random.uniform()), phi = 6.283185307 * random.uniform();
      const double from = -45e-3 + 3e-3 * random.uniform(), to = 45e-3 - 3e-3 * random.uniform();
      MuscleFibre fibre;
      fibre.step = 0.5e-3;
      fibre.path.resize(3, static_cast<Eigen::Index>((to - from) / fibre.step));
      for (Eigen::Index k = 0; k < fibre.path.cols(); ++k)
        fibre.path.col(k) << centre.x() + r * std::cos(phi), centre.y() + r * std::sin(phi),
            from + fibre.step * static_cast<double>(k);
      fibre.junction = zone - from + 3e-3 * random.gaussian();
      fibre.velocity = velocity + 0.1 * random.gaussian();
      unit.fibres.push_back(fibre);
    }
    std::ostringstream log;
    Report report(log, 0);
    return synthesise_muaps({unit}, field_, *potential_, 2048, n_lags, report).front().waveform.norm();
  }
  test::InfiniteMedium field_;
  std::unique_ptr<ActionPotential> potential_ = action_potentials().create("rosenfalck");
  Surface skin_;
  IdentifiabilityOptions options_;
  std::unique_ptr<MuapModel> model_;
  std::vector<VisiblePlace> places_;
};

TEST_F(IdentifiabilityTest, AgreesWithUnitsMadeOfSingleFibresInWhiteNoise) {
  const VisiblePlace* deep = nullptr;
  const VisiblePlace* shallow = nullptr;
  for (const auto& place : places_) {
    if (std::abs(place.position.x()) > 4e-3) continue;
    if (std::abs(place.depth - 10e-3) < 1e-3) shallow = &place;
    if (std::abs(place.depth - 18e-3) < 1e-3) deep = &place;
  }
  ASSERT_TRUE(deep != nullptr && shallow != nullptr);
  for (const VisiblePlace* place : {shallow, deep}) {
    std::vector<double> found;
    for (const double zone : {-15e-3, 0.0, 15e-3})
      for (const double velocity : {3.4, 4.0, 4.6})
        found.push_back(norm_of_unit(place->position, zone, velocity) / deviation);
    std::sort(found.begin(), found.end());
    EXPECT_NEAR(place->separability, found[4], 0.04 * found[4]) << place->depth;
    EXPECT_NEAR(place->smallest_size * found[4], 5 * options_.typical_size(), 0.04 * 5 * options_.typical_size());
  }
}

TEST_F(IdentifiabilityTest, DeeperUnitsAreHarderToSee) {
  EXPECT_GT(places_.size(), 200U);
  EXPECT_LT(places_.size(), 400U);
  std::vector<VisiblePlace> column;  // one above the other
  for (const auto& place : places_)
    if (column.empty() || std::abs(place.position.x() - column.front().position.x()) < 0.3e-3) column.push_back(place);
  std::sort(column.begin(), column.end(),
            [](const VisiblePlace& a, const VisiblePlace& b) { return a.depth < b.depth; });
  ASSERT_GT(column.size(), 8U);
  for (std::size_t i = 1; i < column.size(); ++i) {
    EXPECT_LT(column[i].separability, column[i - 1].separability) << column[i].depth;
    EXPECT_GT(column[i].smallest_size, column[i - 1].smallest_size);
    EXPECT_NEAR(column[i].depth, 6e-3 - column[i].position.y(), 1e-9);
    EXPECT_NEAR(column[i].position.z(), 0, 1e-9);
  }
}

TEST_F(IdentifiabilityTest, NoPlaceLiesOutsideTheMuscle) {
  for (const auto& place : places_) {
    EXPECT_LT(std::abs(place.position.x()), 10e-3);
    EXPECT_LT(place.position.y(), 0);
    EXPECT_GT(place.position.y(), -16e-3);
  }
}

TEST_F(IdentifiabilityTest, IsWrittenAsATableAndAsPoints) {
  const test::ScratchFolder folder;
  write_visible_places(places_, options_, folder / "map.tsv");
  write_visible_places_vtu(places_, options_, folder / "map.vtu");
  const TsvFile table(folder / "map.tsv");
  ASSERT_EQ(table.n_rows(), places_.size());
  const VisiblePlace& place = places_[7];
  EXPECT_EQ(table.text(7, "muscle"), "muscle");
  EXPECT_NEAR(table.real(7, "x_mm"), 1e3 * place.position.x(), 1e-9);
  EXPECT_NEAR(table.real(7, "depth_mm"), 1e3 * place.depth, 1e-9);
  EXPECT_NEAR(table.real(7, "d_prime_of_typical_unit"), place.separability, 1e-9);
  EXPECT_NEAR(table.real(7, "smallest_size_S_um"), 1e6 * place.smallest_size, 1e-9);
  // A typical unit has 150 fibres.
  EXPECT_NEAR(table.real(7, "smallest_n_fibres"), std::ceil(150 * 5 / place.separability), 1);
  std::ifstream stream(folder / "map.vtu", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_NE(text.find("NumberOfPoints=\"" + std::to_string(places_.size()) + "\""), std::string::npos);
  for (const std::string name : {"d' of a typical unit", "depth (mm)", "smallest size (S um)"})
    EXPECT_NE(text.find("Name=\"" + name + "\""), std::string::npos) << name;
}

}  // namespace
}  // namespace bmiss
