#include "solvers/lead_field/row_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/errors.h"

namespace bmiss {

RowReader::RowReader(const Hdf5File& file, const std::string& dataset)
    : path_(file.path()), layout_(file.layout<double>(dataset)) {
  if (layout_.extent.size() != 2 || (layout_.shape[0] != 1 && layout_.addresses.size() != 1))
    throw InputError("the rows of '" + dataset + "' are not stored one by one; make the file anew", path_);
  n_pieces_ = (layout_.extent[1] + layout_.shape[1] - 1) / layout_.shape[1];
  file_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) throw InputError(std::string("cannot be read: ") + std::strerror(errno), path_);
}

RowReader::~RowReader() {
  close(file_);
}

void RowReader::read(std::size_t row, std::size_t first_node, std::size_t n_nodes, double* values) const {
  BMISS_ASSERT(row < layout_.extent[0] && first_node + n_nodes <= layout_.extent[1]);
  const std::size_t block = row / layout_.shape[0], row_in_block = row % layout_.shape[0];
  for (std::size_t node = first_node, last = first_node + n_nodes; node < last;) {
    const std::size_t piece = node / layout_.shape[1], within = node % layout_.shape[1],
                      n = std::min(last - node, layout_.shape[1] - within);
    const auto address =
        layout_.addresses[block * n_pieces_ + piece] + (row_in_block * layout_.shape[1] + within) * sizeof(double);
    for (std::size_t done = 0; done < n * sizeof(double);) {
      const ssize_t got = pread(file_, reinterpret_cast<char*>(values) + done, n * sizeof(double) - done,
                                static_cast<off_t>(address + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) throw InputError("cannot be read to its end; it may be damaged", path_);
      done += static_cast<std::size_t>(got);
    }
    values += n;
    node += n;
  }
}

RowSource RowReader::source() const {
  return {n_nodes(), [this](std::size_t row, std::size_t first_node, std::size_t n, double* values) {
            read(row, first_node, n, values);
          }};
}

}  // namespace bmiss
