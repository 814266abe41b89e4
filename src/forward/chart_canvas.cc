#include "forward/chart_canvas.h"

#include <cairo.h>

#include <cmath>
#include <cstdio>

#include "base/errors.h"
#include "base/output_file.h"

namespace bmiss {

struct ChartCanvas::State {
  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface;
  std::unique_ptr<cairo_t, decltype(&cairo_destroy)> context;

  cairo_t* cairo() const { return context.get(); }
  void set_colour(const Colour& c) const { cairo_set_source_rgb(cairo(), c.red, c.green, c.blue); }
  void trace(const Eigen::Matrix2Xd& points) const {
    for (Eigen::Index k = 0; k < points.cols(); ++k) cairo_line_to(cairo(), points(0, k), points(1, k));
  }
};

ChartCanvas::ChartCanvas(double width, double height)
    : state_(
          new State{{cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height)),
                     cairo_surface_destroy},
                    {nullptr, cairo_destroy}}) {
  state_->context.reset(cairo_create(state_->surface.get()));
  cairo_set_source_rgb(state_->cairo(), 1, 1, 1);
  cairo_paint(state_->cairo());
  cairo_select_font_face(state_->cairo(), "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_line_join(state_->cairo(), CAIRO_LINE_JOIN_ROUND);
}

ChartCanvas::~ChartCanvas() = default;

double ChartCanvas::width_of(const std::string& words, double size) const {
  cairo_text_extents_t extents;
  cairo_set_font_size(state_->cairo(), size);
  cairo_text_extents(state_->cairo(), words.c_str(), &extents);
  return extents.x_advance;
}

void ChartCanvas::text(double x, double y, double size, const std::string& words, TextAnchor anchor) {
  const double width = width_of(words, size);
  const double left = anchor == TextAnchor::left ? x : anchor == TextAnchor::middle ? x - width / 2 : x - width;
  state_->set_colour({0.1, 0.1, 0.1});
  cairo_move_to(state_->cairo(), left, y);
  cairo_show_text(state_->cairo(), words.c_str());
}

void ChartCanvas::upward_text(double x, double y, double size, const std::string& words) {
  const double width = width_of(words, size);
  cairo_save(state_->cairo());
  cairo_translate(state_->cairo(), x, y + width / 2);
  cairo_rotate(state_->cairo(), -std::acos(-1.0) / 2);
  text(0, 0, size, words);
  cairo_restore(state_->cairo());
}

void ChartCanvas::line(double x0, double y0, double x1, double y1, double width, const Colour& colour) {
  state_->set_colour(colour);
  cairo_set_line_width(state_->cairo(), width);
  cairo_move_to(state_->cairo(), x0, y0);
  cairo_line_to(state_->cairo(), x1, y1);
  cairo_stroke(state_->cairo());
}

void ChartCanvas::curve(const Eigen::Matrix2Xd& points, double width, const Colour& colour) {
  state_->set_colour(colour);
  cairo_set_line_width(state_->cairo(), width);
  state_->trace(points);
  cairo_stroke(state_->cairo());
}

void ChartCanvas::area(const Eigen::Matrix2Xd& points, double base, const Colour& colour) {
  if (points.cols() == 0) return;
  state_->set_colour(colour);
  cairo_move_to(state_->cairo(), points(0, 0), base);
  state_->trace(points);
  cairo_line_to(state_->cairo(), points(0, points.cols() - 1), base);
  cairo_close_path(state_->cairo());
  cairo_fill(state_->cairo());
}

void ChartCanvas::write(const std::string& path) {
  const cairo_status_t status = cairo_surface_write_to_png(state_->surface.get(), temporary_name(path).c_str());
  if (status != CAIRO_STATUS_SUCCESS) {
    std::remove(temporary_name(path).c_str());
    throw InputError(std::string("cannot be written: ") + cairo_status_to_string(status), path);
  }
  publish(path);
}

double round_number_below(double value) {
  const double decade = std::pow(10, std::floor(std::log10(value)));
  for (const double digit : {5.0, 2.0})
    if (digit * decade <= value * (1 + 1e-12)) return digit * decade;
  return decade;
}

}  // namespace bmiss
