#include "base/table.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "base/errors.h"

namespace bmiss {
namespace {

// Columns on screen: UTF-8 continuation bytes take none.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool begins_with_letter(const std::string& cell) {
  return !cell.empty() && std::isalpha(static_cast<unsigned char>(cell[0])) && cell != "n/a";
}

}  // namespace

void Table::add_row(std::vector<std::string> cells) {
  BMISS_ASSERT(cells.size() == header_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const auto& cell : header_) widths.push_back(width(cell));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  // Columns of numbers are aligned to the right, columns of words to the left.
  std::vector<bool> left(header_.size(), false);
  left[0] = true;
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) left[i] = left[i] || begins_with_letter(row[i]);
  std::string result;
  const auto append = [&](const std::vector<std::string>& row) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width(row[i]), ' ');
      line += " " + (left[i] ? row[i] + padding : padding + row[i]) + " ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    result += line + "\n";
  };
  append(header_);
  std::string rule = "  ";
  for (std::size_t i = 0; i < widths.size(); ++i) rule += (i > 0 ? "  " : "") + std::string(widths[i], '-');
  result += rule + "\n";
  for (const auto& row : rows_) append(row);
  return result;
}

std::string format(const char* pattern, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, pattern, value);
  return buffer;
}

}  // namespace bmiss
