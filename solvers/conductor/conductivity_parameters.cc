#include "solvers/conductor/conductivity_parameters.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr double relative_step = 1e-4;

}  // namespace

ConductivityParameters::ConductivityParameters(const TissueTable& table, const std::vector<int>& labels)
    : tissues_(table.tissues()), rules_(table.rules()) {
  using Group = std::tuple<TissueKind, double, double>;
  std::map<Group, std::vector<std::size_t>> members;
  std::map<TissueKind, int> n_groups;
  std::vector<Group> order;
  for (std::size_t i = 0; i < tissues_.size(); ++i) {
    const Tissue& tissue = tissues_[i];
    if (std::find(labels.begin(), labels.end(), tissue.label) == labels.end()) continue;
    const Group group{tissue.kind, tissue.conductivity_across, tissue.conductivity_along};
    if (members[group].empty()) {
      order.push_back(group);
      ++n_groups[tissue.kind];
    }
    members[group].push_back(i);
  }
  for (const Group& group : order) {
    const auto& [kind, across, along] = group;
    std::string name;
    for (const std::size_t i : members[group]) name += (name.empty() ? "" : " and ") + tissues_[i].name;
    name = "conductivity " + (n_groups[kind] == 1 ? name_of(kind) : name);
    const auto add = [&, of = members[group]](const std::string& called, double value,
                                              const std::vector<double Tissue::*>& numbers) {
      parameters_.push_back(conductivity_parameter(called, value));
      places_.emplace_back();
      for (const std::size_t tissue : of)
        for (const auto number : numbers) places_.back().push_back({tissue, number});
    };
    if (across == along) {
      add(name, across, {&Tissue::conductivity_across, &Tissue::conductivity_along});
    } else {
      add(name + " across", across, {&Tissue::conductivity_across});
      add(name + " along", along, {&Tissue::conductivity_along});
    }
  }
}

TissueTable ConductivityParameters::at(const Eigen::VectorXd& values) const {
  BMISS_ASSERT(static_cast<std::size_t>(values.size()) == parameters_.size());
  std::vector<Tissue> tissues = tissues_;
  for (std::size_t p = 0; p < places_.size(); ++p)
    for (const Place& place : places_[p]) tissues[place.tissue].*place.number = values[static_cast<Eigen::Index>(p)];
  return TissueTable(std::move(tissues), rules_);
}

CornerTensors tensor_derivative(const TetMesh& mesh, const FibreDirections& directions, const ConductivityLaws& laws,
                                const ConductivityParameters& conductivities, const Eigen::VectorXd& values,
                                std::size_t parameter) {
  Eigen::VectorXd there = values;
  double& value = there[static_cast<Eigen::Index>(parameter)];
  const double step = relative_step * value;
  value += step;
  CornerTensors derivative = conductivity_at_corners(mesh, directions, conductivities.at(there), laws);
  value -= 2 * step;
  derivative -= conductivity_at_corners(mesh, directions, conductivities.at(there), laws);
  return derivative / (2 * step);
}

}  // namespace bmiss
