#include "inversion/blind/unit_list.h"

#include <Eigen/QR>
#include <algorithm>

#include "base/table.h"

namespace bmiss {

std::string UnitList::reason_to_reject(const Source& source) const {
  if (static_cast<int>(source.spikes.samples.size()) < limits_.fewest_spikes)
    return "fewer than " + std::to_string(limits_.fewest_spikes) + " spikes";
  if (source.spikes.silhouette < limits_.silhouette) return "silhouette below " + format("%g", limits_.silhouette);
  if (!(source.statistics.isi_cov <= limits_.largest_isi_cov))
    return "inter-spike intervals vary by more than " + format("%g", limits_.largest_isi_cov) + " of their mean";
  if (source.statistics.mean_rate < limits_.lowest_rate)
    return "rate below " + format("%g", limits_.lowest_rate) + " Hz";
  if (source.statistics.mean_rate > limits_.highest_rate)
    return "rate above " + format("%g", limits_.highest_rate) + " Hz, as of several units in one train";
  if (source.statistics.short_share > limits_.largest_short_share)
    return "more than " + format("%g", 100 * limits_.largest_short_share) +
           " % of the intervals below half of their median, as of two interleaved trains";
  return "";
}

bool UnitList::offer(Source source) {
  const std::string reason = reason_to_reject(source);
  if (!reason.empty()) {
    ++rejections_[reason];
    return false;
  }
  for (const auto& train : known_)
    if (common_spikes(train, source.spikes.samples, limits_.tolerance, limits_.largest_shift).share >=
        limits_.duplicate_share) {
      ++rejections_["duplicate of a unit of an earlier pass"];
      return false;
    }
  std::vector<std::size_t> twins;
  bool best = true;
  for (std::size_t i = 0; i < units_.size(); ++i) {
    const auto common =
        common_spikes(units_[i].spikes.samples, source.spikes.samples, limits_.tolerance, limits_.largest_shift);
    if (common.share < limits_.duplicate_share) continue;
    twins.push_back(i);
    if (units_[i].quality() >= source.quality()) best = false;
  }
  rejections_["duplicate of an accepted unit"] += best ? static_cast<int>(twins.size()) : 1;
  if (!best) return false;
  for (auto twin = twins.rbegin(); twin != twins.rend(); ++twin) {
    units_.erase(units_.begin() + static_cast<std::ptrdiff_t>(*twin));
    copies_.erase(copies_.begin() + static_cast<std::ptrdiff_t>(*twin));
  }
  units_.push_back(std::move(source));
  copies_.emplace_back();
  rebuild_avoided();
  return true;
}

void UnitList::avoid_copies(WeightedDirections copies) {
  copies_.back() = std::move(copies);
  rebuild_avoided();
}

void UnitList::rebuild_avoided() {
  const Eigen::Index rows = units_.front().direction.size();
  std::vector<std::pair<float, Eigen::VectorXf>> copies;
  for (const auto& of_unit : copies_)
    for (Eigen::Index i = 0; i < of_unit.energy.size(); ++i)
      copies.emplace_back(of_unit.energy[i], of_unit.directions.col(i));
  std::stable_sort(copies.begin(), copies.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  const auto n = static_cast<Eigen::Index>(units_.size());
  const Eigen::Index columns =
      std::min<Eigen::Index>(n + static_cast<Eigen::Index>(copies.size()), std::max(n, rows / 2));
  Eigen::MatrixXf directions(rows, columns);
  for (Eigen::Index i = 0; i < columns; ++i)
    directions.col(i) =
        i < n ? units_[static_cast<std::size_t>(i)].direction : copies[static_cast<std::size_t>(i - n)].second;
  const Eigen::HouseholderQR<Eigen::MatrixXf> qr(directions);
  avoided_ = qr.householderQ() * Eigen::MatrixXf::Identity(rows, std::min(rows, columns));
}

}  // namespace bmiss
