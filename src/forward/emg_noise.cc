#include "forward/emg_noise.h"

#include <Eigen/Cholesky>
#include <cmath>

#include "base/errors.h"
#include "base/parameters.h"
#include "physiology/random_stream.h"

namespace bmiss {
namespace {

Eigen::MatrixXd white_noise(Eigen::Index n_channels, Eigen::Index n_samples, const char* stream, unsigned seed) {
  Eigen::MatrixXd noise(n_channels, n_samples);
  for (Eigen::Index e = 0; e < n_channels; ++e) {
    RandomStream random(seed, stream, static_cast<int>(e));
    for (Eigen::Index n = 0; n < n_samples; ++n) noise(e, n) = random.gaussian();
  }
  return noise;
}

// Independent samples become x[n] = a x[n-1] + sqrt(1 - a²) w[n], stationary from the first on.
void colour_in_time(Eigen::MatrixXd& noise, double corner, double rate) {
  const double a = std::exp(-2 * std::acos(-1.0) * corner / rate), b = std::sqrt(1 - a * a);
  for (Eigen::Index n = 1; n < noise.cols(); ++n) noise.col(n) = a * noise.col(n - 1) + b * noise.col(n);
}

// exp(-d / reach) is positive definite for distinct points of space (Matérn with smoothness 1/2).
Eigen::MatrixXd correlation(const Eigen::Matrix3Xd& positions, double reach) {
  const Eigen::Index n = positions.cols();
  Eigen::MatrixXd result = Eigen::MatrixXd::Identity(n, n);
  for (Eigen::Index i = 0; i < n && reach > 0; ++i)
    for (Eigen::Index j = 0; j < n; ++j) result(i, j) = std::exp(-(positions.col(i) - positions.col(j)).norm() / reach);
  return result;
}

}  // namespace

void NoiseOptions::declare_parameters(Parameters& p) {
  const NoiseOptions o;
  const Parameters::Section section(p, "EMG");
  p.declare_choice("Noise", "white", {"white", "coloured"},
                   "coloured: falls with frequency, correlated between neighbours, plus a white share");
  p.declare_real("Noise corner", o.corner, "Hz", {0.1, 1e5}, "of coloured noise: its power is halved there and falls");
  p.declare_real("Noise reach", o.reach * 1e3, "mm", {0, 1e3},
                 "of coloured noise: distance of electrodes at which their correlation is 1/e");
  p.declare_real("Noise white share", o.white_share * 100, "%", {0, 100},
                 "of coloured noise: part of its power that is white and independent in each channel");
}

NoiseOptions NoiseOptions::parse_parameters(const Parameters& p) {
  const Parameters::Section section(p, "EMG");
  NoiseOptions o;
  o.kind = p.text("Noise") == "coloured" ? NoiseKind::coloured : NoiseKind::white;
  o.corner = p.real("Noise corner");
  o.reach = p.real("Noise reach");
  o.white_share = p.real("Noise white share");
  return o;
}

Eigen::MatrixXd make_noise(const Eigen::Matrix3Xd& positions, Eigen::Index n_samples, double rate,
                           const NoiseOptions& options, unsigned seed) {
  BMISS_ASSERT(rate > 0 && options.corner > 0 && options.white_share >= 0 && options.white_share <= 1);
  const Eigen::MatrixXd white = white_noise(positions.cols(), n_samples, "noise", seed);
  if (options.kind == NoiseKind::white) return white;
  Eigen::MatrixXd coloured = white_noise(positions.cols(), n_samples, "coloured noise", seed);
  colour_in_time(coloured, options.corner, rate);
  const Eigen::LLT<Eigen::MatrixXd> factor(correlation(positions, options.reach));
  if (factor.info() != Eigen::Success)
    throw InputError(
        "two electrodes lie at one place, so noise cannot be correlated by distance; move one or set 'EMG/Noise reach' "
        "to 0");
  const Eigen::MatrixXd mixed = factor.matrixL() * coloured;
  return std::sqrt(1 - options.white_share) * mixed + std::sqrt(options.white_share) * white;
}

}  // namespace bmiss
