#include "base/nearest_name.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace bmiss {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = std::tolower(a[i - 1]) == std::tolower(b[j - 1]);
      const std::size_t substitute = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> nearest_names(const std::string& name, std::vector<std::string> known) {
  std::stable_sort(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(name, a) < edit_distance(name, b);
  });
  return known;
}

std::string known_names(const std::string& name, const std::vector<std::string>& known, std::size_t limit) {
  if (known.empty()) return "";
  std::string text = "; known: ";
  const auto sorted = nearest_names(name, known);
  for (std::size_t i = 0; i < std::min(limit, sorted.size()); ++i) text += (i > 0 ? ", " : "") + sorted[i];
  return sorted.size() > limit ? text + ", …" : text;
}

}  // namespace bmiss
