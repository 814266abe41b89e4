#include "solvers/lead_field/row_storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "solvers/lead_field/file_layout.h"

namespace bmiss {
namespace {

enum Fact : std::size_t { status_fact, iterations_fact, first_real_fact };

[[noreturn]] void fail(int error) {
  throw std::system_error(error, std::generic_category());
}

void write_bytes(int file, const void* bytes, std::size_t size, std::uint64_t address) {
  const char* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t n = pwrite(file, from, size, static_cast<off_t>(address));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(n < 0 ? errno : ENOSPC);
    from += n;
    address += static_cast<std::uint64_t>(n);
    size -= static_cast<std::size_t>(n);
  }
}

void read_bytes(int file, void* bytes, std::size_t size, std::uint64_t address) {
  char* to = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t n = pread(file, to, size, static_cast<off_t>(address));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(n < 0 ? errno : EIO);
    to += n;
    address += static_cast<std::uint64_t>(n);
    size -= static_cast<std::size_t>(n);
  }
}

// The part of a row from `node` on that lies in one piece: its address and length.
struct Piece {
  std::uint64_t address;
  std::size_t length;
};

Piece piece_at(const RowPlaces& places, RowPart part, std::size_t row, std::size_t node, std::size_t wanted) {
  const std::uint64_t n_pieces = (places.n_nodes + places.chunk - 1) / places.chunk, piece = node / places.chunk,
                      within = node % places.chunk;
  return {places.parts[static_cast<std::size_t>(part)][row * n_pieces + piece] + within * sizeof(double),
          std::min<std::size_t>(wanted, places.chunk - within)};
}

}  // namespace

RowPlaces places_of_rows(const Hdf5File& file) {
  const Hdf5Layout layout = file.layout<double>(potential_dataset);
  if (layout.extent.size() != 2 || layout.shape[0] != 1)
    throw InputError("the rows are not stored one by one; compute the lead field anew", file.path());
  RowPlaces places{layout.extent[0], layout.extent[1], layout.shape[1], {layout.addresses}, {}};
  if (file.exists(imaginary_dataset)) {
    const Hdf5Layout imaginary = file.layout<double>(imaginary_dataset);
    if (imaginary.extent != layout.extent || imaginary.shape != layout.shape)
      throw InputError("the imaginary parts of the rows are stored unlike the real ones; compute the lead field anew",
                       file.path());
    places.parts.push_back(imaginary.addresses);
  }
  const auto add = [&](const Hdf5Layout& fact) {
    if (fact.extent != std::vector<std::size_t>{places.n_rows} || fact.addresses.size() != 1)
      throw InputError("what is known about the rows is not stored as expected; compute the lead field anew",
                       file.path());
    places.facts.push_back(fact.addresses[0]);
  };
  add(file.layout<int>(row_status));
  add(file.layout<int>(row_iterations));
  for (const auto& fact : real_row_facts) add(file.layout<double>(fact.name));
  return places;
}

void broadcast(RowPlaces& places, MPI_Comm communicator) {
  std::uint64_t sizes[5] = {places.n_rows, places.n_nodes, places.chunk, places.parts.size(), places.facts.size()};
  MPI_Bcast(sizes, 5, MPI_UINT64_T, 0, communicator);
  places.n_rows = sizes[0];
  places.n_nodes = sizes[1];
  places.chunk = sizes[2];
  places.parts.resize(sizes[3]);
  places.facts.resize(sizes[4]);
  for (auto& part : places.parts) {
    std::uint64_t n = part.size();
    MPI_Bcast(&n, 1, MPI_UINT64_T, 0, communicator);
    part.resize(n);
    MPI_Bcast(part.data(), static_cast<int>(n), MPI_UINT64_T, 0, communicator);
  }
  MPI_Bcast(places.facts.data(), static_cast<int>(sizes[4]), MPI_UINT64_T, 0, communicator);
}

void claim_space(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) fail(errno);
  struct stat facts {};
  int error = fstat(file, &facts) != 0 ? errno : 0;
  // Changes no byte that is there already.
  if (error == 0 && facts.st_size > 0) error = posix_fallocate(file, 0, facts.st_size);
  close(file);
  if (error != 0) fail(error);
}

void try_space(const std::string& path, double bytes) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) fail(errno);
  const int error = posix_fallocate(file, 0, static_cast<off_t>(bytes));
  close(file);
  unlink(path.c_str());
  if (error != 0) fail(error);
}

// With O_DSYNC a row is on the disk before its status says so, and a network file system never writes more than the
// bytes given (its cache may otherwise write whole pages, with old values of what another node has written there).
RowStorage::RowStorage(const std::string& path, RowPlaces places) : places_(std::move(places)) {
  file_ = open(path.c_str(), O_RDWR | O_DSYNC | O_CLOEXEC);
  if (file_ < 0) fail(errno);
}

RowStorage::~RowStorage() {
  close(file_);
}

void RowStorage::write(RowPart part, std::size_t row, std::size_t first_node, const double* values, std::size_t n) {
  BMISS_ASSERT(row < places_.n_rows && first_node + n <= places_.n_nodes);
  for (std::size_t done = 0; done < n;) {
    const Piece piece = piece_at(places_, part, row, first_node + done, n - done);
    write_bytes(file_, values + done, piece.length * sizeof(double), piece.address);
    done += piece.length;
  }
}

void RowStorage::read(RowPart part, std::size_t row, std::size_t first_node, double* values, std::size_t n) const {
  BMISS_ASSERT(row < places_.n_rows && first_node + n <= places_.n_nodes);
  for (std::size_t done = 0; done < n;) {
    const Piece piece = piece_at(places_, part, row, first_node + done, n - done);
    read_bytes(file_, values + done, piece.length * sizeof(double), piece.address);
    done += piece.length;
  }
}

template <typename T>
void RowStorage::write_fact(std::size_t fact, std::size_t row, const T& value) {
  write_bytes(file_, &value, sizeof(T), places_.facts[fact] + row * sizeof(T));
}

template <typename T>
std::vector<T> RowStorage::read_fact(std::size_t fact) const {
  std::vector<T> values(places_.n_rows);
  read_bytes(file_, values.data(), values.size() * sizeof(T), places_.facts[fact]);
  return values;
}

void RowStorage::commit(const std::vector<std::size_t>& rows, const std::vector<RowFacts>& facts) {
  const int complete = 1;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    write_fact(iterations_fact, rows[i], facts[i].iterations);
    write_fact(first_real_fact, rows[i], facts[i].residual);
    write_fact(first_real_fact + 1, rows[i], facts[i].seconds);
    write_fact(first_real_fact + 2, rows[i], facts[i].delivered_current);
    write_fact(status_fact, rows[i], complete);
  }
}

std::vector<int> RowStorage::status() const {
  return read_fact<int>(status_fact);
}

std::vector<RowFacts> RowStorage::facts() const {
  const auto iterations = read_fact<int>(iterations_fact);
  const auto residuals = read_fact<double>(first_real_fact), seconds = read_fact<double>(first_real_fact + 1),
             currents = read_fact<double>(first_real_fact + 2);
  std::vector<RowFacts> facts;
  for (std::size_t i = 0; i < iterations.size(); ++i)
    facts.push_back({iterations[i], residuals[i], seconds[i], currents[i]});
  return facts;
}

}  // namespace bmiss
