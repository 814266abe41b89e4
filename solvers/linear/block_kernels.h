// Loops over sixteen vectors at once: what the time of an iterative solution goes into. Compiled for several
// instruction sets, the best of which is taken when the program starts.
#pragma once

#include "solvers/linear/coarse_link.h"
#include "solvers/linear/lanes.h"
#include "solvers/linear/split_matrix.h"

namespace bmiss::kernels {

// y = A x.
void multiply(const SplitPattern& pattern, const SplitValues<double>& values, const DoubleRow* x, DoubleRow* y);
// The smoother is Gauss-Seidel within the rank, with `inverse` the reciprocals of its diagonal.
// One sweep forwards from zero: (L + 1/inverse) x = b.
void sweep_from_zero(const SplitPattern& pattern, const SplitValues<float>& values, const float* inverse,
                     const FloatRow* b, FloatRow* x);
// Its residual r = b - A x, for which only the entries after the diagonal are needed, and P^T r added to `coarse`.
void restrict_residual(const SplitPattern& pattern, const SplitValues<float>& values, const float* inverse,
                       const FloatRow* x, const CoarseLink& link, FloatRow* r, FloatRow* coarse);
// The correction P coarse, and one sweep backwards that starts from it: (U + 1/inverse) d = r - A P coarse, which again
// needs only the entries after the diagonal, x += P coarse + d. The ghosts of `d` are zero.
void sweep_back(const SplitPattern& pattern, const SplitValues<float>& values, const float* inverse,
                const CoarseLink& link, const FloatRow* coarse, const FloatRow* r, FloatRow* d, FloatRow* x);
// Conjugate directions from z, the outcome of that sweep for the right-hand side b: p = z + beta p, q = A z + beta q;
// adds p . q to `curvatures`. The residual after the sweep follows from `d`, with its ghosts, and the entries before
// the diagonal, and so does A z = b - residual.
void continue_direction(const SplitPattern& pattern, const SplitValues<float>& values, const float* inverse,
                        const FloatRow* b, const FloatRow* d, const FloatRow* z, const LaneValues& beta, FloatRow* p,
                        FloatRow* q, LaneValues& curvatures);
// Adds x . y and x . z to `first` and `second`.
void dot(const FloatBlock& y, const FloatBlock& z, const FloatRow* x, LaneValues& first, LaneValues& second);
// x += alpha p, r -= alpha q; adds r . r to `norms`.
void step(const LaneValues& alpha, const FloatRow* p, const FloatBlock& q, FloatBlock& x, FloatBlock& r,
          LaneValues& norms);
// x += c, c = 0.
void take_over(FloatBlock& c, DoubleBlock& x);
// r = b - y; adds r . r to `norms`.
void subtract(const DoubleBlock& b, const DoubleBlock& y, FloatBlock& r, LaneValues& norms);

}  // namespace bmiss::kernels
