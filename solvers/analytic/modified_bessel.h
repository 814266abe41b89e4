// Modified Bessel functions of integer order as logarithms and logarithmic derivatives: they never overflow.
#pragma once

namespace bmiss {

struct ModifiedBessel {
  double log_i = 0;    // ln I_n(x)
  double slope_i = 0;  // I_n'(x) / I_n(x) > 0
  double log_k = 0;    // ln K_n(x)
  double slope_k = 0;  // -K_n'(x) / K_n(x) > 0
};

// x > 0, n >= 0; relative accuracy of the slopes about 1e-14. Sources: DLMF 10.41 (large order), 10.40 (large
// argument).
ModifiedBessel modified_bessel(int n, double x);

}  // namespace bmiss
