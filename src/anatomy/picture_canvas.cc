#include "anatomy/picture_canvas.h"

#include <cairo.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/output_file.h"
#include "base/table.h"

namespace bmiss {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double picture_size = 1000, margin = 40, legend_width = 330;  // [pixels]
constexpr Colour ink{0.15, 0.15, 0.18};

Colour along(const std::vector<Colour>& stops, double t) {
  const double place = std::clamp(t, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  const auto left = std::min(static_cast<std::size_t>(place), stops.size() - 2);
  return mix(stops[left], stops[left + 1], place - static_cast<double>(left));
}

}  // namespace

Colour of_bytes(int red, int green, int blue) {
  return {red / 255.0, green / 255.0, blue / 255.0};
}

Colour mix(const Colour& a, const Colour& b, double t) {
  return {a.red + t * (b.red - a.red), a.green + t * (b.green - a.green), a.blue + t * (b.blue - a.blue)};
}

// Anchors of matplotlib's viridis (Smith & van der Walt 2015).
Colour sequential_colour(double t) {
  static const std::vector<Colour> stops{of_bytes(68, 1, 84),    of_bytes(71, 44, 122),  of_bytes(59, 81, 139),
                                         of_bytes(44, 113, 142), of_bytes(33, 144, 141), of_bytes(39, 173, 129),
                                         of_bytes(92, 200, 99),  of_bytes(170, 220, 50), of_bytes(253, 231, 37)};
  return along(stops, t);
}

// ColorBrewer's RdBu, reversed.
Colour diverging_colour(double t) {
  static const std::vector<Colour> stops{of_bytes(5, 48, 97),     of_bytes(33, 102, 172),  of_bytes(67, 147, 195),
                                         of_bytes(146, 197, 222), of_bytes(209, 229, 240), of_bytes(247, 247, 247),
                                         of_bytes(253, 219, 199), of_bytes(244, 165, 130), of_bytes(214, 96, 77),
                                         of_bytes(178, 24, 43),   of_bytes(103, 0, 31)};
  return along(stops, t);
}

struct PictureCanvas::State {
  cairo_surface_t* surface = nullptr;
  cairo_t* cairo = nullptr;
  double scale = 1, height = 0, right = 0;  // pixels per metre; pixels; left edge of the legend
  double bottom = 0;                        // of the box, from above [pixels]
  Point2 low;

  Point2 pixel(const Point2& p) const { return {margin + (p[0] - low[0]) * scale, bottom - (p[1] - low[1]) * scale}; }
  void set_colour(const Colour& c) { cairo_set_source_rgb(cairo, c.red, c.green, c.blue); }
  double width_of(const std::string& words, double size) {
    cairo_text_extents_t extents;
    cairo_set_font_size(cairo, size);
    cairo_text_extents(cairo, words.c_str(), &extents);
    return std::max(extents.width, 1.0);
  }
  void text(double x, double y, double size, const std::string& words) {
    cairo_set_font_size(cairo, size);
    cairo_move_to(cairo, x, y);
    cairo_show_text(cairo, words.c_str());
  }
};

PictureCanvas::PictureCanvas(const Point2& low, const Point2& high) : state_(std::make_unique<State>()) {
  const Point2 extent = (high - low).cwiseMax(1e-9);
  state_->scale = picture_size / extent.maxCoeff();
  state_->low = low;
  const double drawn = extent[1] * state_->scale, room = std::max(drawn, 420.0);  // for the legend
  state_->height = room + 2 * margin + 30;
  state_->bottom = margin + (room + drawn) / 2;
  state_->right = extent[0] * state_->scale + 2 * margin;
  const double width = std::max(state_->right, 300.0) + legend_width;
  state_->surface =
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(state_->height));
  state_->cairo = cairo_create(state_->surface);
  cairo_select_font_face(state_->cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_line_join(state_->cairo, CAIRO_LINE_JOIN_ROUND);
  cairo_set_source_rgb(state_->cairo, 1, 1, 1);
  cairo_paint(state_->cairo);
}

PictureCanvas::~PictureCanvas() {
  cairo_destroy(state_->cairo);
  cairo_surface_destroy(state_->surface);
}

void PictureCanvas::polygon(const std::vector<Point2>& corners, const Colour& fill, double edge_width,
                            const Colour& edge) {
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Point2 p = state_->pixel(corners[i]);
    if (i == 0)
      cairo_move_to(state_->cairo, p[0], p[1]);
    else
      cairo_line_to(state_->cairo, p[0], p[1]);
  }
  cairo_close_path(state_->cairo);
  state_->set_colour(fill);
  cairo_fill_preserve(state_->cairo);
  if (edge_width > 0) {
    state_->set_colour(edge);
    cairo_set_line_width(state_->cairo, edge_width);
    cairo_stroke(state_->cairo);
  } else {
    cairo_set_line_width(state_->cairo, 0.6);  // closes the hairlines that antialiasing leaves between neighbours
    cairo_stroke(state_->cairo);
  }
}

