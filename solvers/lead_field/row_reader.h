// Reads pieces of the rows of a stored matrix, past the HDF5 library: it would read whole chunks for pieces of them,
// and copy small pieces once more.
#pragma once

#include <string>

#include "base/hdf5_file.h"
#include "solvers/lead_field/row_sampling.h"

namespace bmiss {

class RowReader {
public:
  // `dataset` [n_rows x n_nodes] of doubles, contiguous or in chunks of one row. Throws InputError for another layout
  // or a file that cannot be opened.
  RowReader(const Hdf5File& file, const std::string& dataset);
  ~RowReader();
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

  std::size_t n_nodes() const { return layout_.extent[1]; }
  // Throws InputError when the file has become shorter.
  void read(std::size_t row, std::size_t first_node, std::size_t n_nodes, double* values) const;
  RowSource source() const;  // lives as long as this

private:
  std::string path_;
  Hdf5Layout layout_;
  std::size_t n_pieces_ = 1;  // of a row
  int file_ = -1;
};

}  // namespace bmiss
