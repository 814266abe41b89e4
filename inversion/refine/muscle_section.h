// The cross-section of a muscle as its fibre paths sample it, and the paths' shares in a territory.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace bmiss {

// One path's share and its derivatives by the territory's centre (2) and radius.
struct PathShare {
  int path = 0;
  Eigen::Vector4d share = Eigen::Vector4d::Zero();  // value, d/d centre_1, d/d centre_2, d/d radius
};

// A territory is a disc clipped by the muscle. Its mean of any quantity known on the paths is a quadrature over the
// disc of 37 points; at each the quantity is a moving least squares fit of a quadratic to the paths around (Lancaster &
// Salkauskas 1981), which is exact for what is linear across the muscle, and for quadratics up to a small
// regularisation that acts where the paths around do not fix one. So territories smaller than the spacing of the paths
// are as accurate as large ones. Points outside the muscle, where paths thin out, fade away over about one spacing.
// Shares are twice differentiable almost everywhere, sum to one and may be negative.
class MuscleSection {
public:
  // `places` [2 x n_paths], m: where the paths cross the section. At least 3.
  explicit MuscleSection(Eigen::Matrix2Xd places);

  // Only paths whose share is not zero, ascending.
  std::vector<PathShare> shares(const Eigen::Vector2d& centre, double radius) const;
  // The part of the disc that lies in the muscle, 0 to 1, with its derivatives in the order of PathShare.
  Eigen::Vector4d part_inside(const Eigen::Vector2d& centre, double radius) const;

  const Eigen::Matrix2Xd& places() const { return places_; }
  double reach() const { return reach_; }  // of the local fits [m]: about 20 paths lie within
  double spacing() const;                  // mean, of the paths [m]

private:
  struct LocalFit;  // shares of the paths around one point
  void fit_at(const Eigen::Vector2d& point, LocalFit& fit) const;
  std::size_t cell_of(double x, double y) const;

  Eigen::Matrix2Xd places_;
  double reach_ = 0, full_density_ = 1;  // sum of weights well inside the muscle
  Eigen::Vector2d low_;                  // corner of the cells
  std::size_t n_columns_ = 0, n_rows_ = 0;
  std::vector<std::vector<int>> cells_;  // paths of each cell of size `reach_`
};

}  // namespace bmiss
