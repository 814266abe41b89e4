// Aligned text tables for the log.
#pragma once

#include <string>
#include <vector>

namespace bmiss {

class Table {
public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void add_row(std::vector<std::string> cells);
  std::size_t n_rows() const { return rows_.size(); }
  // First column and columns of words left-aligned, columns of numbers right-aligned, a rule under the header; ends
  // with a newline.
  std::string text() const;

private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

// printf-like number formatting for table cells: format("%.2f", x).
std::string format(const char* pattern, double value);

}  // namespace bmiss
