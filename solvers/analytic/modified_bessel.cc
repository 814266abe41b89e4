#include "solvers/analytic/modified_bessel.h"

#include <boost/math/special_functions/bessel.hpp>
#include <cmath>
#include <vector>

namespace bmiss {
namespace {

constexpr int uniform_from_order = 20;  // the Debye series with 18 terms is exact to rounding from here
constexpr int uniform_terms = 18;
constexpr double large_argument = 150;  // Hankel's series is exact to rounding from here for orders up to 20

using Polynomial = std::vector<double>;  // coefficients of t^0, t^1, …

double evaluate(const Polynomial& p, double t) {
  double value = 0;
  for (auto c = p.rbegin(); c != p.rend(); ++c) value = value * t + *c;
  return value;
}

// U_k and V_k of DLMF 10.41.9-11:
//   U_{k+1} = (t^2 - t^4)/2 U_k' + 1/8 int_0^t (1 - 5 s^2) U_k ds,  V_{k+1} = U_{k+1} - t (1 - t^2) (U_k / 2 + t U_k').
struct DebyePolynomials {
  std::vector<Polynomial> u{{1.0}}, v{{1.0}};

  DebyePolynomials() {
    for (int k = 0; k < uniform_terms; ++k) {
      const Polynomial& last = u.back();
      Polynomial next(last.size() + 3, 0.0);
      for (std::size_t j = 0; j < last.size(); ++j) {
        const double c = last[j], degree = static_cast<double>(j);
        next[j + 1] += c * (0.5 * degree + 0.125 / (degree + 1));
        next[j + 3] -= c * (0.5 * degree + 0.625 / (degree + 3));
      }
      Polynomial slope = next;
      for (std::size_t j = 0; j < last.size(); ++j) {
        const double c = last[j] * (0.5 + static_cast<double>(j));
        slope[j + 1] -= c;
        slope[j + 3] += c;
      }
      u.push_back(next);
      v.push_back(slope);
    }
  }
};

ModifiedBessel large_order(int n, double x) {
  static const DebyePolynomials debye;
  const double nu = n, z = x / nu, root = std::sqrt(1 + z * z), t = 1 / root;
  const double eta = root + std::log(z / (1 + root));
  double ui = 0, uk = 0, vi = 0, vk = 0, power = 1;
  for (std::size_t k = 0; k <= uniform_terms; ++k, power /= nu) {
    const double u = evaluate(debye.u[k], t) * power, v = evaluate(debye.v[k], t) * power, sign = k % 2 == 0 ? 1 : -1;
    ui += u;
    vi += v;
    uk += sign * u;
    vk += sign * v;
    if (std::abs(u) + std::abs(v) < 1e-17) break;
  }
  const double pi = std::acos(-1.0);
  return {nu * eta - 0.5 * std::log(2 * pi * nu * root) + std::log(ui), root / z * vi / ui,
          -nu * eta + 0.5 * std::log(pi / (2 * nu * root)) + std::log(uk), root / z * vk / uk};
}

// Hankel's series: I_n ~ e^x / sqrt(2 pi x) sum (-1)^k a_k / x^k, K_n with all signs positive.
void hankel(int n, double x, double& log_i, double& log_k) {
  const double mu = 4.0 * n * n, pi = std::acos(-1.0);
  double term = 1, alternating = 1, plain = 1;
  for (int k = 1; k < 40; ++k) {
    term *= (mu - (2.0 * k - 1) * (2.0 * k - 1)) / (8.0 * k * x);
    alternating += k % 2 == 1 ? -term : term;
    plain += term;
    if (std::abs(term) < 1e-17) break;
  }
  log_i = x - 0.5 * std::log(2 * pi * x) + std::log(alternating);
  log_k = -x + 0.5 * std::log(pi / (2 * x)) + std::log(plain);
}

void logarithms(int n, double x, double& log_i, double& log_k) {
  if (x > large_argument) return hankel(n, x, log_i, log_k);
  using namespace boost::math::policies;
  const policy<promote_double<false>> in_double;  // long double costs three times as much for digits nobody needs
  log_i = std::log(boost::math::cyl_bessel_i(n, x, in_double));
  log_k = std::log(boost::math::cyl_bessel_k(n, x, in_double));
}

}  // namespace

ModifiedBessel modified_bessel(int n, double x) {
  if (n >= uniform_from_order) return large_order(n, x);
  ModifiedBessel b;
  double next_i, next_k;
  logarithms(n, x, b.log_i, b.log_k);
  logarithms(n + 1, x, next_i, next_k);
  // I_n' = I_{n+1} + n/x I_n and -K_n' = K_{n-1} + n/x K_n = K_{n+1} - n/x K_n; the forms without cancellation.
  b.slope_i = std::exp(next_i - b.log_i) + n / x;
  double previous_i, previous_k;
  logarithms(n == 0 ? 1 : n - 1, x, previous_i, previous_k);
  b.slope_k = std::exp(previous_k - b.log_k) + n / x;
  return b;
}

}  // namespace bmiss
