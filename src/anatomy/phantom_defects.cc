#include "anatomy/phantom_defects.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "anatomy/phantom.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/table.h"

namespace bmiss {
namespace {

using Voxel = std::array<int, 3>;

constexpr Voxel faces[6] = {{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}};
constexpr int distance_between_defects = 2;  // [voxels]
constexpr int slit_depth = 6, slit_length = 20;
constexpr std::size_t attempts_for_each = 20000;

Voxel operator+(const Voxel& a, const Voxel& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}

class Dirt {
public:
  Dirt(Phantom& phantom, std::uint64_t seed)
      : map_(phantom.map), counts_(phantom.defects), tissues_(phantom.tissues), random_(seed) {
    reserved_.assign(map_.labels.size(), 0);
  }

  void thin_the_skin();
  void cut_slits(std::size_t wanted);
  void add_bridges(std::size_t wanted);
  void add_touching_corners(std::size_t wanted);
  // Boxes of background or of a wrong label.
  void add_holes(std::size_t wanted);
  void add_islands(std::size_t wanted);

private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  template <class T>
  const T& any_of(const std::vector<T>& list) {
    return list[random_() % list.size()];
  }
  Voxel any_voxel() { return {below(map_.size[0]), below(map_.size[1]), below(map_.size[2])}; }
  bool inside(const Voxel& v) const {
    for (std::size_t a = 0; a < 3; ++a)
      if (v[a] < 0 || v[a] >= map_.size[a]) return false;
    return true;
  }
  int label(const Voxel& v) const { return inside(v) ? map_.at(v[0], v[1], v[2]) : 0; }
  bool reserved(const Voxel& v) const { return reserved_[map_.index(v[0], v[1], v[2])] != 0; }
  void set(const Voxel& v, int label);
  void reserve_around(const std::vector<Voxel>& voxels);
  // Voxels of a box around which there is only one label, free of other defects; empty where there is no such place.
  std::vector<Voxel> box_inside_a_tissue();
  template <class Condition>
  std::vector<Voxel> voxels_where(const Condition& condition) const;
  std::vector<Voxel> bridge_from(const Voxel& start, const Voxel& step) const;
  int touching_label(const Voxel& v) const;
  void require(std::size_t made, std::size_t wanted, const char* what) const;

