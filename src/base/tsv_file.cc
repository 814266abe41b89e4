#include "base/tsv_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <set>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/output_file.h"

namespace bmiss {
namespace {

std::vector<std::string> split_tabs(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == '\t')
      cells.emplace_back();
    else
      cells.back() += c;
  }
  return cells;
}

}  // namespace

TsvFile::TsvFile(const std::string& path) : path_(path) {
  require_text(path, "table");
  std::ifstream stream(path);
  std::string line;
  if (!std::getline(stream, line) || line.empty())
    throw InputError("the table is empty; its first line must name the columns", path, 1);
  if (line.rfind("\xEF\xBB\xBF", 0) == 0) line.erase(0, 3);  // byte-order mark of spreadsheet programs
  columns_ = split_tabs(line);
  if (std::set<std::string>(columns_.begin(), columns_.end()).size() != columns_.size())
    throw InputError("a column is named twice; name each once", path, 1);
  int number = 1;
  while (std::getline(stream, line)) {
    ++number;
    if (line.empty() || line == "\r") continue;
    rows_.push_back(split_tabs(line));
    if (rows_.back().size() != columns_.size())
      throw InputError("the row has " + std::to_string(rows_.back().size()) + " cells but the header names " +
                           std::to_string(columns_.size()) + "; separate cells by one tab",
                       path, number);
  }
}

bool TsvFile::has_column(const std::string& name) const {
  return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
}

std::size_t TsvFile::column_index(const std::string& name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  if (found == columns_.end())
    throw InputError("column '" + name + "' is missing" + known_names(name, columns_), path_, 1);
  return static_cast<std::size_t>(found - columns_.begin());
}

const std::string& TsvFile::text(std::size_t row, const std::string& column) const {
  return rows_.at(row)[column_index(column)];
}

double TsvFile::real(std::size_t row, const std::string& column) const {
  const std::string& cell = text(row, column);
  if (cell == "n/a") return std::nan("");
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size())
    throw InputError("column '" + column + "' holds '" + cell + "', which is not a number", path_, line(row));
  return value;
}

long TsvFile::integer(std::size_t row, const std::string& column) const {
  const double value = real(row, column);
  if (!(std::abs(value) < 9e15) || value != std::floor(value))
    throw InputError("column '" + column + "' holds '" + text(row, column) + "', which is not a whole number", path_,
                     line(row));
  return static_cast<long>(value);
}

void TsvFile::add_row(std::vector<std::string> cells) {
  BMISS_ASSERT(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

void TsvFile::write(const std::string& path) const {
  OutputFile file(path);
  const auto write_row = [&](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) file.stream() << (i > 0 ? "\t" : "") << cells[i];
    file.stream() << '\n';
  };
  write_row(columns_);
  for (const auto& row : rows_) write_row(row);
  file.commit();
}

std::string format_real(double value) {
  if (std::isnan(value)) return "n/a";
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  BMISS_ASSERT(error == std::errc());
  return std::string(buffer, end);
}

}  // namespace bmiss
