// Tab-separated tables with a header row (BIDS sidecars, unit tables), read with file and line in every complaint.
#pragma once

#include <string>
#include <vector>

namespace bmiss {

class TsvFile {
public:
  TsvFile() = default;
  // Reads `path`. Throws InputError when unreadable, empty, a column is named twice, or a row has another number of
  // cells.
  explicit TsvFile(const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t n_rows() const { return rows_.size(); }
  bool has_column(const std::string& name) const;
  // Line number in the file of row `row` (from 0).
  int line(std::size_t row) const { return static_cast<int>(row) + 2; }

  // Cell as text; throws InputError naming the nearest column when the column is missing.
  const std::string& text(std::size_t row, const std::string& column) const;
  // Cell as number; throws InputError with file, line, column and the value seen.
  double real(std::size_t row, const std::string& column) const;
  long integer(std::size_t row, const std::string& column) const;

  // Building and writing (whole or not at all).
  void set_columns(std::vector<std::string> names) { columns_ = std::move(names); }
  void add_row(std::vector<std::string> cells);
  void write(const std::string& path) const;

private:
  std::size_t column_index(const std::string& name) const;
  std::string path_;
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Shortest text that reads back as the same double ("n/a" for NaN, as BIDS asks).
std::string format_real(double value);

}  // namespace bmiss
