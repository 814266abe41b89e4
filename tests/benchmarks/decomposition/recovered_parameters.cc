#include "benchmarks/decomposition/recovered_parameters.h"

#include <cmath>
#include <filesystem>
#include <map>

#include "base/tsv_file.h"

namespace bmiss::bench {
namespace {

// What the error adds to the true value, or multiplies it with.
struct Error {
  double added = 0, factor = 1;
};

// simulated_case.cc makes them.
std::map<std::string, Error> errors_of(ModelError error) {
  switch (error) {
    case ModelError::grid_moved:
      return {
          {"grid1 shift along limb", {1.414, 1}}, {"grid1 shift around limb", {1.414, 1}}, {"grid1 rotation", {5, 1}}};
    case ModelError::conductivity_high:
      return {{"conductivity muscle across", {0, 1.3}}, {"conductivity muscle along", {0, 1.3}}};
    case ModelError::conductivity_low:
      return {{"conductivity muscle across", {0, 0.7}}, {"conductivity muscle along", {0, 0.7}}};
    default:
      return {};
  }
}

}  // namespace

double RecoveredParameter::error_left() const {
  return adopted ? std::abs(found - truth) / std::abs(assumed - truth) : 1;
}

std::vector<std::string> wrong_parameters(ModelError error) {
  std::vector<std::string> names;
  for (const auto& [name, wrong] : errors_of(error)) names.push_back(name);
  return names;
}

std::vector<RecoveredParameter> recovered_parameters(ModelError error, const std::string& path) {
  std::vector<RecoveredParameter> recovered;
  if (!std::filesystem::exists(path)) return recovered;
  const auto errors = errors_of(error);
  const TsvFile table(path);
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    const auto wrong = errors.find(table.text(row, "parameter"));
    if (wrong == errors.end()) continue;
    RecoveredParameter p{wrong->first,
                         table.text(row, "unit"),
                         table.real(row, "assumed"),
                         0,
                         table.real(row, "found"),
                         table.real(row, "sd_found"),
                         table.text(row, "adopted") == "yes"};
    p.truth = (p.assumed - wrong->second.added) / wrong->second.factor;
    recovered.push_back(p);
  }
  return recovered;
}

}  // namespace bmiss::bench