void PictureCanvas::shade(const std::array<Point2, 3>& corners, const std::array<double, 3>& values,
                          const std::function<Colour(double)>& colour) {
  const Point2 a = state_->pixel(corners[0]), b = state_->pixel(corners[1]), c = state_->pixel(corners[2]);
  const double area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  if (area == 0) return;
  cairo_surface_flush(state_->surface);
  unsigned char* data = cairo_image_surface_get_data(state_->surface);
  const int stride = cairo_image_surface_get_stride(state_->surface);
  const int columns = cairo_image_surface_get_width(state_->surface),
            rows = cairo_image_surface_get_height(state_->surface);
  const auto from = [](double x) { return std::max(static_cast<int>(std::floor(x)), 0); };
  const auto to = [](double x, int n) { return std::min(static_cast<int>(std::ceil(x)), n - 1); };
  constexpr double slack = 1e-6;
  for (int y = from(std::min({a[1], b[1], c[1]})); y <= to(std::max({a[1], b[1], c[1]}), rows); ++y)
    for (int x = from(std::min({a[0], b[0], c[0]})); x <= to(std::max({a[0], b[0], c[0]}), columns); ++x) {
      const double px = x + 0.5, py = y + 0.5;
      const double v = ((px - a[0]) * (c[1] - a[1]) - (py - a[1]) * (c[0] - a[0])) / area;
      const double w = ((b[0] - a[0]) * (py - a[1]) - (b[1] - a[1]) * (px - a[0])) / area;
      if (v < -slack || w < -slack || v + w > 1 + slack) continue;
      const Colour here = colour((1 - v - w) * values[0] + v * values[1] + w * values[2]);
      const auto byte = [](double t) { return static_cast<std::uint32_t>(std::lround(255 * std::clamp(t, 0.0, 1.0))); };
      reinterpret_cast<std::uint32_t*>(data + y * stride)[x] =
          byte(here.red) << 16 | byte(here.green) << 8 | byte(here.blue);
    }
  cairo_surface_mark_dirty(state_->surface);
}

void PictureCanvas::line(const Point2& a, const Point2& b, double width, const Colour& colour) {
  const Point2 p = state_->pixel(a), q = state_->pixel(b);
  state_->set_colour(colour);
  cairo_set_line_width(state_->cairo, width);
  cairo_move_to(state_->cairo, p[0], p[1]);
  cairo_line_to(state_->cairo, q[0], q[1]);
  cairo_stroke(state_->cairo);
}

void PictureCanvas::dot(const Point2& centre, const Colour& colour) {
  const Point2 p = state_->pixel(centre);
  cairo_arc(state_->cairo, p[0], p[1], 5, 0, 2 * pi);
  state_->set_colour(colour);
  cairo_fill_preserve(state_->cairo);
  state_->set_colour({1, 1, 1});
  cairo_set_line_width(state_->cairo, 1.2);
  cairo_stroke(state_->cairo);
}

