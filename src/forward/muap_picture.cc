#include "forward/muap_picture.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "base/errors.h"
#include "base/table.h"
#include "forward/chart_canvas.h"

namespace bmiss {
namespace {

constexpr double cell_width = 84, cell_height = 58, margin = 24, header = 48, footer = 58, gap = 36;  // [pixels]

struct Cell {
  Eigen::Index channel;
  int row, column;
};
struct Grid {
  std::string name;
  std::vector<Cell> cells;
  int rows = 0, columns = 0;
};

// Electrodes by grid. Those whose rows and columns are not told apart are laid out in rows of eight.
std::vector<Grid> arrange(const ElectrodeArray& electrodes) {
  std::map<std::string, Grid> grids;
  for (std::size_t e = 0; e < electrodes.electrodes.size(); ++e) {
    const auto& electrode = electrodes.electrodes[e];
    grids[electrode.group].cells.push_back({static_cast<Eigen::Index>(e), electrode.row, electrode.column});
  }
  std::vector<Grid> result;
  for (auto& [name, grid] : grids) {
    grid.name = name;
    std::set<std::pair<int, int>> places;
    for (const auto& cell : grid.cells) places.insert({cell.row, cell.column});
    const auto [first_row, first_column] = *places.begin();
    int lowest_column = first_column;
    for (const auto& place : places) lowest_column = std::min(lowest_column, place.second);
    for (std::size_t k = 0; k < grid.cells.size(); ++k) {
      Cell& cell = grid.cells[k];
      if (places.size() < grid.cells.size())
        cell = {cell.channel, static_cast<int>(k / 8), static_cast<int>(k % 8)};
      else
        cell = {cell.channel, cell.row - first_row, cell.column - lowest_column};
      grid.rows = std::max(grid.rows, cell.row + 1);
      grid.columns = std::max(grid.columns, cell.column + 1);
    }
    result.push_back(grid);
  }
  return result;
}

// What is drawn, and its scale.
struct Scale {
  Eigen::Index n_samples, largest;  // samples shown; channel of the largest peak-to-peak
  double peak_to_peak;              // of that channel [V]
  double volts_per_pixel, samples_per_pixel;
};

Scale choose_scale(const Eigen::MatrixXd& waveform) {
  Scale scale{waveform.cols(), 0, 0, 1, 1};
  const Eigen::VectorXd sizes = waveform.rowwise().maxCoeff() - waveform.rowwise().minCoeff();
  scale.peak_to_peak = sizes.maxCoeff(&scale.largest);
  const double peak = waveform.cwiseAbs().maxCoeff();
  while (scale.n_samples > 8 && waveform.col(scale.n_samples - 1).cwiseAbs().maxCoeff() <= 0.01 * peak)
    --scale.n_samples;
  if (peak > 0) scale.volts_per_pixel = scale.peak_to_peak / (1.3 * cell_height);  // neighbours may overlap a little
  scale.samples_per_pixel = static_cast<double>(scale.n_samples - 1) / (0.88 * cell_width);
  return scale;
}

constexpr Colour axis_colour{0.85, 0.85, 0.85}, waveform_colour{0.12, 0.30, 0.55}, largest_colour{0.80, 0.15, 0.10};

void draw_waveform(ChartCanvas& canvas, double x, double y, const Eigen::RowVectorXd& values, const Scale& scale,
                   const Colour& colour) {
  Eigen::Matrix2Xd points(2, scale.n_samples);
  for (Eigen::Index n = 0; n < scale.n_samples; ++n)
    points.col(n) << x + static_cast<double>(n) / scale.samples_per_pixel, y - values[n] / scale.volts_per_pixel;
  canvas.curve(points, 1.3, colour);
}

void draw_bars(ChartCanvas& canvas, double y, const Scale& scale, double rate) {
  const double volts = round_number_below(0.8 * cell_height * scale.volts_per_pixel),
               height = volts / scale.volts_per_pixel;
  const double seconds = round_number_below(0.8 * cell_width * scale.samples_per_pixel / rate);
  const double width = seconds * rate / scale.samples_per_pixel;
  canvas.line(margin, y, margin, y - height, 2, {});
  canvas.line(margin, y, margin + width, y, 2, {});
  canvas.text(margin + 6, y - height + 11, 12, format("%g", volts * 1e6) + " µV");
  canvas.text(margin, y + 15, 12, format("%g", seconds * 1e3) + " ms");
}

}  // namespace

void draw_muap(const Muap& muap, const ElectrodeArray& electrodes, const std::string& path) {
  if (muap.waveform.rows() != static_cast<Eigen::Index>(electrodes.electrodes.size()) || muap.waveform.rows() == 0)
    throw InputError("the action potential of unit " + std::to_string(muap.unit) + " has " +
                     std::to_string(muap.waveform.rows()) + " channels but there are " +
                     std::to_string(electrodes.electrodes.size()) + " electrodes");
  BMISS_ASSERT(muap.waveform.cols() > 1 && muap.rate > 0);
  const std::vector<Grid> grids = arrange(electrodes);
  const Scale scale = choose_scale(muap.waveform);
  double width = margin - gap, height = 0;
  for (const auto& grid : grids) {
    width += grid.columns * cell_width + gap;
    height = std::max(height, grid.rows * cell_height);
  }
  ChartCanvas canvas(std::max(width + margin, 420.0), header + height + footer);
  canvas.text(margin, 22, 15,
              "motor unit " + std::to_string(muap.unit) + "    " + format("%.3g", scale.peak_to_peak * 1e6) +
                  " µV peak to peak at " + electrodes.electrodes[static_cast<std::size_t>(scale.largest)].name);
  double left = margin;
  for (const auto& grid : grids) {
    canvas.text(left, 40, 11, grid.name);
    for (const auto& cell : grid.cells) {
      const double x = left + cell.column * cell_width, y = header + (cell.row + 0.5) * cell_height;
      canvas.line(x, y, x + 0.88 * cell_width, y, 0.7, axis_colour);
      draw_waveform(canvas, x, y, muap.waveform.row(cell.channel), scale,
                    cell.channel == scale.largest ? largest_colour : waveform_colour);
    }
    left += grid.columns * cell_width + gap;
  }
  if (scale.peak_to_peak > 0) draw_bars(canvas, header + height + footer - 20, scale, muap.rate);
  canvas.write(path);
}

}  // namespace bmiss
