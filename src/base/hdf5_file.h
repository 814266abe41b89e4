// HDF5 files with a unit on every dataset, readable by h5py, written and read by one process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bmiss {

// Where the raw values of a dataset lie in its file: in equal blocks of `shape`, each contiguous.
struct Hdf5Layout {
  std::vector<std::size_t> extent, shape;
  std::vector<std::uint64_t> addresses;  // [bytes], blocks in row-major order
};

class Hdf5File {
public:
  enum class Mode {
    create,  // a new file under temporary_name(path); finish() renames it
    resume,  // read and write an existing file in place
    read
  };

  // Throws InputError when the file is missing, not HDF5, or cannot be created.
  Hdf5File(const std::string& path, Mode mode);
  ~Hdf5File();  // closes; a created file that was not finished is removed
  Hdf5File(Hdf5File&&) noexcept;

  // Structure. Paths are absolute ("/lead_field/potential"); parent groups are made.
  // T is double, float, int, long or std::uint8_t (instantiated in the .cc). `chunk` empty: contiguous; otherwise all
  // chunks get their place at once and no fill values, so that writing values later changes no structure.
  template <typename T>
  void create_dataset(const std::string& dataset, const std::vector<std::size_t>& shape, const std::string& unit,
                      const std::string& meaning, const std::vector<std::size_t>& chunk = {});

  // Writes or reads the block [start, start + count).
  template <typename T>
  void write(const std::string& dataset, const T* values, const std::vector<std::size_t>& start,
             const std::vector<std::size_t>& count);
  template <typename T>
  void read(const std::string& dataset, T* values, const std::vector<std::size_t>& start,
            const std::vector<std::size_t>& count) const;

  // Whole datasets in one call.
  template <typename T>
  void write_all(const std::string& dataset, const std::vector<T>& values, const std::vector<std::size_t>& shape,
                 const std::string& unit, const std::string& meaning);
  template <typename T>
  std::vector<T> read_all(const std::string& dataset) const;
  void write_names(const std::string& dataset, const std::vector<std::string>& names, const std::string& meaning);
  std::vector<std::string> read_names(const std::string& dataset) const;

  // Attributes of a group or dataset ("/" is the file itself).
  void set_attribute(const std::string& object, const std::string& name, const std::string& value);
  void set_attribute(const std::string& object, const std::string& name, double value);
  bool has_attribute(const std::string& object, const std::string& name) const;
  std::string text_attribute(const std::string& object, const std::string& name) const;
  double real_attribute(const std::string& object, const std::string& name) const;

  bool exists(const std::string& object) const;
  bool is_dataset(const std::string& object) const;
  std::vector<std::size_t> shape(const std::string& dataset) const;
  // Throws InputError when the values are not plain T of this machine, or have no place yet.
  template <typename T>
  Hdf5Layout layout(const std::string& dataset) const;
  std::vector<std::string> members(const std::string& group) const;  // names of datasets and groups

  void flush();   // everything written so far survives a kill
  void finish();  // closes; renames a created file into place
  const std::string& path() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bmiss
