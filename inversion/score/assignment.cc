#include "inversion/score/assignment.h"

#include <limits>

#include "base/errors.h"

namespace bmiss {
namespace {

// One row joins the assignment: Dijkstra over reduced costs to the nearest free column, then the path is turned over.
class Assignment {
public:
  explicit Assignment(const Eigen::MatrixXd& cost)
      : cost_(cost),
        row_price_(Eigen::VectorXd::Zero(cost.rows())),
        column_price_(Eigen::VectorXd::Zero(cost.cols())),
        row_of_(static_cast<std::size_t>(cost.cols()), -1) {}

  void add(int new_row) {
    const auto n = static_cast<int>(cost_.cols());
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Eigen::VectorXd distance = Eigen::VectorXd::Constant(n, infinity);
    std::vector<int> from(row_of_.size(), -1);  // column before this one on the path, -1: the new row itself
    std::vector<char> done(row_of_.size(), 0);
    int row = new_row, column = -1;
    double reached = 0;
    while (row >= 0) {
      int next = -1;
      for (int j = 0; j < n; ++j) {
        if (done[index(j)]) continue;
        const double length = reached + cost_(row, j) - row_price_[row] - column_price_[j];
        if (length < distance[j]) {
          distance[j] = length;
          from[index(j)] = column;
        }
        if (next < 0 || distance[j] < distance[next]) next = j;
      }
      done[index(next)] = 1;
      reached = distance[next];
      column = next;
      row = row_of_[index(next)];
    }
    row_price_[new_row] += reached;
    for (int j = 0; j < n; ++j) {
      if (!done[index(j)] || j == column) continue;
      column_price_[j] -= reached - distance[j];
      row_price_[row_of_[index(j)]] += reached - distance[j];
    }
    while (from[index(column)] >= 0) {
      row_of_[index(column)] = row_of_[index(from[index(column)])];
      column = from[index(column)];
    }
    row_of_[index(column)] = new_row;
  }

  const std::vector<int>& row_of() const { return row_of_; }

private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  const Eigen::MatrixXd& cost_;
  Eigen::VectorXd row_price_, column_price_;
  std::vector<int> row_of_;
};

}  // namespace

std::vector<int> assign(const Eigen::MatrixXd& cost) {
  BMISS_ASSERT(cost.allFinite());
  const bool tall = cost.rows() > cost.cols();  // every row must find a column
  const Eigen::MatrixXd wide = tall ? Eigen::MatrixXd(cost.transpose()) : cost;
  Assignment assignment(wide);
  for (int row = 0; row < wide.rows(); ++row) assignment.add(row);
  if (tall) return assignment.row_of();
  std::vector<int> column_of(static_cast<std::size_t>(cost.rows()), -1);
  for (std::size_t column = 0; column < assignment.row_of().size(); ++column) {
    const int row = assignment.row_of()[column];
    if (row >= 0) column_of[static_cast<std::size_t>(row)] = static_cast<int>(column);
  }
  return column_of;
}

}  // namespace bmiss
