#include "solvers/linear/block_kernels.h"

#include <algorithm>

#include "base/instruction_sets.h"

#define BMISS_INLINE inline __attribute__((always_inline))

namespace bmiss::kernels {
namespace {

typedef float Floats __attribute__((vector_size(sizeof(FloatRow)), may_alias));
typedef double Doubles __attribute__((vector_size(sizeof(DoubleRow)), may_alias));

constexpr int chunk = 64;  // rows whose dot products are added up in single precision

BMISS_INLINE const Floats* lanes(const FloatRow* rows) {
  return reinterpret_cast<const Floats*>(rows);
}
BMISS_INLINE Floats* lanes(FloatRow* rows) {
  return reinterpret_cast<Floats*>(rows);
}
BMISS_INLINE const Doubles* lanes(const DoubleRow* rows) {
  return reinterpret_cast<const Doubles*>(rows);
}
BMISS_INLINE Doubles* lanes(DoubleRow* rows) {
  return reinterpret_cast<Doubles*>(rows);
}

enum class Order { ascending, descending };  // of the rows

// Asks for the rows of x that come `entries_ahead` entries later: there is no pattern in them that the processor could
// see by itself.
template <Order order, typename Lanes>
BMISS_INLINE void prefetch(const int* columns, std::size_t k, const Lanes* x) {
  constexpr std::ptrdiff_t line = 64;  // bytes
  const int* later = columns + k + (order == Order::ascending ? entries_ahead - 4 : -entries_ahead);
  for (int i = 0; i < 4; ++i)
    for (std::ptrdiff_t part = 0; part < static_cast<std::ptrdiff_t>(sizeof(Lanes)); part += line)
      __builtin_prefetch(reinterpret_cast<const char*>(x + later[i]) + part);
}

// Four sums at a time: one would wait for its own result in every product.
template <Order order = Order::ascending, typename Lanes, typename Real>
BMISS_INLINE void add_products(Lanes& sum, const SparseRows& rows, const Real* values, int row, const Lanes* x) {
  const std::size_t last = rows.first[static_cast<std::size_t>(row) + 1];
  const int* columns = rows.columns.data();
  std::size_t k = rows.first[static_cast<std::size_t>(row)];
  Lanes second{}, third{}, fourth{};
  for (; k + 4 <= last; k += 4) {
    prefetch<order>(columns, k, x);
    sum += values[k] * x[columns[k]];
    second += values[k + 1] * x[columns[k + 1]];
    third += values[k + 2] * x[columns[k + 2]];
    fourth += values[k + 3] * x[columns[k + 3]];
  }
  for (; k < last; ++k) sum += values[k] * x[columns[k]];
  sum += second + (third + fourth);
}

// For rows that are too short for that.
template <typename Lanes, typename Real>
BMISS_INLINE void add_few_products(Lanes& sum, const SparseRows& rows, const Real* values, int row, const Lanes* x) {
  const auto i = static_cast<std::size_t>(row);
  for (std::size_t k = rows.first[i]; k < rows.first[i + 1]; ++k) sum += values[k] * x[rows.columns[k]];
}

BMISS_INLINE void add_up(const Floats& sum, LaneValues& total) {
  for (int lane = 0; lane < n_lanes; ++lane) total[static_cast<std::size_t>(lane)] += static_cast<double>(sum[lane]);
}

BMISS_INLINE Floats in_single(const LaneValues& values) {
  Floats result{};
  for (int lane = 0; lane < n_lanes; ++lane) result[lane] = static_cast<float>(values[static_cast<std::size_t>(lane)]);
  return result;
}

}  // namespace

BMISS_KERNEL void multiply(const SplitPattern& pattern, const SplitValues<double>& values, const DoubleRow* x,
                           DoubleRow* y) {
  const int n = pattern.lower.n_rows();
  const Doubles* from = lanes(x);
  Doubles* to = lanes(y);
  for (int i = 0; i < n; ++i) {
    Doubles sum = values.diagonal[static_cast<std::size_t>(i)] * from[i];
    add_products(sum, pattern.lower, values.lower.data(), i, from);
    add_products(sum, pattern.upper, values.upper.data(), i, from);
    to[i] = sum;
  }
}

BMISS_KERNEL void sweep_from_zero(const SplitPattern& pattern, const SplitValues<float>& values, const float* inverse,
                                  const FloatRow* b, FloatRow* x) {
  const int n = pattern.lower.n_rows();
  Floats* to = lanes(x);
  for (int i = 0; i < n; ++i) {
    Floats sum{};
    add_products(sum, pattern.lower, values.lower.data(), i, to);
    to[i] = inverse[i] * (lanes(b)[i] - sum);
  }
}

BMISS_KERNEL void restrict_residual(const SplitPattern& pattern, const SplitValues<float>& values, const float* inverse,
                                    const FloatRow* x, const CoarseLink& link, FloatRow* r, FloatRow* coarse) {
  const int n = pattern.lower.n_rows();
  const Floats* from = lanes(x);
  Floats* to = lanes(coarse);
  for (int i = 0; i < n; ++i) {
    const auto row = static_cast<std::size_t>(i);
    Floats sum = (values.diagonal[row] - 1 / inverse[i]) * from[i];
    add_products(sum, pattern.upper, values.upper.data(), i, from);
    lanes(r)[i] = -sum;
    for (std::size_t k = link.interpolation.first[row]; k < link.interpolation.first[row + 1]; ++k)
      to[link.interpolation.columns[k]] -= link.weights[k] * sum;
  }
}

BMISS_KERNEL void sweep_back(const SplitPattern& pattern, const SplitValues<float>& values, const float* inverse,
                             const CoarseLink& link, const FloatRow* coarse, const FloatRow* r, FloatRow* d,
                             FloatRow* x) {
  const Floats* below = lanes(coarse);
  Floats *change = lanes(d), *to = lanes(x);
  for (int i = pattern.lower.n_rows() - 1; i >= 0; --i) {
    Floats sum = -lanes(r)[i], correction = to[i];
    add_few_products(sum, link.product, link.product_values.data(), i, below);
    add_few_products(correction, link.interpolation, link.weights.data(), i, below);
    add_products<Order::descending>(sum, pattern.upper, values.upper.data(), i, static_cast<const Floats*>(change));
    sum *= -inverse[i];
    change[i] = sum;
    to[i] = correction + sum;
  }
}

BMISS_KERNEL void continue_direction(const SplitPattern& pattern, const SplitValues<float>& values,
                                     const float* inverse, const FloatRow* b, const FloatRow* d, const FloatRow* z,
                                     const LaneValues& beta, FloatRow* p, FloatRow* q, LaneValues& curvatures) {
  const int n = pattern.lower.n_rows();
  const Floats factor = in_single(beta), *change = lanes(d);
  Floats *direction = lanes(p), *product = lanes(q);
  std::size_t next = 0;  // row of the boundary
  for (int start = 0; start < n; start += chunk) {
    Floats curvature{};
    for (int i = start; i < std::min(n, start + chunk); ++i) {
      const auto row = static_cast<std::size_t>(i);
      Floats sum = lanes(b)[i] + (values.diagonal[row] - 1 / inverse[i]) * change[i];
      add_products(sum, pattern.lower, values.lower.data(), i, change);
      if (next < pattern.boundary.size() && pattern.boundary[next] == i) {
        for (std::size_t k = pattern.first_ghost[next]; k < pattern.upper.first[row + 1]; ++k)
          sum += values.upper[k] * change[pattern.upper.columns[k]];
        ++next;
      }
      sum += factor * product[i];
      const Floats along = lanes(z)[i] + factor * direction[i];
      product[i] = sum;
      direction[i] = along;
      curvature += along * sum;
    }
    add_up(curvature, curvatures);
  }
}

BMISS_KERNEL void dot(const FloatBlock& y, const FloatBlock& z, const FloatRow* x, LaneValues& first,
                      LaneValues& second) {
  const int n = static_cast<int>(y.size());
  for (int start = 0; start < n; start += chunk) {
    Floats with_y{}, with_z{};
    for (int i = start; i < std::min(n, start + chunk); ++i) {
      with_y += lanes(x)[i] * lanes(y.data())[i];
      with_z += lanes(x)[i] * lanes(z.data())[i];
    }
    add_up(with_y, first);
    add_up(with_z, second);
  }
}

BMISS_KERNEL void step(const LaneValues& alpha, const FloatRow* p, const FloatBlock& q, FloatBlock& x, FloatBlock& r,
                       LaneValues& norms) {
  const Floats factor = in_single(alpha);
  const int n = static_cast<int>(r.size());
  Floats *solution = lanes(x.data()), *residual = lanes(r.data());
  for (int start = 0; start < n; start += chunk) {
    Floats norm{};
    for (int i = start; i < std::min(n, start + chunk); ++i) {
      solution[i] += factor * lanes(p)[i];
      const Floats rest = residual[i] - factor * lanes(q.data())[i];
      residual[i] = rest;
      norm += rest * rest;
    }
    add_up(norm, norms);
  }
}

BMISS_KERNEL void take_over(FloatBlock& c, DoubleBlock& x) {
  for (std::size_t i = 0; i < c.size(); ++i)
    for (int lane = 0; lane < n_lanes; ++lane) {
      x[i].values[lane] += static_cast<double>(c[i].values[lane]);
      c[i].values[lane] = 0;
    }
}

BMISS_KERNEL void subtract(const DoubleBlock& b, const DoubleBlock& y, FloatBlock& r, LaneValues& norms) {
  for (std::size_t i = 0; i < r.size(); ++i)
    for (int lane = 0; lane < n_lanes; ++lane) {
      const double rest = b[i].values[lane] - y[i].values[lane];
      r[i].values[lane] = static_cast<float>(rest);
      norms[static_cast<std::size_t>(lane)] += rest * rest;
    }
}

}  // namespace bmiss::kernels
