#include "inversion/decode/matched_view.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/instruction_sets.h"
#include "inversion/decode/add_two.h"

namespace bmiss {
namespace {

constexpr Eigen::Index rim = 2;  // more columns, for interpolation

// Half a sample beside its maximum a matched output has lost little: a cheap first look at values a little raised.
constexpr float raised = 1.1F;

// Which values may be maxima in time above their thresholds: 1 in `found`, and whether there is any.
BMISS_KERNEL int mark_maxima(const float* __restrict__ before, const float* __restrict__ now,
                             const float* __restrict__ after, const float* __restrict__ threshold, Eigen::Index n,
                             int* __restrict__ found) {
  int any = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    found[i] = static_cast<int>(raised * now[i] > threshold[i]) & static_cast<int>(now[i] >= before[i]) &
               static_cast<int>(now[i] > after[i]);
    any |= found[i];
  }
  return any;
}

// columns(0 … n − 1) of `outputs`, the first of them sample `first`, += factor * the effect of a spike there.
void add_spike(const TemplateCorrelations& correlations, Eigen::Index unit, double position, float factor,
               Eigen::Index first, Eigen::Index n, float* outputs) {
  const auto place = DelayBank::place_of(position);
  const Eigen::MatrixXf& before = correlations.effect(unit, place.phase);
  const Eigen::MatrixXf& after = correlations.effect(unit, place.phase + 1);
  const Eigen::Index skipped = first - (place.sample - correlations.lags() + 1);
  add_two(before.col(skipped).data(), factor * (1 - place.share), after.col(skipped).data(), factor * place.share,
          n * before.rows(), outputs);
}

}  // namespace

void subtract_effect(const TemplateCorrelations& correlations, Eigen::Index unit, double position, float sign,
                     Eigen::MatrixXf& outputs) {
  const Eigen::Index first = DelayBank::place_of(position).sample - correlations.lags() + 1;
  const Eigen::Index from = std::max<Eigen::Index>(first, 0);
  const Eigen::Index to = std::min(first + 2 * correlations.lags(), outputs.cols());
  if (to > from) add_spike(correlations, unit, position, -sign, from, to - from, outputs.col(from).data());
}

MatchedView::MatchedView(const TemplateCorrelations& correlations)
    : correlations_(&correlations),
      values_(correlations.units(), 2 * (reach + rim) + 1),
      found_(static_cast<std::size_t>(correlations.units())) {
  // A spike near the middle affects all columns of the view.
  BMISS_ASSERT(correlations.lags() > 2 * (2 * reach + rim));
}

void MatchedView::look(const Eigen::MatrixXf& outputs, Eigen::Index middle) {
  samples_ = outputs.cols();
  first_ = middle - reach - rim;
  const Eigen::Index n = values_.cols(), from = std::max<Eigen::Index>(first_, 0);
  const Eigen::Index to = std::min(first_ + n, samples_);
  if (to - from < n) values_.setZero();
  if (to > from) values_.middleCols(from - first_, to - from) = outputs.middleCols(from, to - from);
  count(2);
}

void MatchedView::add_effect(Eigen::Index unit, double position, float sign) {
  add_spike(*correlations_, unit, position, sign, first_, values_.cols(), values_.data());
  count(4);
}

MatchedView::Local MatchedView::local(Eigen::Index unit, Eigen::Index k) const {
  const float a = values_(unit, k - 2), b = values_(unit, k - 1), c = values_(unit, k), d = values_(unit, k + 1),
              e = values_(unit, k + 2);
  return {c, (a - 8 * b + 8 * d - e) / 12, (-a + 16 * b - 30 * c + 16 * d - e) / 12, (-a + 2 * b - 2 * d + e) / 2,
          a - 4 * b + 6 * c - 4 * d + e};
}

float MatchedView::value(Eigen::Index unit, double position) const {
  const Eigen::Index column = std::clamp<Eigen::Index>(std::llround(position) - first_, rim, values_.cols() - rim - 1);
  return local(unit, column).at(static_cast<float>(position - static_cast<double>(first_ + column)));
}

MatchedView::Maximum MatchedView::peak(Eigen::Index unit, Eigen::Index column) const {
  const Local p = local(unit, column);
  float x = p.bend < 0 ? std::clamp(-p.slope / p.bend, -0.5F, 0.5F) : 0;
  for (int step = 0; step < 2; ++step) {
    const float bend = p.bend + x * (p.third + 0.5F * x * p.fourth);
    const float slope = p.slope + x * (p.bend + x * (p.third / 2 + x * p.fourth / 6));
    if (bend < 0) x = std::clamp(x - slope / bend, -0.5F, 0.5F);
  }
  return {unit, static_cast<double>(first_ + column) + static_cast<double>(x), p.at(x)};
}

MatchedView::Maximum MatchedView::peak_near(Eigen::Index unit, double position) const {
  Maximum best{unit, position, value(unit, position)};
  const Eigen::Index middle = std::llround(position) - first_;
  for (Eigen::Index k = std::max(middle - 1, rim); k <= std::min(middle + 1, values_.cols() - rim - 1); ++k) {
    if (first_ + k < 0 || first_ + k >= samples_) continue;
    if (values_(unit, k) < values_(unit, k - 1) || values_(unit, k) <= values_(unit, k + 1)) continue;
    const Maximum m = peak(unit, k);
    if (m.value > best.value && m.position >= 0 && m.position <= static_cast<double>(samples_ - 1)) best = m;
  }
  return best;
}

void MatchedView::find_maxima(const Eigen::VectorXf& threshold, std::vector<Maximum>& maxima) {
  maxima.clear();
  count(1);
  const Eigen::Index n = values_.rows();
  for (Eigen::Index k = rim; k < values_.cols() - rim; ++k) {
    if (first_ + k < 0 || first_ + k >= samples_) continue;
    if (mark_maxima(values_.col(k - 1).data(), values_.col(k).data(), values_.col(k + 1).data(), threshold.data(), n,
                    found_.data()) == 0)
      continue;
    for (Eigen::Index j = 0; j < n; ++j) {
      if (found_[static_cast<std::size_t>(j)] == 0) continue;
      const Maximum m = peak(j, k);
      if (m.value > threshold[j] && m.position >= 0 && m.position <= static_cast<double>(samples_ - 1))
        maxima.push_back(m);
    }
  }
}

}  // namespace bmiss
