#include "inversion/scan/dictionary.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "base/errors.h"
#include "base/tsv_file.h"
#include "inversion/refine/single_product.h"

namespace bmiss {
namespace {

std::vector<double> zones_of(const UnitBounds& bounds, const DictionaryOptions& options) {
  std::vector<double> zones;
  const int most = static_cast<int>(options.zone_reach / options.zone_spacing + 1e-9);
  for (int k = -most; k <= most; ++k) {
    const double zone = k * options.zone_spacing;
    if (zone >= bounds.lower[innervation_zone] && zone <= bounds.upper[innervation_zone]) zones.push_back(zone);
  }
  if (zones.empty()) zones.push_back(0.5 * (bounds.lower[innervation_zone] + bounds.upper[innervation_zone]));
  return zones;
}

}  // namespace

Dictionary::Dictionary(const MuapModel& model, const DictionaryOptions& options) : model_(model), options_(options) {
  BMISS_ASSERT(options.spacing > 0 && options.zone_spacing > 0 && !options.velocities.empty() &&
               !options.radii.empty());
  first_atom_.push_back(0);
  for (int muscle = 0; muscle < static_cast<int>(model.muscles().size()); ++muscle) {
    const UnitBounds& bounds = model.bounds(muscle);
    const Eigen::Vector2d low = bounds.lower.head<2>(), high = bounds.upper.head<2>();
    Waves waves;
    waves.zones = zones_of(bounds, options);
    UnitParameters unit = model.typical_unit(muscle);
    const Eigen::Index n_columns = model.n_columns();
    for (std::size_t z = 0; z < waves.zones.size(); ++z)
      for (std::size_t v = 0; v < options.velocities.size(); ++v) {
        unit[innervation_zone] = waves.zones[z];
        unit[velocity] = options.velocities[v];
        const Eigen::MatrixXf one = model.waves(unit);
        if (waves.waves.size() == 0)
          waves.waves.resize(one.rows(),
                             n_columns * static_cast<Eigen::Index>(waves.zones.size() * options.velocities.size()));
        waves.waves.middleCols(n_columns * static_cast<Eigen::Index>(z * options.velocities.size() + v), n_columns) =
            one;
      }
    waves_.push_back(std::move(waves));
    // A lattice centred on the muscle's box.
    const Eigen::Vector2i steps = ((high - low) / options.spacing).cast<int>();
    const Eigen::Vector2d corner = 0.5 * (low + high) - 0.5 * options.spacing * steps.cast<double>();
    for (int row = 0; row <= steps.y(); ++row)
      for (int column = 0; column <= steps.x(); ++column)
        for (std::size_t r = 0; r < options.radii.size(); ++r) {
          unit[across_1] = corner.x() + options.spacing * column;
          unit[across_2] = corner.y() + options.spacing * row;
          unit[territory_radius] = options.radii[r];
          if (model.section(muscle).part_inside({unit[across_1], unit[across_2]}, options.radii[r])[0] <
              options.least_inside)
            continue;
          places_.push_back({muscle, {row, column, static_cast<int>(r)}, unit});
          first_atom_.push_back(first_atom_.back() + waves_per_place(muscle));
        }
  }
  if (places_.empty())
    throw InputError("no position of a lattice of " + format_real(options.spacing * 1e3) +
                     " mm lies inside a muscle near the electrodes; take a smaller spacing of the dictionary");
}

std::size_t Dictionary::waves_per_place(int muscle) const {
  return waves_[static_cast<std::size_t>(muscle)].zones.size() * options_.velocities.size();
}

std::size_t Dictionary::place_of(std::size_t atom) const {
  BMISS_ASSERT(atom < n_atoms());
  return static_cast<std::size_t>(std::upper_bound(first_atom_.begin(), first_atom_.end(), atom) -
                                  first_atom_.begin()) -
         1;
}

UnitParameters Dictionary::unit(std::size_t atom) const {
  const std::size_t place = place_of(atom), wave = atom - first_atom_[place];
  UnitParameters unit = places_[place].unit;
  unit[innervation_zone] = waves_[static_cast<std::size_t>(unit.muscle)].zones[wave / options_.velocities.size()];
  unit[velocity] = options_.velocities[wave % options_.velocities.size()];
  return unit;
}

Eigen::MatrixXf Dictionary::atoms(std::size_t place) const {
  const Place& here = places_[place];
  const Eigen::MatrixXf& waves = waves_[static_cast<std::size_t>(here.muscle)].waves;
  const Eigen::Index n_rows = model_.n_rows();
  Eigen::MatrixXf result(n_rows * model_.n_columns(), static_cast<Eigen::Index>(waves_per_place(here.muscle)));
  // Atoms side by side are the product [n_rows x all columns] as it lies in the memory.
  multiply(model_.curvature(here.unit), waves,
           Eigen::Map<Eigen::MatrixXf>(result.data(), n_rows, result.size() / n_rows));
  return result;
}

std::vector<std::size_t> Dictionary::neighbours(std::size_t atom) const {
  const std::size_t place = place_of(atom);
  const Place& here = places_[place];
  const auto n_velocities = static_cast<int>(options_.velocities.size());
  const auto n_zones = static_cast<int>(waves_[static_cast<std::size_t>(here.muscle)].zones.size());
  const int wave = static_cast<int>(atom - first_atom_[place]), zone = wave / n_velocities, v = wave % n_velocities;
  std::vector<std::size_t> result;
  for (const int step : {-1, 1}) {
    if (zone + step >= 0 && zone + step < n_zones)
      result.push_back(first_atom_[place] + static_cast<std::size_t>((zone + step) * n_velocities + v));
    if (v + step >= 0 && v + step < n_velocities)
      result.push_back(first_atom_[place] + static_cast<std::size_t>(wave + step));
  }
  const auto is_before = [](const Place& a, const Place& b) {
    return a.muscle != b.muscle ? a.muscle < b.muscle : a.index < b.index;
  };
  for (int row = -1; row <= 1; ++row)
    for (int column = -1; column <= 1; ++column)
      for (int radius = -1; radius <= 1; ++radius) {
        if ((row == 0 && column == 0) == (radius == 0)) continue;  // one of place and radius moves
        Place wanted{here.muscle, {here.index[0] + row, here.index[1] + column, here.index[2] + radius}, {}};
        const auto found = std::lower_bound(places_.begin(), places_.end(), wanted, is_before);
        if (found != places_.end() && !is_before(wanted, *found))
          result.push_back(first_atom_[static_cast<std::size_t>(found - places_.begin())] +
                           static_cast<std::size_t>(wave));
      }
  return result;
}

std::vector<std::size_t> Dictionary::local_maxima(const Eigen::VectorXf& scores, float least) const {
  BMISS_ASSERT(static_cast<std::size_t>(scores.size()) == n_atoms());
  std::vector<std::size_t> result;
  const auto score = [&](std::size_t atom) { return scores[static_cast<Eigen::Index>(atom)]; };
  for (std::size_t atom = 0; atom < n_atoms(); ++atom) {
    if (!(score(atom) > least)) continue;
    const auto around = neighbours(atom);
    if (std::all_of(around.begin(), around.end(), [&](std::size_t other) {
          return score(other) < score(atom) || (score(other) == score(atom) && other > atom);
        }))
      result.push_back(atom);
  }
  std::stable_sort(result.begin(), result.end(), [&](std::size_t a, std::size_t b) { return score(a) > score(b); });
  return result;
}

Eigen::VectorXf separability(const Eigen::MatrixXf& waveforms, const Eigen::LLT<Eigen::MatrixXf>& noise) {
  BMISS_ASSERT(waveforms.rows() == noise.rows());
  return noise.matrixL().solve(waveforms).colwise().norm();
}

}  // namespace bmiss
