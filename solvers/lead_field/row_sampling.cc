#include "solvers/lead_field/row_sampling.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <vector>

#include "base/errors.h"
#include "solvers/lead_field/sampling_kernel.h"

namespace bmiss {
namespace {

// Nodes of a row that are read at a time: a lane of such pieces stays in the second-level cache while it is transposed.
// No multiple of 512, so that its rows start in different lines of the first-level cache.
constexpr std::size_t piece = 6152;
constexpr std::size_t most_rows = 64;        // in a block
constexpr std::size_t points_of_tile = 256;  // whose samples stay in the cache until they are combined

// Memory on huge pages where the system grants them: a block is written at places that are far apart.
class Block {
public:
  explicit Block(std::size_t n) {
    constexpr std::size_t page = std::size_t(2) << 20;
    const std::size_t bytes = (std::max<std::size_t>(n, 1) * sizeof(double) + page - 1) / page * page;
    values_.reset(static_cast<double*>(std::aligned_alloc(page, bytes)));
    if (!values_) throw std::bad_alloc();
    madvise(values_.get(), bytes, MADV_HUGEPAGE);  // may be refused
  }
  double* data() const { return values_.get(); }

private:
  struct Free {
    void operator()(double* values) const { std::free(values); }
  };
  std::unique_ptr<double, Free> values_;
};

// Rows in blocks, node by node: [n_used x n_rows] with the rows filled up to whole lanes.
class RowBlocks {
public:
  RowBlocks(const SamplingOperator& sampling, const RowSource& source, std::size_t n_rows, double memory)
      : source_(source), n_used_(sampling.nodes.size()) {
    const auto that_fit = static_cast<std::size_t>(memory / (8.0 * static_cast<double>(std::max(n_used_, lane))));
    rows_ = std::clamp(that_fit / lane * lane, lane, most_rows);
    rows_ = std::min(rows_, (n_rows + lane - 1) / lane * lane);
    block_ = std::make_unique<Block>(n_used_ * rows_);
    pieces_ = std::make_unique<Block>(lane * piece);
    std::fill_n(pieces_->data(), lane * piece, 0.0);  // rows that fill up a lane: any number
    // Used nodes in the order of the rows, and where they go.
    std::vector<int> place(source.n_nodes, -1);
    for (std::size_t i = 0; i < n_used_; ++i) place[static_cast<std::size_t>(sampling.nodes[i])] = static_cast<int>(i);
    for (std::size_t i = 0; i < place.size(); ++i)
      if (place[i] >= 0) {
        used_.push_back(static_cast<int>(i));
        place_.push_back(place[i]);
      }
  }

  std::size_t size() const { return rows_; }
  const double* data() const { return block_->data(); }

