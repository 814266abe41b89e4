#include "anatomy/tissue_colours.h"

#include <optional>

namespace bmiss {
namespace {

std::optional<Colour> usual_colour(const std::string& name) {
  const auto contains = [&](const char* part) { return name.find(part) != std::string::npos; };
  if (contains("skin")) return of_bytes(198, 148, 112);
  if (contains("fat")) return of_bytes(250, 232, 150);
  if (contains("marrow")) return of_bytes(214, 205, 180);
  if (contains("bone") || contains("cortical")) return of_bytes(244, 240, 228);
  if (contains("connective")) return of_bytes(205, 210, 215);
  if (contains("vessel") || contains("blood")) return of_bytes(120, 20, 30);
  return std::nullopt;
}

}  // namespace

// Each is the one farthest from all before it and from the usual colours, in CIELAB among those of medium lightness
// and chroma: any two differ by 26 or more.
Colour distinct_colour(std::size_t position) {
  static constexpr int list[24][3] = {
      {195, 105, 225}, {0, 225, 150},   {0, 150, 240},  {60, 105, 0},    {240, 75, 150},  {210, 120, 0},
      {0, 225, 240},   {165, 105, 150}, {0, 120, 90},   {255, 90, 90},   {15, 120, 150},  {180, 195, 45},
      {45, 90, 210},   {150, 210, 135}, {135, 105, 0},  {255, 150, 165}, {195, 195, 255}, {90, 90, 45},
      {90, 75, 150},   {165, 45, 0},    {240, 195, 60}, {165, 15, 135},  {0, 150, 45},    {255, 150, 105}};
  const auto& bytes = list[position % 24];
  return of_bytes(bytes[0], bytes[1], bytes[2]);
}

std::map<int, Colour> tissue_colours(const std::map<int, std::string>& names) {
  std::map<int, Colour> colours;
  std::size_t distinct = 0;
  for (const auto& [label, name] : names) {
    const auto usual = usual_colour(name);
    colours[label] = usual ? *usual : distinct_colour(distinct++);
  }
  return colours;
}

}  // namespace bmiss
