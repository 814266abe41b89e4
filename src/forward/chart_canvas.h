// A sheet in pixels with text, lines and curves, for figures with axes. Wraps cairo.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <string>

#include "anatomy/picture_canvas.h"

namespace bmiss {

enum class TextAnchor { left, middle, right };

// Coordinates are pixels from the upper left corner.
class ChartCanvas {
public:
  ChartCanvas(double width, double height);  // white
  ~ChartCanvas();
  ChartCanvas(const ChartCanvas&) = delete;
  ChartCanvas& operator=(const ChartCanvas&) = delete;

  // On the baseline y, beginning, centred or ending at x.
  void text(double x, double y, double size, const std::string& words, TextAnchor anchor = TextAnchor::left);
  void upward_text(double x, double y, double size, const std::string& words);  // centred at y
  double width_of(const std::string& words, double size) const;                 // [pixels]
  void line(double x0, double y0, double x1, double y1, double width, const Colour& colour);
  void curve(const Eigen::Matrix2Xd& points, double width, const Colour& colour);
  // Between the curve and the line at `base`.
  void area(const Eigen::Matrix2Xd& points, double base, const Colour& colour);
  // PNG, whole or not at all. Throws InputError when it cannot be written.
  void write(const std::string& path);

private:
  struct State;
  std::unique_ptr<State> state_;
};

// Largest of 1, 2, 5 x 10^k that is not above `value` (> 0): lengths of scale bars, steps of axes.
double round_number_below(double value);

}  // namespace bmiss
