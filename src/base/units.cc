#include "base/units.h"

#include <cmath>
#include <map>
#include <vector>

#include "base/errors.h"
#include "base/nearest_name.h"

namespace bmiss {

double unit_factor(const std::string& unit) {
  static const std::map<std::string, double> factors = {
      {"", 1.0},      {"1", 1.0},   {"m", 1.0},      {"cm", 1e-2},
      {"mm", 1e-3},   {"um", 1e-6}, {"mm2", 1e-6},   {"mm3", 1e-9},
      {"1/mm2", 1e6}, {"s", 1.0},   {"ms", 1e-3},    {"us", 1e-6},
      {"Hz", 1.0},    {"kHz", 1e3}, {"V", 1.0},      {"mV", 1e-3},
      {"uV", 1e-6},   {"µV", 1e-6}, {"nV", 1e-9},    {"A", 1.0},
      {"S/m", 1.0},   {"m/s", 1.0}, {"ohm m2", 1.0}, {"kohm cm2", 0.1},
      {"Mohm", 1e6},  {"dB", 1.0},  {"%", 1e-2},     {"deg", std::acos(-1.0) / 180.0},
      {"MB", 1e6},    {"GB", 1e9},  {"N", 1.0}};
  const auto found = factors.find(unit);
  if (found != factors.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, factor] : factors)
    if (!name.empty()) known.push_back(name);
  throw InputError("unit '" + unit + "' is not known" + known_names(unit, known));
}

}  // namespace bmiss