void PictureCanvas::label(const Point2& at, const std::string& text) {
  const Point2 p = state_->pixel(at);
  cairo_set_font_size(state_->cairo, 12);
  cairo_text_extents_t extents;
  cairo_text_extents(state_->cairo, text.c_str(), &extents);
  cairo_move_to(state_->cairo, p[0] - extents.width / 2, p[1] + extents.height / 2);
  cairo_text_path(state_->cairo, text.c_str());
  state_->set_colour({1, 1, 1});
  cairo_set_line_width(state_->cairo, 2.5);
  cairo_stroke_preserve(state_->cairo);
  state_->set_colour(ink);
  cairo_fill(state_->cairo);
}

void PictureCanvas::legend(const std::vector<std::pair<std::string, Colour>>& entries) {
  const double line_height =
      std::min(26.0, (state_->height - 2 * margin) / std::max<double>(1, static_cast<double>(entries.size())));
  double y = margin;
  for (const auto& [name, colour] : entries) {
    cairo_rectangle(state_->cairo, state_->right, y, 0.75 * line_height, 0.75 * line_height);
    state_->set_colour(colour);
    cairo_fill_preserve(state_->cairo);
    state_->set_colour(ink);
    cairo_set_line_width(state_->cairo, 0.8);
    cairo_stroke(state_->cairo);
    const double left = state_->right + 1.1 * line_height, size = 0.62 * line_height;
    const double room = cairo_image_surface_get_width(state_->surface) - left - 8;  // long names are written smaller
    state_->text(left, y + 0.65 * line_height, size * std::min(1.0, room / state_->width_of(name, size)), name);
    y += line_height;
  }
}

void PictureCanvas::colour_bar(const std::string& title, double low, double high,
                               const std::function<Colour(double)>& colour) {
  constexpr double bar_width = 34, bar_height = 300;
  const double top = margin + 34;
  state_->set_colour(ink);
  state_->text(state_->right, margin + 12, 17, title);
  for (int y = 0; y < static_cast<int>(bar_height); ++y) {
    state_->set_colour(colour(high + (low - high) * (y + 0.5) / bar_height));
    cairo_rectangle(state_->cairo, state_->right, top + y, bar_width, 1.5);
    cairo_fill(state_->cairo);
  }
  state_->set_colour(ink);
  for (int tick = 0; tick <= 4; ++tick) {
    const double value = high + (low - high) * tick / 4;
    const double small = 1e-12 * std::max(std::abs(low), std::abs(high));
    state_->text(state_->right + bar_width + 8, top + bar_height * tick / 4 + 5, 15,
                 format("%.3g", std::abs(value) < small ? 0.0 : value));
  }
}

void PictureCanvas::caption(const std::string& text) {
  state_->set_colour(ink);
  state_->text(margin, 0.65 * margin, 15, text);
}

void PictureCanvas::scale_bar() {
  const double length = 10e-3 * state_->scale, y = state_->height - 18;
  state_->set_colour(ink);
  cairo_set_line_width(state_->cairo, 4);
  cairo_move_to(state_->cairo, margin, y);
  cairo_line_to(state_->cairo, margin + length, y);
  cairo_stroke(state_->cairo);
  state_->text(margin + length + 8, y + 5, 15, "10 mm");
}

void PictureCanvas::save(const std::string& path) {
  OutputFile file(path);
  const auto write = [](void* stream, const unsigned char* bytes, unsigned length) {
    static_cast<std::ostream*>(stream)->write(reinterpret_cast<const char*>(bytes), length);
    return static_cast<std::ostream*>(stream)->good() ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
  };
  const cairo_status_t status = cairo_surface_write_to_png_stream(state_->surface, write, &file.stream());
  if (status != CAIRO_STATUS_SUCCESS)
    throw InputError("the picture cannot be written (" + std::string(cairo_status_to_string(status)) + ")", path);
  file.commit();
}

}  // namespace bmiss