  LabelMap& map_;
  DefectCounts& counts_;
  const TissueTable& tissues_;
  std::mt19937_64 random_;
  std::vector<char> reserved_;
};

void Dirt::set(const Voxel& v, int label) {
  map_.labels[map_.index(v[0], v[1], v[2])] = label;
  ++counts_.voxels;
}

void Dirt::reserve_around(const std::vector<Voxel>& voxels) {
  constexpr int d = distance_between_defects;
  for (const Voxel& v : voxels)
    for (int dk = -d; dk <= d; ++dk)
      for (int dj = -d; dj <= d; ++dj)
        for (int di = -d; di <= d; ++di) {
          const Voxel near = v + Voxel{di, dj, dk};
          if (inside(near)) reserved_[map_.index(near[0], near[1], near[2])] = 1;
        }
}

void Dirt::require(std::size_t made, std::size_t wanted, const char* what) const {
  if (made < wanted)
    throw InputError("phantom: only " + std::to_string(made) + " of " + std::to_string(wanted) + " " + what +
                     " find a place; ask for fewer or use smaller voxels");
}

template <class Condition>
std::vector<Voxel> Dirt::voxels_where(const Condition& condition) const {
  std::vector<Voxel> result;
  for (int k = 0; k < map_.size[2]; ++k)
    for (int j = 0; j < map_.size[1]; ++j)
      for (int i = 0; i < map_.size[0]; ++i)
        if (const Voxel v{i, j, k}; condition(v)) result.push_back(v);
  return result;
}

void Dirt::thin_the_skin() {
  for (const Tissue* skin : tissues_.of_kind(TissueKind::skin)) {
    // Layer by layer from inside, so that every voxel has a neighbour whose label it can take.
    for (;;) {
      std::vector<std::pair<Voxel, int>> changes;
      for (const Voxel& v : voxels_where([&](const Voxel& at) { return label(at) == skin->label; })) {
        bool outermost = false;
        int under = 0;
        for (int dj = -1; dj <= 1; ++dj)  // across the limb: its cut ends are no outside
          for (int di = -1; di <= 1; ++di) {
            const int other = label(v + Voxel{di, dj, 0});
            outermost = outermost || other == 0;
            if (other != skin->label) under = std::max(under, other);
          }
        if (!outermost && under != 0) changes.emplace_back(v, under);
      }
      if (changes.empty()) break;
      for (const auto& [v, under] : changes) set(v, under);
      counts_.skin_voxels += changes.size();
    }
  }
}

void Dirt::cut_slits(std::size_t wanted) {
  std::size_t made = 0;
  for (std::size_t attempt = 0; made < wanted && attempt < attempts_for_each; ++attempt) {
    const bool along_x = below(2) == 0;
    const Voxel step = along_x ? faces[below(2)] : faces[2 + below(2)];
    Voxel start = any_voxel();
    const std::size_t axis = along_x ? 0 : 1;
    start[axis] = step[axis] > 0 ? 0 : map_.size[axis] - 1;
    if (start[2] < 2 || start[2] + slit_length + 2 > map_.size[2]) continue;
    std::vector<Voxel> cut;
    for (int k = 0; k < slit_length; ++k) {
      Voxel v = start + Voxel{0, 0, k};
      while (inside(v) && label(v) == 0) v = v + step;
      for (int depth = 0; depth < slit_depth && inside(v) && label(v) != 0 && !reserved(v); ++depth, v = v + step)
        cut.push_back(v);
    }
    if (cut.size() != static_cast<std::size_t>(slit_depth) * slit_length) continue;
    for (const Voxel& v : cut) set(v, 0);
    reserve_around(cut);
    ++made;
  }
  counts_.slits += made;
  require(made, wanted, "slits");
}

// The voxels between `start` and the next voxel of its label in that direction: through other tissues, touching the
// label at the two ends only; empty if there is no such thread of 3 to 25 voxels.
std::vector<Voxel> Dirt::bridge_from(const Voxel& start, const Voxel& step) const {
  constexpr std::size_t shortest = 3, longest = 25;
  const int own = label(start);
  std::vector<Voxel> thread;
  for (Voxel v = start + step; label(v) != own; v = v + step) {
    if (thread.size() == longest || label(v) == 0 || reserved(v)) return {};
    thread.push_back(v);
  }
  if (thread.size() < shortest) return {};
  for (std::size_t n = 1; n + 1 < thread.size(); ++n)
    for (const Voxel& face : faces)
      if (label(thread[n] + face) == own) return {};
  return thread;
}

void Dirt::add_bridges(std::size_t wanted) {
  if (wanted == 0) return;
  std::vector<std::pair<Voxel, int>> starts;  // and the direction
  for (const Voxel& v : voxels_where([&](const Voxel& at) { return label(at) != 0; }))
    for (const int f : {1, 3})
      if (!bridge_from(v, faces[f]).empty()) starts.emplace_back(v, f);
  std::size_t made = 0;
  for (std::size_t attempt = 0; !starts.empty() && made < wanted && attempt < attempts_for_each; ++attempt) {
    const auto& [start, f] = any_of(starts);
    const std::vector<Voxel> thread = reserved(start) ? std::vector<Voxel>{} : bridge_from(start, faces[f]);
    if (thread.empty()) continue;
    const int own = label(start);
    for (const Voxel& v : thread) set(v, own);
    reserve_around(thread);
    ++made;
  }
  counts_.bridges += made;
  require(made, wanted, "bridges");
}

// Another label that v touches along an edge or at a corner while all its faces are its own tissue's; 0 if there is
// none or a voxel of the own tissue would be left alone.
int Dirt::touching_label(const Voxel& v) const {
  const int own = label(v);
  if (own == 0 || reserved(v)) return 0;
  for (const Voxel& face : faces) {
    const Voxel near = v + face;
    if (label(near) != own) return 0;
    int further = 0;
    for (const Voxel& next : faces) further += label(near + next) == own ? 1 : 0;
    if (further < 3) return 0;
  }
  for (int dk = -1; dk <= 1; ++dk)
    for (int dj = -1; dj <= 1; ++dj)
      for (int di = -1; di <= 1; ++di) {
        const int other = label(v + Voxel{di, dj, dk});
        if (other != own && other != 0) return other;
      }
  return 0;
}

void Dirt::add_touching_corners(std::size_t wanted) {
  if (wanted == 0) return;
  const std::vector<Voxel> places = voxels_where([&](const Voxel& v) { return touching_label(v) != 0; });
  std::size_t made = 0;
  for (std::size_t attempt = 0; !places.empty() && made < wanted && attempt < attempts_for_each; ++attempt) {
    const Voxel v = any_of(places);
    const int other = touching_label(v);
    if (other == 0) continue;
    set(v, other);
    reserve_around({v});
    ++made;
  }
  counts_.touching_corners += made;
  require(made, wanted, "touching corners");
}

std::vector<Voxel> Dirt::box_inside_a_tissue() {
  const Voxel low = any_voxel(), size{1 + below(3), 1 + below(3), 1 + below(3)};
  const int own = label(low);
  if (own == 0) return {};
  std::vector<Voxel> box;
  for (int k = -1; k <= size[2]; ++k)
    for (int j = -1; j <= size[1]; ++j)
      for (int i = -1; i <= size[0]; ++i) {
        const Voxel v = low + Voxel{i, j, k};
        if (label(v) != own || reserved(v)) return {};
        if (i >= 0 && j >= 0 && k >= 0 && i < size[0] && j < size[1] && k < size[2]) box.push_back(v);
      }
  return box;
}

void Dirt::add_holes(std::size_t wanted) {
  std::size_t made = 0;
  for (std::size_t attempt = 0; made < wanted && attempt < wanted * attempts_for_each; ++attempt) {
    const std::vector<Voxel> box = box_inside_a_tissue();
    if (box.empty()) continue;
    for (const Voxel& v : box) set(v, 0);
    reserve_around(box);
    ++made;
  }
  counts_.holes += made;
  require(made, wanted, "holes");
}

void Dirt::add_islands(std::size_t wanted) {
  std::vector<int> labels;
  for (const auto& [label, voxels] : map_.voxel_counts())
    if (label != 0) labels.push_back(label);
  std::size_t made = 0;
  for (std::size_t attempt = 0; made < wanted && attempt < wanted * attempts_for_each; ++attempt) {
    const std::vector<Voxel> box = box_inside_a_tissue();
    if (box.empty()) continue;
    const int wrong = any_of(labels);
    if (wrong == label(box.front())) continue;
    for (const Voxel& v : box) set(v, wrong);
    reserve_around(box);
    ++made;
  }
  counts_.islands += made;
  require(made, wanted, "islands");
}

}  // namespace

void add_defects(Phantom& phantom, const PhantomDefects& defects) {
  Dirt dirt(phantom, defects.seed);
  if (defects.one_voxel_skin) dirt.thin_the_skin();
  dirt.cut_slits(defects.slits);
  dirt.add_bridges(defects.bridges);
  dirt.add_touching_corners(defects.touching_corners);
  dirt.add_holes(defects.holes);
  dirt.add_islands(defects.islands);
}

void declare_defect_parameters(Parameters& parameters) {
  const Parameters::Section section(parameters, "Defects");
  constexpr long most = 100000;
  parameters.declare_integer("Islands", 0, 0, most, "boxes of 1 to 27 voxels of a wrong label inside a tissue");
  parameters.declare_integer("Holes", 0, 0, most, "such boxes of background");
  parameters.declare_integer("Bridges", 0, 0, most,
                             "threads one voxel wide through other tissues between two places of a label");
  parameters.declare_integer("Touching corners", 0, 0, most,
                             "single voxels that touch their label along an edge or at a corner only");
  parameters.declare_integer("Slits", 0, 0, most, "cuts from outside, one voxel wide, 6 deep and 20 slices long");
  parameters.declare_switch("One-voxel skin", false, "only the outermost voxels keep the label of the skin");
  parameters.declare_integer("Seed", 1, 0, 1000000000, "the same seed makes the same defects");
}

PhantomDefects parse_defect_parameters(const Parameters& parameters) {
  const Parameters::Section section(parameters, "Defects");
  const auto count = [&](const char* key) { return static_cast<std::size_t>(parameters.integer(key)); };
  PhantomDefects defects;
  defects.islands = count("Islands");
  defects.holes = count("Holes");
  defects.bridges = count("Bridges");
  defects.touching_corners = count("Touching corners");
  defects.slits = count("Slits");
  defects.one_voxel_skin = parameters.enabled("One-voxel skin");
  defects.seed = static_cast<std::uint64_t>(parameters.integer("Seed"));
  return defects;
}

Table defect_table(const DefectCounts& counts) {
  Table table({"defect", "made"});
  table.add_row({"islands", std::to_string(counts.islands)});
  table.add_row({"holes", std::to_string(counts.holes)});
  table.add_row({"bridges", std::to_string(counts.bridges)});
  table.add_row({"touching corners", std::to_string(counts.touching_corners)});
  table.add_row({"slits", std::to_string(counts.slits)});
  table.add_row({"skin voxels taken off", std::to_string(counts.skin_voxels)});
  table.add_row({"voxels changed", std::to_string(counts.voxels)});
  return table;
}

}  // namespace bmiss
