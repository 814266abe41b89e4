// What the picture of a decomposition shows, read from its pixels, and the waveforms in it.
#include "inversion/properties/decomposition_picture.h"

#include <cairo.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>
#include <sstream>

#include "base/errors.h"
#include "base/report.h"
#include "physiology/random_stream.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

constexpr double rate = 2048;

// Columns of a PNG with pixels for which `is_wanted(red, green, blue)`.
template <typename Predicate>
std::set<int> columns_with(const std::string& path, Predicate&& is_wanted) {
  const std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface(
      cairo_image_surface_create_from_png(path.c_str()), cairo_surface_destroy);
  EXPECT_EQ(cairo_surface_status(surface.get()), CAIRO_STATUS_SUCCESS) << path;
  const unsigned char* data = cairo_image_surface_get_data(surface.get());
  std::set<int> columns;
  for (int y = 0; y < cairo_image_surface_get_height(surface.get()); ++y)
    for (int x = 0; x < cairo_image_surface_get_width(surface.get()); ++x) {
      const unsigned char* p = data + y * cairo_image_surface_get_stride(surface.get()) + 4 * x;  // blue first
      if (is_wanted(p[2], p[1], p[0])) columns.insert(x);
    }
  return columns;
}

// Two units with waveforms of three channels, whose spikes often overlap, in a little noise.
struct Simulation {
  Simulation() {
    RandomStream random(2, "spikes", 0);
    recording.rate = rate;
    recording.power_line = std::nan("");
    recording.signal.resize(3, 20 * static_cast<Eigen::Index>(rate));
    for (double& v : recording.signal.reshaped()) v = 1e-6 * random.gaussian();
    for (int c = 0; c < 3; ++c) {
      recording.channels.emplace_back();
      recording.channels.back().name = "E" + std::to_string(c + 1);
    }
    for (int u = 0; u < 2; ++u) {
      Eigen::MatrixXd waveform(3, 60);
      for (Eigen::Index c = 0; c < 3; ++c)
        for (Eigen::Index t = 0; t < 60; ++t) {
          const double s = (static_cast<double>(t) - 20 - 4.0 * static_cast<double>(u == 0 ? c : 2 - c)) / 5;
          waveform(c, t) = 1e-4 * (1 + u) * s * std::exp(-s * s / 2);
        }
      waveforms.push_back(waveform);
      units.push_back({u, {}});
      for (double t = 0.2; t < 19.5; t += 0.08 + 0.04 * random.uniform()) {
        const auto sample = std::lround(t * rate);
        units.back().times.push_back(static_cast<double>(sample) / rate);
        recording.signal.middleCols(sample, 60) += waveform;
      }
    }
  }
  Recording recording;
  std::vector<Eigen::MatrixXd> waveforms;  // from the spike on [V]
  std::vector<UnitSpikes> units;
};

TEST(UnitWaveforms, TakeOverlapsWithOtherUnitsOut) {
  const Simulation simulation;
  PrepareOptions options;
  const UnitWaveforms found = unit_waveforms(simulation.recording, simulation.units, options);
  ASSERT_EQ(found.waveforms.size(), 2U);
  EXPECT_EQ(found.channels, (std::vector<Eigen::Index>{0, 1, 2}));
  EXPECT_NEAR(found.first, -15e-3, 0.5 / rate);
  std::ostringstream log;
  Report report(log, 0);
  const PreparedSignal prepared = prepare_channels(simulation.recording, options, report);
  const Eigen::Index before = std::lround(-found.first * rate);
  for (std::size_t u = 0; u < 2; ++u) {
    Eigen::MatrixXd padded = Eigen::MatrixXd::Zero(3, found.waveforms[u].cols());
    padded.middleCols(before, 60) = simulation.waveforms[u];
    const Eigen::MatrixXd expected = prepared.scale * prepared.apply(padded).cast<double>();
    EXPECT_LT((found.waveforms[u] - expected).norm(), 0.05 * expected.norm());
  }
}

TEST(DecompositionPicture, ShowsSpikesWhenTheyOccur) {
  const test::ScratchFolder folder;
  UnitWaveforms waveforms;
  waveforms.rate = rate;
  waveforms.channels = {0};
  // The colour of the second unit, paler at the edges of lines.
  const auto is_orange = [](int red, int, int blue) { return red - blue > 80; };
  std::vector<UnitSpikes> units(5);
  for (int u = 0; u < 5; ++u) {
    units[static_cast<std::size_t>(u)].id = u;
    waveforms.waveforms.emplace_back(Eigen::MatrixXd::Constant(1, 100, 1e-5));
  }
  units[1].times = {5, 15};
  const Eigen::Matrix2Xd layout = Eigen::Matrix2Xd::Zero(2, 1);
  draw_decomposition(units, neural_drive(units, 20), waveforms, layout, 20, folder / "a.png");
  const std::set<int> with = columns_with(folder / "a.png", is_orange);
  units[1].times = {};
  draw_decomposition(units, neural_drive(units, 20), waveforms, layout, 20, folder / "b.png");
  std::vector<int> spikes;
  for (const int x : with)
    if (x < 960) spikes.push_back(x);
  // Antialiased lines are one or two pixels wide.
  ASSERT_FALSE(spikes.empty());
  EXPECT_NEAR(spikes.front(), 80 + 880 * 5 / 20, 1);
  EXPECT_NEAR(spikes.back(), 80 + 880 * 15 / 20, 1);
  for (const int x : columns_with(folder / "b.png", is_orange)) EXPECT_GT(x, 960);
}

TEST(DecompositionPicture, IsDrawnWithoutUnitsToo) {
  const test::ScratchFolder folder;
  const Simulation simulation;
  const UnitWaveforms none = unit_waveforms(simulation.recording, {}, PrepareOptions());
  EXPECT_TRUE(none.waveforms.empty());
  draw_decomposition({}, neural_drive({}, 20), none, Eigen::Matrix2Xd::Zero(2, 3), 20, folder / "none.png");
  EXPECT_FALSE(columns_with(folder / "none.png", [](int r, int, int) { return r < 50; }).empty());
}

TEST(DecompositionPicture, ThatCannotBeWrittenLeavesNoFile) {
  const test::ScratchFolder folder;
  const Simulation simulation;
  const UnitWaveforms waveforms = unit_waveforms(simulation.recording, simulation.units, PrepareOptions());
  const std::string message = test::message_of<InputError>([&] {
    draw_decomposition(simulation.units, neural_drive(simulation.units, 20), waveforms, Eigen::Matrix2Xd::Zero(2, 3),
                       20, folder / "absent/a.png");
  });
  EXPECT_NE(message.find("absent/a.png: cannot be written"), std::string::npos) << message;
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace bmiss
