// Loops over sixteen vectors at once: what the time of an iterative solution goes into. Compiled for several
// instruction sets, the best of which is taken when the program starts.
#pragma once

#include "solvers/linear/lanes.h"
#include "solvers/linear/split_matrix.h"

namespace bmiss::kernels {

// y = A x.
void multiply(const SplitPattern& pattern, const SplitValues<double>& values, const DoubleRow* x, DoubleRow* y);
// y = A x; adds x . y to `dots`.
void multiply(const SplitPattern& pattern, const SplitValues<float>& values, const FloatRow* x, FloatRow* y,
              LaneValues& dots);

// The smoother is Gauss-Seidel within the rank, with `inverse` the reciprocals of its diagonal.
// One sweep forwards from zero: (L + 1/inverse) x = b.
void sweep_from_zero(const SplitPattern& pattern, const SplitValues<float>& values, const float* inverse,
                     const FloatRow* b, FloatRow* x);
// Adds P^T (b - A x) to `coarse`, x being the outcome of that sweep: b is not needed, and only the entries after the
// diagonal are.
void restrict_residual(const SplitPattern& pattern, const SplitValues<float>& values, const float* inverse,
                       const FloatRow* x, const SparseRows& interpolation, const float* weights, FloatRow* coarse);
// x += P coarse.
void prolong(const SparseRows& interpolation, const float* weights, const FloatRow* coarse, FloatRow* x);
// One sweep backwards.
void sweep_back(const SplitPattern& pattern, const SplitValues<float>& values, const float* inverse, const FloatRow* b,
                FloatRow* x);
// Adds x . y and x . z to `first` and `second`.
void dot(const FloatBlock& y, const FloatBlock& z, const FloatRow* x, LaneValues& first, LaneValues& second);

// p = z + beta p.
void continue_direction(const FloatBlock& z, const LaneValues& beta, FloatRow* p);
// x += alpha p, r -= alpha q; adds r . r to `norms`.
void step(const LaneValues& alpha, const FloatRow* p, const FloatBlock& q, FloatBlock& x, FloatBlock& r,
          LaneValues& norms);
// x += c, c = 0.
void take_over(FloatBlock& c, DoubleBlock& x);
// r = b - y; adds r . r to `norms`.
void subtract(const DoubleBlock& b, const DoubleBlock& y, FloatBlock& r, LaneValues& norms);

}  // namespace bmiss::kernels