  // `rows` holds at most size() numbers.
  void load(const std::vector<std::size_t>& rows) {
    std::vector<int> from;
    for (std::size_t i = 0; i < used_.size();) {
      const auto first_node = static_cast<std::size_t>(used_[i]);
      const std::size_t n = std::min(piece, source_.n_nodes - first_node);
      from.clear();
      std::size_t last = i;
      for (; last < used_.size() && static_cast<std::size_t>(used_[last]) < first_node + n; ++last)
        from.push_back(used_[last] - used_[i]);
      for (std::size_t r = 0; r < rows.size(); r += lane) {
        for (std::size_t l = 0; l < std::min(lane, rows.size() - r); ++l)
          source_.read(rows[r + l], first_node, n, pieces_->data() + l * n);
        transpose_rows(pieces_->data(), n, from.data(), place_.data() + i, from.size(), block_->data() + r, rows_);
      }
      i = last;
    }
  }

private:
  const RowSource& source_;
  std::size_t n_used_, rows_ = lane;
  std::unique_ptr<Block> block_, pieces_;
  std::vector<int> used_, place_;
};

// The row that each electrode is, when the montage only picks rows; else empty.
std::vector<std::size_t> picked_rows(const Eigen::MatrixXd& montage) {
  std::vector<std::size_t> rows;
  for (Eigen::Index e = 0; e < montage.rows(); ++e) {
    Eigen::Index row = 0;
    if (montage.row(e).maxCoeff(&row) != 1 || montage.row(e).cwiseAbs().sum() != 1) return {};
    rows.push_back(static_cast<std::size_t>(row));
  }
  return rows;
}

std::vector<std::size_t> part_of(const std::vector<std::size_t>& rows, std::size_t first, std::size_t size) {
  const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(std::min(size, rows.size() - first))};
}

// Electrodes that are rows: values go straight to their place in the result.
void pick(const SamplingOperator& sampling, RowBlocks& blocks, const std::vector<std::size_t>& rows,
          Eigen::MatrixXd& result) {
  for (std::size_t first = 0; first < rows.size(); first += blocks.size()) {
    const auto part = part_of(rows, first, blocks.size());
    blocks.load(part);
    sample_elements(
        sampling, 0, sampling.n_elements(), blocks.data(), blocks.size(),
        {result.data() + first, static_cast<std::size_t>(result.rows()), part.size(), sampling.points.data()});
  }
}

// Electrodes that are combinations of rows: tile by tile of points.
void combine(const SamplingOperator& sampling, RowBlocks& blocks, const Eigen::MatrixXd& montage,
             Eigen::MatrixXd& result) {
  std::vector<std::size_t> rows;
  for (Eigen::Index r = 0; r < montage.cols(); ++r)
    if ((montage.col(r).array() != 0).any()) rows.push_back(static_cast<std::size_t>(r));
  result.setZero();
  const auto n_electrodes = static_cast<std::size_t>(montage.rows());
  const auto padded = static_cast<Eigen::Index>((n_electrodes + lane - 1) / lane * lane);
  Eigen::MatrixXd samples;
  std::vector<int> column;
  for (std::size_t first = 0; first < rows.size(); first += blocks.size()) {
    const auto part = part_of(rows, first, blocks.size());
    blocks.load(part);
    Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(padded, static_cast<Eigen::Index>(blocks.size()));
    for (std::size_t r = 0; r < part.size(); ++r)
      weights.col(static_cast<Eigen::Index>(r)).head(montage.rows()) = montage.col(static_cast<Eigen::Index>(part[r]));
    for (std::size_t from = 0, to = 0; from < sampling.n_elements(); from = to) {
      while (to < sampling.n_elements() && sampling.first[to] - sampling.first[from] < static_cast<int>(points_of_tile))
        ++to;
      const int start = sampling.first[from], n = sampling.first[to] - start;
      if (n > samples.cols()) {
        samples.resize(static_cast<Eigen::Index>(blocks.size()), n);
        column.resize(static_cast<std::size_t>(n));
        std::iota(column.begin(), column.end(), 0);
      }
      sample_elements(sampling, from, to, blocks.data(), blocks.size(),
                      {samples.data(), blocks.size(), blocks.size(), column.data()});
      add_combinations(weights.data(), samples.data(), blocks.size(), static_cast<std::size_t>(n),
                       {result.data(), n_electrodes, n_electrodes, sampling.points.data() + start});
    }
  }
}

}  // namespace

void sample_rows(const SamplingOperator& sampling, const RowSource& source, const Eigen::MatrixXd& montage,
                 Eigen::MatrixXd& result, const RowSamplingOptions& options) {
  result.resize(montage.rows(), static_cast<Eigen::Index>(sampling.n_points()));
  if (result.size() == 0) return;
  const auto picked = picked_rows(montage);
  RowBlocks blocks(sampling, source, static_cast<std::size_t>(picked.empty() ? montage.cols() : montage.rows()),
                   options.memory);
  if (picked.empty())
    combine(sampling, blocks, montage, result);
  else
    pick(sampling, blocks, picked, result);
}

}  // namespace bmiss
