#include "solvers/lead_field/lead_field_rows.h"

#include <algorithm>

#include "solvers/lead_field/electrode_modes.h"

namespace bmiss {
namespace {

std::vector<Electrode> with_reference(const ElectrodeArray& array) {
  std::vector<Electrode> all = array.electrodes;
  all.push_back(array.reference);
  return all;
}

}  // namespace

std::vector<LeadFieldRow> lead_field_rows(const ElectrodeArray& array) {
  std::vector<LeadFieldRow> rows;
  for (std::size_t e = 0; e < array.electrodes.size(); ++e) rows.push_back({array.electrodes[e].name, e, 0});
  const auto all = with_reference(array);
  for (std::size_t e = 0; e < all.size(); ++e)
    for (int mode = 1; mode < number_of_modes(all[e]); ++mode)
      rows.push_back({all[e].name + " mode " + std::to_string(mode), e, mode});
  return rows;
}

RowFunctionals row_functionals(const TetMesh& mesh, const ElementNodes& nodes, const ElectrodeArray& array) {
  RowFunctionals result;
  std::vector<NodalFunctional> further;
  const auto all = with_reference(array);
  require_apart(all);
  for (std::size_t e = 0; e < all.size(); ++e) {
    ElectrodeModes modes = electrode_modes(mesh, nodes, all[e]);
    result.longest_edge = std::max(result.longest_edge, modes.uniform.edge);
    result.areas.push_back(modes.uniform.area);
    if (!modes.uniform.warning.empty()) result.warnings.push_back(modes.uniform.warning);
    (e + 1 < all.size() ? result.rows.emplace_back() : result.reference) = std::move(modes.uniform.functional);
    for (auto& functional : modes.further) further.push_back(std::move(functional));
  }
  for (auto& functional : further) result.rows.push_back(std::move(functional));
  return result;
}

NodalFunctional balanced_load(const LeadFieldRow& row, const NodalFunctional& functional,
                              const NodalFunctional& reference) {
  return row.mode == 0 ? difference(functional, reference) : functional;
}

}  // namespace bmiss
