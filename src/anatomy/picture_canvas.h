// A drawing area in the limb's millimetres, with the furniture every picture needs. Wraps cairo.
#pragma once

#include <Eigen/Core>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bmiss {

struct Colour {
  double red = 0, green = 0, blue = 0;  // 0 … 1
};
Colour of_bytes(int red, int green, int blue);  // 0 … 255 each
Colour mix(const Colour& a, const Colour& b, double t);
Colour sequential_colour(double t);  // t in [0, 1]: dark blue over green to yellow, evenly perceived
Colour diverging_colour(double t);   // t in [0, 1]: blue, white at 0.5, red

using Point2 = Eigen::Vector2d;  // in the plane of the picture [m]: to the right, up

class PictureCanvas {
public:
  // Shows the box low … high; a margin on the right holds the legend.
  PictureCanvas(const Point2& low, const Point2& high);
  ~PictureCanvas();
  PictureCanvas(const PictureCanvas&) = delete;
  PictureCanvas& operator=(const PictureCanvas&) = delete;

  void polygon(const std::vector<Point2>& corners, const Colour& fill, double edge_width, const Colour& edge);
  // Fills a triangle pixel by pixel with colours of the linearly interpolated value.
  void shade(const std::array<Point2, 3>& corners, const std::array<double, 3>& values,
             const std::function<Colour(double)>& colour);
  void line(const Point2& a, const Point2& b, double width, const Colour& colour);
  void dot(const Point2& centre, const Colour& colour);
  void label(const Point2& at, const std::string& text);  // centred small text on a light halo

  void legend(const std::vector<std::pair<std::string, Colour>>& entries);
  void colour_bar(const std::string& title, double low, double high, const std::function<Colour(double)>& colour);
  void caption(const std::string& text);  // on top, over the whole width
  void scale_bar();                       // 10 mm
  void save(const std::string& path);     // throws InputError

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bmiss
