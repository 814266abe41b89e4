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
constexpr std::size_t most_together = 64;  // electrodes in a block, rows that are combined at a time

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

std::vector<std::size_t> part_of(const std::vector<std::size_t>& rows, std::size_t first, std::size_t size) {
  const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(std::min(size, rows.size() - first))};
}

// Nodal values of some electrodes at a time, node by node: [n_used x size()], filled up to whole lanes.
class NodalBlock {
public:
  NodalBlock(const SamplingOperator& sampling, const RowSource& source, std::size_t n_electrodes, double memory)
      : source_(source), n_used_(sampling.nodes.size()) {
    const auto that_fit = static_cast<std::size_t>(memory / (8.0 * static_cast<double>(std::max(n_used_, lane))));
    size_ = std::clamp(that_fit / lane * lane, lane, most_together);
    size_ = std::min(size_, (n_electrodes + lane - 1) / lane * lane);
    values_ = std::make_unique<Block>(n_used_ * size_);
    pieces_ = std::make_unique<Block>(lane * piece);
    // Used nodes in the order of the rows, and where they go.
    std::vector<int> place(source.n_nodes, -1);
    for (std::size_t i = 0; i < n_used_; ++i) place[static_cast<std::size_t>(sampling.nodes[i])] = static_cast<int>(i);
    for (std::size_t i = 0; i < place.size(); ++i)
      if (place[i] >= 0) {
        used_.push_back(static_cast<int>(i));
        place_.push_back(place[i]);
      }
  }

  std::size_t size() const { return size_; }
  const double* data() const { return values_->data(); }

  // Electrodes that are rows; at most size() of them.
  void load(const std::vector<std::size_t>& rows) {
    for_pieces(
        [&](const Piece& nodes) { read(rows, nodes, place_.data() + nodes.first_used, values_->data(), size_, true); });
  }

  // Electrodes that are combinations of rows: `weights` [size() x n_rows], column by column.
  void load(const Eigen::MatrixXd& weights, const std::vector<std::size_t>& rows) {
    std::fill_n(values_->data(), n_used_ * size_, 0.0);
    if (!gathered_) gathered_ = std::make_unique<Block>(piece * most_together);
    std::vector<int> in_turn(piece);
    std::iota(in_turn.begin(), in_turn.end(), 0);
    for_pieces([&](const Piece& nodes) {
      for (std::size_t first = 0; first < rows.size(); first += most_together) {
        const auto part = part_of(rows, first, most_together);
        read(part, nodes, in_turn.data(), gathered_->data(), most_together, false);
        add_combinations(weights.col(static_cast<Eigen::Index>(first)).data(), gathered_->data(), part.size(),
                         most_together, nodes.offsets.size(),
                         {values_->data(), size_, size_, place_.data() + nodes.first_used});
      }
    });
  }

private:
  // Nodes that are read at a time, and which of them are used.
  struct Piece {
    std::size_t first_node, n_nodes, first_used;
    std::vector<int> offsets;
  };
  template <typename Action>
  void for_pieces(Action&& action) {
    Piece nodes;
    for (std::size_t i = 0; i < used_.size(); i += nodes.offsets.size()) {
      nodes.first_used = i;
      nodes.first_node = static_cast<std::size_t>(used_[i]);
      nodes.n_nodes = std::min(piece, source_.n_nodes - nodes.first_node);
      nodes.offsets.clear();
      for (std::size_t k = i; k < used_.size() && static_cast<std::size_t>(used_[k]) < nodes.first_node + nodes.n_nodes;
           ++k)
        nodes.offsets.push_back(used_[k] - used_[i]);
      action(nodes);
    }
  }

  // Rows to target[place[node] * stride + row].
  void read(const std::vector<std::size_t>& rows, const Piece& nodes, const int* place, double* target,
            std::size_t stride, bool past_caches) {
    for (std::size_t r = 0; r < rows.size(); r += lane) {
      for (std::size_t l = 0; l < lane; ++l)
        if (r + l < rows.size())
          source_.read(rows[r + l], nodes.first_node, nodes.n_nodes, pieces_->data() + l * nodes.n_nodes);
        else
          std::fill_n(pieces_->data() + l * nodes.n_nodes, nodes.n_nodes, 0.0);
      transpose_rows(pieces_->data(), nodes.n_nodes, nodes.offsets.data(), place, nodes.offsets.size(), target + r,
                     stride, past_caches);
    }
  }

  const RowSource& source_;
  std::size_t n_used_, size_ = lane;
  std::unique_ptr<Block> values_, pieces_, gathered_;
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

}  // namespace

void sample_rows(const SamplingOperator& sampling, const RowSource& source, const Eigen::MatrixXd& montage,
                 Eigen::MatrixXd& result, const RowSamplingOptions& options) {
  result.resize(montage.rows(), static_cast<Eigen::Index>(sampling.n_points()));
  if (result.size() == 0) return;
  const auto picked = picked_rows(montage);
  std::vector<std::size_t> used;
  for (Eigen::Index r = 0; r < montage.cols(); ++r)
    if ((montage.col(r).array() != 0).any()) used.push_back(static_cast<std::size_t>(r));
  const auto n_electrodes = static_cast<std::size_t>(montage.rows());
  NodalBlock block(sampling, source, n_electrodes, options.memory);
  Eigen::MatrixXd weights;
  for (std::size_t first = 0; first < n_electrodes; first += block.size()) {
    const std::size_t n = std::min(block.size(), n_electrodes - first);
    if (!picked.empty()) {
      block.load(part_of(picked, first, n));
    } else {
      weights.setZero(static_cast<Eigen::Index>(block.size()), static_cast<Eigen::Index>(used.size()));
      for (std::size_t r = 0; r < used.size(); ++r)
        weights.col(static_cast<Eigen::Index>(r)).head(static_cast<Eigen::Index>(n)) =
            montage.col(static_cast<Eigen::Index>(used[r]))
                .segment(static_cast<Eigen::Index>(first), static_cast<Eigen::Index>(n));
      block.load(weights, used);
    }
    sample_elements(sampling, block.data(), block.size(),
                    {result.data() + first, n_electrodes, n, sampling.points.data()});
  }
}

}  // namespace bmiss
