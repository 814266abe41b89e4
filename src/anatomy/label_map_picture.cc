#include "anatomy/label_map_picture.h"

#include <map>

#include "anatomy/label_map.h"
#include "anatomy/picture_canvas.h"
#include "anatomy/tissue_colours.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"

namespace bmiss {
namespace {

constexpr std::size_t fewest_named = 40;  // voxels of a section that gets its initials

std::string initials(const std::string& name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (i == 0 || name[i - 1] == '_')
      result += static_cast<char>(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
  return result;
}

// One slice, its corner of lowest coordinates at `corner`.
class SlicePicture {
public:
  SlicePicture(const LabelMap& map, int k, const Point2& corner)
      : map_(map), k_(k), corner_(corner), pixel_(map.spacing().head<2>()) {
    for (int axis = 0; axis < 2; ++axis) turned_[axis] = map.voxel_to_world.linear()(axis, axis) < 0;
  }
  int label(int i, int j) const {
    return map_.at(turned_[0] ? map_.size[0] - 1 - i : i, turned_[1] ? map_.size[1] - 1 - j : j, k_);
  }
  Point2 at(double i, double j) const { return corner_ + Point2(i, j).cwiseProduct(pixel_); }

  void draw(PictureCanvas& canvas, const std::map<int, Colour>& colours) const {
    for (int j = 0; j < map_.size[1]; ++j)
      for (int i = 0, end = 0; i < map_.size[0]; i = end) {
        for (end = i; end < map_.size[0] && label(end, j) == label(i, j);) ++end;
        if (label(i, j) == 0) continue;
        const Colour& colour = colours.at(label(i, j));
        canvas.polygon({at(i, j), at(end, j), at(end, j + 1), at(i, j + 1)}, colour, 0.5, colour);
      }
  }
  void name_muscles(PictureCanvas& canvas, const TissueTable& tissues) const {
    std::map<int, std::pair<Point2, std::size_t>> sums;
    for (int j = 0; j < map_.size[1]; ++j)
      for (int i = 0; i < map_.size[0]; ++i) {
        auto& [sum, count] = sums.try_emplace(label(i, j), Point2::Zero(), 0).first->second;
        sum += at(i + 0.5, j + 0.5);
        ++count;
      }
    for (const auto& [label, sum] : sums)
      if (tissues.has_label(label) && tissues.by_label(label).kind == TissueKind::muscle && sum.second >= fewest_named)
        canvas.label(sum.first / static_cast<double>(sum.second), initials(tissues.by_label(label).name));
  }

private:
  const LabelMap& map_;
  int k_;
  Point2 corner_, pixel_;
  bool turned_[2] = {};
};

}  // namespace

void draw_label_sections(const LabelMap& map, const TissueTable& tissues, const std::vector<int>& slices,
                         const std::string& path) {
  BMISS_ASSERT(!slices.empty());
  std::map<int, std::string> names;
  for (const auto& [label, voxels] : map.voxel_counts())
    if (label != 0)
      names[label] = tissues.has_label(label) ? tissues.by_label(label).name : "label " + std::to_string(label);
  const auto colours = tissue_colours(names);
  std::vector<std::pair<std::string, Colour>> legend;
  for (const auto& [label, name] : names) legend.emplace_back(name, colours.at(label));
  const Point2 extent(map.size[0] * map.spacing()[0], map.size[1] * map.spacing()[1]);
  PictureCanvas canvas(Point2::Zero(), {extent[0] * static_cast<double>(slices.size()), extent[1]});
  for (std::size_t n = 0; n < slices.size(); ++n) {
    const SlicePicture picture(map, slices[n], {extent[0] * static_cast<double>(n), 0});
    picture.draw(canvas, colours);
    picture.name_muscles(canvas, tissues);
  }
  std::string caption = "slices";
  for (const int k : slices) caption += (k == slices.front() ? " " : ", ") + std::to_string(k + 1);
  canvas.caption(caption + " of " + std::to_string(map.size[2]));
  canvas.legend(legend);
  canvas.scale_bar();
  canvas.save(path);
}

}  // namespace bmiss
