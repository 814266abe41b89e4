// The volume-preserving biases of LabelField.
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "anatomy/label_field.h"
#include "base/errors.h"

namespace bmiss {
namespace {

constexpr double largest_bias = 0.35;
// Two labels whose plain values differ by more than this can never change places.
constexpr float competing = static_cast<float>(2 * largest_bias);
// Samples whose two best values differ by less count towards the sensitivity of the volumes.
constexpr double near_interface = 0.1;

}  // namespace

struct LabelField::Samples {
  std::vector<std::size_t> begin{0};
  std::vector<Entry> entries;  // of label 0: f_0 without its bias; of the others phi without theirs, rivals only
};

LabelField::Samples LabelField::collect_samples(std::vector<double>& sure_volume) const {
  Samples samples;
  sure_volume.assign(n_labels(), 0.0);
  const double sample_volume = spacing_.prod() / 8;
  const std::size_t row = static_cast<std::size_t>(size_[0]), slice = row * static_cast<std::size_t>(size_[1]);
  std::vector<Entry> values;
  const auto take = [&] {
    const auto found = std::find_if(values.begin(), values.end(), [](const Entry& v) { return v.label == 0; });
    const float outside = found == values.end() ? -1 : 2 * found->weight - 1;
    if (found != values.end()) values.erase(found);
    if (outside > competing || values.empty()) {
      sure_volume[0] += sample_volume;
      return;
    }
    const auto best = std::max_element(values.begin(), values.end(),
                                       [](const Entry& a, const Entry& b) { return a.weight < b.weight; });
    const float floor = best->weight - competing;
    const auto rivals = std::count_if(values.begin(), values.end(), [&](const Entry& v) { return v.weight > floor; });
    if (outside < -competing && rivals == 1) {
      sure_volume[best->label] += sample_volume;
      return;
    }
    samples.entries.push_back({0, outside});
    for (const Entry& value : values)
      if (value.weight > floor) samples.entries.push_back(value);
    samples.begin.push_back(samples.entries.size());
  };
  for (int k = 0; k < size_[2]; ++k)
    for (int j = 0; j < size_[1]; ++j)
      for (int i = 0; i < size_[0]; ++i) {
        const std::size_t voxel =
            static_cast<std::size_t>(i) + row * static_cast<std::size_t>(j) + slice * static_cast<std::size_t>(k);
        // An unmixed voxel next to a mixed one holds weight 1 against less than the truncated tail: all its samples are
        // its own.
        if (begin_[voxel + 1] - begin_[voxel] == 1) {
          sure_volume[entries_[begin_[voxel]].label] += 8 * sample_volume;
          continue;
        }
        for (unsigned c = 0; c < 8; ++c) {
          gather({spacing_[0] * (i + 0.25 + 0.5 * (c & 1u)), spacing_[1] * (j + 0.25 + 0.5 * (c >> 1 & 1u)),
                  spacing_[2] * (k + 0.25 + 0.5 * (c >> 2 & 1u))},
                 values);
          take();
        }
      }
  return samples;
}

// Adds the samples to `volume`. Moving b_l by d moves the samples with margin below d from m to l: dV/db = volume of
// the band / its two-sided width.
void LabelField::measure(const Samples& samples, std::vector<double>& volume) {
  const auto n = static_cast<Eigen::Index>(n_labels());
  const double sample_volume = spacing_.prod() / 8, rate = sample_volume / (2 * near_interface);
  sensitivity_.inner.setZero(n, n);
  sensitivity_.outer.setZero(n);
  for (std::size_t s = 0; s + 1 < samples.begin.size(); ++s) {
    const double outside = samples.entries[samples.begin[s]].weight + bias_[0];
    int best = -1, second = -1;
    double best_value = -1e30, second_value = -1e30;
    for (std::size_t e = samples.begin[s] + 1; e < samples.begin[s + 1]; ++e) {
      const int label = samples.entries[e].label;
      const double value = samples.entries[e].weight + bias_[label];
      if (value > best_value) {
        second = best;
        second_value = best_value;
        best = label;
        best_value = value;
      } else if (value > second_value) {
        second = label;
        second_value = value;
      }
    }
    if (std::abs(outside) <= near_interface) sensitivity_.outer[best] += rate;
    volume[outside > 0 ? 0 : best] += sample_volume;
    if (outside > 0 || best_value - second_value > near_interface) continue;
    sensitivity_.inner(best, best) += rate;
    sensitivity_.inner(second, second) += rate;
    sensitivity_.inner(best, second) -= rate;
    sensitivity_.inner(second, best) -= rate;
  }
}

// First the outer surface for the sum of all changes, then the interfaces inside for what is left: those only exchange
// volume, so their matrix is singular and the shortest step is taken.
void LabelField::newton_step(const std::vector<double>& change, double largest_step) {
  const auto n = static_cast<Eigen::Index>(n_labels()) - 1;
  if (n < 1) return;
  const auto bounded = [&](double step) { return std::clamp(step, -largest_step, largest_step); };
  const auto shift = [&](Eigen::Index label, double step) {
    double& bias = bias_[static_cast<std::size_t>(label)];
    bias = std::clamp(bias + bounded(step), -largest_bias, largest_bias);
  };
  Eigen::VectorXd wanted = Eigen::Map<const Eigen::VectorXd>(change.data() + 1, n);
  const double surface = sensitivity_.outer.sum();
  if (surface > 0) {
    const double outward = wanted.sum() / surface;
    wanted -= outward * sensitivity_.outer.tail(n);
    shift(0, -outward);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> modes(sensitivity_.inner.bottomRightCorner(n, n));
  const double smallest = 1e-6 * modes.eigenvalues().maxCoeff() + spacing_.prod();
  Eigen::VectorXd weights = modes.eigenvectors().transpose() * wanted;
  for (Eigen::Index mode = 0; mode < n; ++mode) {
    const double stiffness = modes.eigenvalues()[mode];
    weights[mode] = stiffness > smallest ? weights[mode] / stiffness : 0;
  }
  const Eigen::VectorXd step = modes.eigenvectors() * weights;
  for (Eigen::Index label = 0; label < n; ++label) {
    // A label that holds no place yet has no sensitivity either.
    const bool absent = sensitivity_.inner(label + 1, label + 1) == 0 && sensitivity_.outer[label + 1] == 0;
    shift(label + 1, absent && change[static_cast<std::size_t>(label) + 1] > 0 ? largest_step : step[label]);
  }
}

double LabelField::match_volumes(const std::vector<double>& target, int sweeps) {
  BMISS_ASSERT(target.size() == n_labels());
  std::vector<double> sure_volume;
  const Samples samples = collect_samples(sure_volume);
  // Volumes move in steps of samples and small labels may saturate: the best biases seen are kept.
  constexpr int patience = 5;
  double best_error = std::numeric_limits<double>::infinity();
  std::vector<double> best_bias;
  for (int sweep = 0, best_sweep = 0;; ++sweep) {
    std::vector<double> volume = sure_volume;
    measure(samples, volume);
    double error = 0;
    std::vector<double> change(n_labels());
    for (std::size_t label = 0; label < n_labels(); ++label) {
      change[label] = target[label] - volume[label];
      if (label > 0 && target[label] > 100 * spacing_.prod())
        error = std::max(error, std::abs(change[label]) / target[label]);
    }
    if (error < 0.99 * best_error) {
      best_error = error;
      best_bias = bias_;
      best_sweep = sweep;
    }
    if (best_error < 2e-4 || sweep >= sweeps || sweep >= best_sweep + patience) break;
    newton_step(change, 0.05);
  }
  bias_ = best_bias;
  return best_error;
}

void LabelField::shift_biases(const std::vector<double>& change, double largest_step) {
  newton_step(change, largest_step);
}

}  // namespace bmiss
