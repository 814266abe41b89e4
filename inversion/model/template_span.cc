#include "inversion/model/template_span.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <numeric>
#include <random>

#include "base/errors.h"

namespace bmiss {
namespace {

// Orthonormal directions that hold all but a share `loss` of the energy of the columns.
Eigen::MatrixXf leading_directions(const Eigen::MatrixXf& columns, double loss) {
  const bool tall = columns.rows() > columns.cols();
  const Eigen::MatrixXf gram =
      tall ? Eigen::MatrixXf(columns.transpose() * columns) : Eigen::MatrixXf(columns * columns.transpose());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> solver(gram);
  const Eigen::VectorXf& energy = solver.eigenvalues();  // ascending
  const double allowed = loss * static_cast<double>(energy.cwiseMax(0).sum());
  Eigen::Index dropped = 0;
  for (double rest = 0; dropped + 1 < energy.size(); ++dropped) {
    rest += static_cast<double>(std::max(energy[dropped], 0.0F));
    if (rest > allowed) break;
  }
  const Eigen::Index kept = energy.size() - dropped;
  const auto directions = solver.eigenvectors().rightCols(kept);
  if (!tall) return directions;
  return columns * directions * energy.tail(kept).cwiseSqrt().cwiseInverse().asDiagonal();
}

UnitParameters random_unit(const MuapModel& model, std::mt19937& random) {
  const auto uniform = [&](double low, double high) {
    return low + (high - low) * (static_cast<double>(random()) + 0.5) / 4294967296.0;
  };
  const int muscle = static_cast<int>(random() % model.muscles().size());
  const auto& places = model.section(muscle).places();
  const auto path = static_cast<Eigen::Index>(random() % static_cast<unsigned>(places.cols()));
  UnitParameters unit = model.typical_unit(muscle);
  unit[across_1] = places(0, path) + uniform(-1e-3, 1e-3);
  unit[across_2] = places(1, path) + uniform(-1e-3, 1e-3);
  unit[territory_radius] = uniform(1e-3, 6e-3);
  const double zone = uniform(-25e-3, 25e-3);
  unit[innervation_zone] += zone;
  unit[proximal_length] += zone + uniform(-5e-3, 5e-3);
  unit[distal_length] += -zone + uniform(-5e-3, 5e-3);
  unit[velocity] = uniform(3.1, 4.9);
  unit[log_size] = 0;
  const UnitBounds& bounds = model.bounds(muscle);
  unit.values = unit.values.cwiseMax(bounds.lower).cwiseMin(bounds.upper);
  return unit;
}

}  // namespace

TemplateSpan::TemplateSpan(const MuapModel& model, const SpanOptions& options)
    : options_(options), n_lags_(model.n_columns()) {
  std::mt19937 random(options.seed);
  std::vector<Eigen::MatrixXf> waveforms;
  float strongest = 0;
  for (int i = 0; i < options.atoms; ++i) {
    units_.push_back(random_unit(model, random));
    waveforms.push_back(model.value(units_.back()));
    strongest = std::max(strongest, waveforms.back().norm());
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < waveforms.size(); ++i) {
    const float norm = waveforms[i].norm();
    if (norm <= static_cast<float>(options.weakest) * strongest) continue;
    units_[kept] = units_[i];
    waveforms[kept] = waveforms[i] / norm;
    ++kept;
  }
  units_.resize(kept);
  waveforms.resize(kept);
  BMISS_ASSERT(kept > 0);
  const auto n = static_cast<Eigen::Index>(kept);
  Eigen::MatrixXf flat(model.n_rows(), n * n_lags_);
  for (Eigen::Index i = 0; i < n; ++i) flat.middleCols(i * n_lags_, n_lags_) = waveforms[static_cast<std::size_t>(i)];
  channels_ = leading_directions(flat, options.channel_loss);
  atoms_.resize(channels_.cols() * n_lags_, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    Eigen::MatrixXf combined = channels_.transpose() * waveforms[static_cast<std::size_t>(i)];
    combined /= combined.norm();
    atoms_.col(i) = combined.reshaped();
  }
  basis_ = leading_directions(atoms_, options.loss);
  atom_coordinates_ = basis_.transpose() * atoms_;
}

std::vector<Eigen::Index> largest(const Eigen::VectorXf& values, Eigen::Index n) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(values.size()));
  std::iota(order.begin(), order.end(), Eigen::Index(0));
  const auto end = order.begin() + std::min<std::ptrdiff_t>(n, values.size());
  std::partial_sort(order.begin(), end, order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return values[a] > values[b] || (values[a] == values[b] && a < b);
  });
  order.erase(end, order.end());
  return order;
}

std::vector<Eigen::MatrixXf> TemplateSpan::directions() const {
  std::vector<Eigen::MatrixXf> all;
  for (Eigen::Index i = 0; i < dimension(); ++i) all.push_back(direction(i));
  return all;
}

Eigen::VectorXf TemplateSpan::nearby(Eigen::VectorXf coordinates) const {
  constexpr int turns = 2;  // what was like the noisy waveform may not be what is most like the result
  for (int i = 0; i < turns; ++i) {
    const Eigen::VectorXf likeness = atom_coordinates_.transpose() * coordinates;
    const Eigen::MatrixXf around = atom_coordinates_(Eigen::all, largest(likeness, options_.similar));
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> solver(around.transpose() * around);
    const Eigen::Index kept = std::min<Eigen::Index>(options_.local, around.cols());
    const Eigen::VectorXf scale = solver.eigenvalues().tail(kept).cwiseMax(1e-6F).cwiseSqrt().cwiseInverse();
    const Eigen::MatrixXf directions = around * solver.eigenvectors().rightCols(kept) * scale.asDiagonal();
    coordinates = directions * (directions.transpose() * coordinates).eval();
  }
  return coordinates;
}

Eigen::MatrixXf TemplateSpan::project(const Eigen::MatrixXf& waveform) const {
  BMISS_ASSERT(waveform.size() == basis_.rows());
  const Eigen::VectorXf coordinates = basis_.transpose() * waveform.reshaped();
  return (basis_ * coordinates).reshaped(waveform.rows(), waveform.cols());
}

Eigen::MatrixXf TemplateSpan::shrink(const Eigen::MatrixXf& waveform, double variance) const {
  const Eigen::MatrixXf inside = project(waveform), outside = waveform - inside;
  const double energy = static_cast<double>(outside.squaredNorm());
  const double noise = variance * static_cast<double>(basis_.rows() - basis_.cols());
  // Noise of some units is larger than that of all on average; half of it more is still no sign of a wrong model.
  const double kept = energy > 0 ? std::max(0.0, 1 - 1.5 * noise / energy) : 0;
  return inside + static_cast<float>(kept) * outside;
}

double TemplateSpan::explained(const Eigen::MatrixXf& waveform) const {
  BMISS_ASSERT(waveform.size() == basis_.rows());
  const float energy = waveform.squaredNorm();
  return energy > 0 ? static_cast<double>((basis_.transpose() * waveform.reshaped()).squaredNorm() / energy) : 0;
}

Eigen::MatrixXf TemplateSpan::atom(Eigen::Index i) const {
  return atoms_.col(i).reshaped(channels_.cols(), n_lags_);
}

}  // namespace bmiss
