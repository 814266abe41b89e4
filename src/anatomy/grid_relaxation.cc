#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "anatomy/grid_layout.h"

namespace bmiss {
namespace {

constexpr double good_error = 0.02;
constexpr double settled = 1e-4;  // movement of the spacing
constexpr int most_rounds = 15, sweeps_per_round = 25;
// A step must not bring an angle between row and column below this sine; angles that are smaller already may only grow.
constexpr double sharpest = 0.5;
// Ties of the middle to its place: against drifting, and soft beside the springs.
constexpr double tie_weight = 0.02;

struct Spring {
  std::size_t other;
  int row, columns;  // from place a to b: the row of a, columns further
  int rows;          // rows further
  double weight;
  double rest = 0;     // [m]
  double stretch = 1;  // length along the surface over that of the chord
  bool neighbour() const { return std::abs(rows) + std::abs(columns) == 1; }
};
using Springs = std::vector<std::vector<Spring>>;

Springs springs_of(const GridLayout& layout) {
  struct Kind {
    int row, column;
    double weight;
  };
  const std::vector<Kind> kinds{{0, 1, 1.0}, {1, 0, 1.0}, {1, 1, 0.5}, {1, -1, 0.5}, {0, 2, 0.35}, {2, 0, 0.35}};
  Springs springs(layout.places.size());
  for (int row = 0; row < layout.rows; ++row)
    for (int column = 0; column < layout.columns; ++column)
      for (const Kind& kind : kinds) {
        const int r = row + kind.row, c = column + kind.column;
        if (!layout.has(r, c)) continue;
        const std::size_t a = layout.index(row, column), b = layout.index(r, c);
        springs[a].push_back({b, row, kind.column, kind.row, kind.weight});
        springs[b].push_back({a, row, kind.column, kind.row, kind.weight});
      }
  return springs;
}

// The one or two rings in the middle hold a sleeve's place.
std::vector<char> tied_rings(const GridLayout& layout) {
  std::vector<char> tied(layout.places.size(), 0);
  for (int row = 0; row < layout.rows; ++row)
    for (int column = 0; column < layout.columns; ++column)
      tied[layout.index(row, column)] = std::abs(row - (layout.rows - 1) / 2.0) <= 0.5;
  return tied;
}

// The cell around the middle holds the grid's place and direction: one to four electrodes, and beside a single one its
// neighbours along the rows' direction.
std::vector<char> tied_places(const GridLayout& layout) {
  if (layout.closed) return tied_rings(layout);
  std::vector<char> tied(layout.places.size(), 0);
  const double middle_row = (layout.rows - 1) / 2.0, middle_column = (layout.columns - 1) / 2.0;
  const bool single = layout.rows % 2 == 1 && layout.columns % 2 == 1;
  for (int row = 0; row < layout.rows; ++row)
    for (int column = 0; column < layout.columns; ++column) {
      const double dr = std::abs(row - middle_row), dc = std::abs(column - middle_column);
      const bool in_cell = dr <= 0.5 && dc <= 0.5;
      const bool beside = single && (layout.rows > 1 ? dr == 1 && dc == 0 : dr == 0 && dc == 1);
      tied[layout.index(row, column)] = in_cell || beside;
    }
  return tied;
}

double sine_at(const GridLayout& layout, int row, int column, int down, int right) {
  const auto& corner = layout.at(row, column);
  const Eigen::Vector3d along = down * (layout.at(row + down, column).point - corner.point),
                        across = right * (layout.at(row, column + right).point - corner.point);
  const double scale = along.norm() * across.norm();
  return scale > 0 ? along.cross(across).dot(corner.normal) / scale : 0;
}

// Of the four corners of the cell below and to the right of a place.
double least_sine_of_cell(const GridLayout& layout, int row, int column) {
  return std::min({sine_at(layout, row, column, 1, 1), sine_at(layout, row + 1, column, -1, 1),
                   sine_at(layout, row, column + 1, 1, -1), sine_at(layout, row + 1, column + 1, -1, -1)});
}

double least_sine_around(const GridLayout& layout, std::size_t place) {
  const int row = static_cast<int>(place) / layout.columns, column = static_cast<int>(place) % layout.columns;
  double least = 1;
  for (int r = std::max(row - 1, 0); r <= std::min(row, layout.rows - 2); ++r)
    for (int c = column - 1; c <= column; ++c)
      if (layout.has(r, c) && layout.has(r, c + 1)) least = std::min(least, least_sine_of_cell(layout, r, c));
  return least;
}

class Relaxation {
public:
  Relaxation(const SurfaceLocator& locator, GridLayout& layout)
      : locator_(locator),
        layout_(layout),
        springs_(springs_of(layout)),
        tied_(tied_places(layout)),
        first_(layout.places) {}

