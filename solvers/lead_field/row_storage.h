// The rows of a lead-field file as bytes at fixed places: every rank writes and reads its part by itself, when it wants
// to. The HDF5 library, which would want all ranks in step, makes the file's structure once, with a place for every
// value, and has closed the file before the first row: no kill and no full disk can harm the structure.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bmiss {

class Hdf5File;

struct RowFacts {
  int iterations = 0;
  double residual = 0, seconds = 0, delivered_current = 0;  // the last in A, for a row's load of 1 A
};

enum class RowPart : std::size_t { real, imaginary };  // the latter of complex fields only

struct RowPlaces {
  std::uint64_t n_rows = 0, n_nodes = 0, chunk = 1;  // values of a row in one piece
  std::vector<std::vector<std::uint64_t>> parts;     // of each RowPart [n_rows x n_pieces] addresses in the file
  std::vector<std::uint64_t> facts;                  // of status, iterations, and the real facts in their order
};
RowPlaces places_of_rows(const Hdf5File& file);  // throws InputError when the file has another layout
void broadcast(RowPlaces& places, MPI_Comm communicator);

// Makes sure that a file has all its blocks on the disk, so that the disk cannot become full later. Throws
// std::system_error.
void claim_space(const std::string& path);
// Shows that a file of this size could be made there.
void try_space(const std::string& path, double bytes);

class RowStorage {
public:
  // Throws std::system_error, as all members do.
  RowStorage(const std::string& path, RowPlaces places);
  ~RowStorage();
  RowStorage(const RowStorage&) = delete;
  RowStorage& operator=(const RowStorage&) = delete;

  // The values of nodes [first_node, first_node + n). Safe on the disk on return.
  void write(RowPart part, std::size_t row, std::size_t first_node, const double* values, std::size_t n);
  void read(RowPart part, std::size_t row, std::size_t first_node, double* values, std::size_t n) const;
  // Marks rows as complete, after their facts.
  void commit(const std::vector<std::size_t>& rows, const std::vector<RowFacts>& facts);
  std::vector<int> status() const;
  std::vector<RowFacts> facts() const;

private:
  template <typename T>
  void write_fact(std::size_t fact, std::size_t row, const T& value);
  template <typename T>
  std::vector<T> read_fact(std::size_t fact) const;

  int file_ = -1;
  RowPlaces places_;
};

}  // namespace bmiss
