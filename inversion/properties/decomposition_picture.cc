#include "inversion/properties/decomposition_picture.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/table.h"
#include "forward/chart_canvas.h"

namespace bmiss {
namespace {

constexpr double width = 1800, height = 960;               // of the sheet [pixels]
constexpr double top = 60, left = 80, raster_width = 880;  // [pixels]
constexpr double maps_left = left + raster_width + 60, maps_width = width - maps_left - 24, bottom = 66, gap = 24;
constexpr double highest_row = 90, lowest_drive = 130;  // [pixels]
constexpr double letters = 16, title_letters = 19;
constexpr std::size_t most_maps = 4;
constexpr Colour grey{0.80, 0.80, 0.80}, dark{0.25, 0.25, 0.30}, pale{0.80, 0.86, 0.93};
// Of Okabe & Ito (2008), which all eyes tell apart.
const Colour colours[most_maps] = {{0.00, 0.45, 0.70}, {0.84, 0.37, 0.00}, {0.00, 0.62, 0.45}, {0.80, 0.47, 0.65}};

struct Box {
  double left, top, width, height;
  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

void time_axis(ChartCanvas& canvas, const Box& box, double duration) {
  const double step = round_number_below(duration / 4);
  for (int k = 0; k * step <= duration * (1 + 1e-9); ++k) {
    const double x = box.left + box.width * k * step / duration;
    canvas.line(x, box.bottom(), x, box.bottom() + 6, 1, dark);
    canvas.text(x, box.bottom() + 24, letters, format("%g", k * step), TextAnchor::middle);
  }
  canvas.text(box.left + box.width / 2, box.bottom() + 50, letters, "time [s]", TextAnchor::middle);
}

void draw_raster(ChartCanvas& canvas, const Box& box, const std::vector<UnitSpikes>& units, double duration) {
  canvas.line(box.left, box.bottom(), box.right(), box.bottom(), 1, grey);
  canvas.line(box.left, box.top, box.left, box.bottom(), 1, grey);
  canvas.upward_text(28, box.top + box.height / 2, letters, "motor unit");
  if (units.empty()) {
    canvas.text(box.left + box.width / 2, box.top + box.height / 2, letters, "no unit was found", TextAnchor::middle);
    return;
  }
  const double row = std::min(highest_row, box.height / static_cast<double>(units.size()));
  const auto labelled = static_cast<std::size_t>(std::ceil(1.1 * letters / row));
  for (std::size_t i = 0; i < units.size(); ++i) {
    const double y = box.top + row * (static_cast<double>(i) + 0.5);
    if (i % labelled == 0)
      canvas.text(box.left - 8, y + 0.35 * letters, letters, std::to_string(units[i].id), TextAnchor::right);
    for (const double t : units[i].times) {
      const double x = box.left + box.width * t / duration;
      canvas.line(x, y - 0.4 * row, x, y + 0.4 * row, 1, i < most_maps ? colours[i] : dark);
    }
  }
}

void draw_drive(ChartCanvas& canvas, const Box& box, const NeuralDrive& drive, double duration) {
  const auto n = static_cast<Eigen::Index>(drive.rate.size());
  const double highest = std::max(1.0, *std::max_element(drive.rate.begin(), drive.rate.end()));
  Eigen::Matrix2Xd points(2, n);
  for (Eigen::Index k = 0; k < n; ++k)
    points.col(k) << box.left + box.width * std::min(1.0, static_cast<double>(k) * drive.step / duration),
        box.bottom() - 0.92 * box.height * drive.rate[static_cast<std::size_t>(k)] / highest;
  canvas.area(points, box.bottom(), pale);
  canvas.curve(points, 1.5, colours[0]);
  canvas.line(box.left, box.top, box.left, box.bottom(), 1, grey);
  canvas.line(box.left, box.bottom(), box.right(), box.bottom(), 1, grey);
  const double step = round_number_below(highest / 2);
  for (int k = 0; k * step <= highest; ++k) {
    const double y = box.bottom() - 0.92 * box.height * k * step / highest;
    canvas.line(box.left - 5, y, box.left, y, 1, dark);
    canvas.text(box.left - 8, y + 0.35 * letters, letters, format("%g", k * step), TextAnchor::right);
  }
  canvas.upward_text(28, box.top + box.height / 2, letters, "spikes/s");
}

// Samples in which a channel of a shown unit exceeds a twentieth of the unit's peak, and 3 ms on both sides.
std::pair<Eigen::Index, Eigen::Index> samples_shown(const UnitWaveforms& waveforms, std::size_t n_maps) {
  Eigen::Index first = waveforms.waveforms.front().cols() - 1, last = 0;
  for (std::size_t i = 0; i < n_maps; ++i) {
    const Eigen::RowVectorXd size = waveforms.waveforms[i].cwiseAbs().colwise().maxCoeff();
    for (Eigen::Index t = 0; t < size.size(); ++t)
      if (size[t] > 0.05 * size.maxCoeff()) first = std::min(first, t), last = std::max(last, t);
  }
  const Eigen::Index n = waveforms.waveforms.front().cols(), margin = std::lround(3e-3 * waveforms.rate);
  if (last <= first) return {0, n};
  first = std::max<Eigen::Index>(0, first - margin), last = std::min(n - 1, last + margin);
  return {first, last - first + 1};
}

// Of one unit's map: a cell for each place between neighbours.
struct MapGrid {
  std::size_t across = 1, down = 1;  // maps
  double cell_width = 1, cell_height = 1;
};

// The arrangement of the maps that gives waveforms most room.
MapGrid arrange(std::size_t n_maps, double n_columns, double n_rows, double room_height) {
  constexpr double label_height = 90;  // over and under a map
  MapGrid best;
  for (std::size_t across = 1; across <= n_maps; ++across) {
    MapGrid grid;
    grid.across = across;
    grid.down = (n_maps + across - 1) / across;
    grid.cell_width = (maps_width / static_cast<double>(across) - gap) / n_columns;
    grid.cell_height = (room_height / static_cast<double>(grid.down) - label_height) / n_rows;
    grid.cell_width = std::min(grid.cell_width, 2.2 * grid.cell_height);
    grid.cell_height = std::min(grid.cell_height, 1.2 * grid.cell_width);
    if (across == 1 || grid.cell_width * grid.cell_height > best.cell_width * best.cell_height) best = grid;
  }
  return best;
}

void draw_map(ChartCanvas& canvas, double x0, double y0, const MapGrid& grid, const Eigen::MatrixXd& waveform,
              const Eigen::Matrix2Xd& layout, double rate, const std::string& name, const Colour& colour) {
  const double peak_to_peak = (waveform.rowwise().maxCoeff() - waveform.rowwise().minCoeff()).maxCoeff();
  const double volts_per_pixel = peak_to_peak > 0 ? peak_to_peak / (1.5 * grid.cell_height) : 1;  // neighbours overlap
  const double samples_per_pixel = static_cast<double>(waveform.cols() - 1) / (0.9 * grid.cell_width);
  canvas.text(x0, y0 + 14, letters, name + "    " + format("%.3g", 1e6 * peak_to_peak) + " µV peak to peak");
  const double map_top = y0 + 32, map_bottom = map_top + (layout.row(1).maxCoeff() + 1) * grid.cell_height;
  for (Eigen::Index c = 0; c < waveform.rows(); ++c) {
    const double x = x0 + layout(0, c) * grid.cell_width, y = map_top + (layout(1, c) + 0.5) * grid.cell_height;
    Eigen::Matrix2Xd points(2, waveform.cols());
    for (Eigen::Index t = 0; t < waveform.cols(); ++t)
      points.col(t) << x + static_cast<double>(t) / samples_per_pixel, y - waveform(c, t) / volts_per_pixel;
    canvas.line(x, y, x + 0.9 * grid.cell_width, y, 0.7, grey);
    canvas.curve(points, 1.3, colour);
  }
  if (!(peak_to_peak > 0)) return;
  const double volts = round_number_below(24 * volts_per_pixel);
  const double seconds = round_number_below(std::max(50.0, 0.9 * grid.cell_width) * samples_per_pixel / rate);
  const double bar = volts / volts_per_pixel, base = map_bottom + 32, time_bar = seconds * rate / samples_per_pixel;
  canvas.line(x0 + 1, base, x0 + 1, base - bar, 2, {});
  canvas.line(x0, base, x0 + time_bar, base, 2, {});
  canvas.text(x0 + time_bar + 8, base, 14, format("%g", 1e6 * volts) + " µV, " + format("%g ms", 1e3 * seconds));
}

void draw_maps(ChartCanvas& canvas, const std::vector<UnitSpikes>& units, const UnitWaveforms& waveforms,
               const Eigen::Matrix2Xd& layout) {
  const std::size_t n_maps = std::min(units.size(), most_maps);
  const double n_columns = layout.row(0).maxCoeff() + 1, n_rows = layout.row(1).maxCoeff() + 1;
  const MapGrid grid = arrange(n_maps, n_columns, n_rows, height - top - 20);
  const auto [first, count] = samples_shown(waveforms, n_maps);
  for (std::size_t i = 0; i < n_maps; ++i) {
    const double x = maps_left + maps_width / static_cast<double>(grid.across) * static_cast<double>(i % grid.across);
    const double y = top + (height - top - 20) / static_cast<double>(grid.down) * static_cast<double>(i / grid.across);
    const Eigen::MatrixXd shown = waveforms.waveforms[i].middleCols(first, count);
    draw_map(canvas, x, y, grid, shown, layout, waveforms.rate, "unit " + std::to_string(units[i].id), colours[i]);
  }
}

}  // namespace

void draw_decomposition(const std::vector<UnitSpikes>& units, const NeuralDrive& drive, const UnitWaveforms& waveforms,
                        const Eigen::Matrix2Xd& layout, double duration, const std::string& path) {
  BMISS_ASSERT(waveforms.waveforms.size() == units.size() && duration > 0 && !drive.rate.empty());
  BMISS_ASSERT(layout.cols() == static_cast<Eigen::Index>(waveforms.channels.size()));
  ChartCanvas canvas(width, height);
  canvas.text(left, 32, title_letters,
              std::to_string(units.size()) + (units.size() == 1 ? " motor unit" : " motor units"));
  const double room = height - top - gap - bottom,
               rows = highest_row * static_cast<double>(std::max<std::size_t>(1, units.size()));
  const Box raster{left, top, raster_width, std::min(rows, room - lowest_drive)};
  const Box below{left, raster.bottom() + gap, raster_width, room - raster.height};
  draw_raster(canvas, raster, units, duration);
  draw_drive(canvas, below, drive, duration);
  time_axis(canvas, below, duration);
  if (!units.empty()) {
    canvas.text(maps_left, 32, title_letters, "action potentials at the electrodes");
    draw_maps(canvas, units, waveforms, layout);
  }
  canvas.write(path);
}

}  // namespace bmiss