  // Gauss-Seidel sweeps, in alternating order, until nothing moves; lengths along the surface are measured anew each
  // round.
  void run(double weight_of_others) {
    for (int round = 0; round < most_rounds; ++round) {
      measure();
      for (int count = 0; count < sweeps_per_round; ++count) {
        const bool still = sweep(count % 2 == 0, weight_of_others) < settled * layout_.spacing;
        if (still && count == 0) return;
        if (still) break;
      }
    }
  }

private:
  void measure() {
    for (std::size_t i = 0; i < springs_.size(); ++i)
      for (Spring& spring : springs_[i]) {
        const auto &a = layout_.places[i].point, &b = layout_.places[spring.other].point;
        const double chord = (b - a).norm();
        // Of two places that lie on each other nothing can be told.
        spring.stretch =
            chord > 1e-3 * layout_.spacing ? std::clamp(locator_.length_between(a, b) / chord, 1.0, 2.0) : 1.0;
      }
    set_rests();
  }

  // Within a ring the wanted distance is its mean; a diagonal between two rings is that of the trapezium.
  void set_rests() {
    Eigen::VectorXd around = Eigen::VectorXd::Constant(layout_.rows, layout_.spacing);
    if (layout_.closed) {
      around.setZero();
      for (std::size_t i = 0; i < springs_.size(); ++i)
        for (const Spring& spring : springs_[i])  // each is listed from both ends
          if (spring.rows == 0 && spring.neighbour())
            around[spring.row] += spring.stretch *
                                  (layout_.places[spring.other].point - layout_.places[i].point).norm() /
                                  (2 * layout_.columns);
    }
    for (auto& of_place : springs_)
      for (Spring& spring : of_place) {
        const double far = std::abs(spring.columns) * std::sqrt(around[spring.row] * around[spring.row + spring.rows]);
        spring.rest = std::hypot(spring.rows * layout_.spacing, far);
      }
  }

  Eigen::Vector3d push_on(std::size_t i, double weight_of_others) const {
    const auto& place = layout_.places[i];
    Eigen::Vector3d push = Eigen::Vector3d::Zero();
    double total = 0;
    for (const Spring& spring : springs_[i]) {
      const Eigen::Vector3d chord = layout_.places[spring.other].point - place.point;
      const double weight = spring.weight * (spring.neighbour() ? 1 : weight_of_others);
      if (chord.norm() == 0 || weight == 0) continue;
      push += weight * (chord.norm() - spring.rest / spring.stretch) * chord.normalized();
      total += weight;
    }
    if (tied_[i] != 0) {
      push += tie_weight * (first_[i].point - place.point);
      total += tie_weight;
    }
    if (total > 0) push /= total;
    return push - push.dot(place.normal) * place.normal;
  }

  double sweep(bool forward, double weight_of_others) {
    double largest = 0;
    for (std::size_t k = 0; k < layout_.places.size(); ++k) {
      const std::size_t i = forward ? k : layout_.places.size() - 1 - k;
      largest = std::max(largest, move(i, push_on(i, weight_of_others)));
    }
    return largest;
  }

  double move(std::size_t i, Eigen::Vector3d push) {
    auto& place = layout_.places[i];
    const auto before = place;
    const double sine = least_sine_around(layout_, i);
    for (int attempt = 0; attempt < 4; ++attempt, push /= 2) {
      place = locator_.nearest(before.point + push);
      const double now = least_sine_around(layout_, i);
      if (now >= sharpest || now >= sine) return (place.point - before.point).norm();
    }
    place = before;
    return 0;
  }

  const SurfaceLocator& locator_;
  GridLayout& layout_;
  Springs springs_;
  std::vector<char> tied_;
  std::vector<SurfaceLocator::Hit> first_;
};

}  // namespace

double least_sine(const GridLayout& layout) {
  double least = 1;
  for (int row = 0; row + 1 < layout.rows; ++row)
    for (int column = 0; column < layout.columns; ++column)
      if (layout.has(row, column + 1)) least = std::min(least, least_sine_of_cell(layout, row, column));
  return least;
}

void relax_grid(const SurfaceLocator& locator, GridLayout& layout) {
  const auto error = [&] { return worst_link(layout, locator).error(); };
  Relaxation relaxation(locator, layout);
  GridLayout best = layout;
  double least = INFINITY;
  for (const double weight_of_others : {1.0, 0.2, 0.04, 0.0}) {
    relaxation.run(weight_of_others);
    if (const double now = error(); now < least) {
      least = now;
      best = layout;
    }
    if (least <= good_error) break;
  }
  layout = best;
}

}  // namespace bmiss
