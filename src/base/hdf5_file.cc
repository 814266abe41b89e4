#include "base/hdf5_file.h"

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <numeric>

#include "base/errors.h"
#include "base/output_file.h"

namespace bmiss {
namespace {

template <typename T>
hid_t native_type();
template <>
hid_t native_type<double>() {
  return H5T_NATIVE_DOUBLE;
}
template <>
hid_t native_type<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
hid_t native_type<int>() {
  return H5T_NATIVE_INT;
}
template <>
hid_t native_type<long>() {
  return H5T_NATIVE_LONG;
}
template <>
hid_t native_type<std::uint8_t>() {
  return H5T_NATIVE_UINT8;
}

// Closes an HDF5 identifier at the end of the scope.
class Handle {
public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }

private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

hid_t string_type() {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

hid_t fixed_string_type(std::size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, std::max<std::size_t>(size, 1));
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

std::vector<hsize_t> to_hsize(const std::vector<std::size_t>& v) {
  return {v.begin(), v.end()};
}

}  // namespace

struct Hdf5File::State {
  std::string path;
  Mode mode;
  hid_t file = -1;
  hid_t creation = -1;  // link creation properties that make parent groups

  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(what + "; the file may be damaged, the disk full, or of another kind", path);
  }
  hid_t open_dataset(const std::string& name) const {
    const hid_t id =
        H5Oexists_by_name(file, name.c_str(), H5P_DEFAULT) > 0 ? H5Dopen(file, name.c_str(), H5P_DEFAULT) : -1;
    if (id < 0) fail("dataset '" + name + "' is missing");
    return id;
  }
  void close() {
    if (creation >= 0) H5Pclose(creation);
    if (file >= 0) H5Fclose(file);
    file = creation = -1;
  }
};

Hdf5File::Hdf5File(const std::string& path, Mode mode) : state_(new State{path, mode}) {
  H5Eset_auto(H5E_DEFAULT, nullptr, nullptr);  // errors are reported in our own words
  if (mode == Mode::create) {
    state_->file = H5Fcreate(temporary_name(path).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  } else {
    require_readable(path, "HDF5 file");
    state_->file = H5Fopen(path.c_str(), mode == Mode::read ? H5F_ACC_RDONLY : H5F_ACC_RDWR, H5P_DEFAULT);
  }
  if (state_->file < 0) state_->fail(mode == Mode::create ? "cannot be created" : "cannot be opened as HDF5");
  state_->creation = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(state_->creation, 1);
}

Hdf5File::Hdf5File(Hdf5File&&) noexcept = default;

Hdf5File::~Hdf5File() {
  if (!state_ || state_->file < 0) return;
  state_->close();
  std::error_code ignored;
  if (state_->mode == Mode::create) std::filesystem::remove(temporary_name(state_->path), ignored);
}

template <typename T>
void Hdf5File::create_dataset(const std::string& dataset, const std::vector<std::size_t>& shape,
                              const std::string& unit, const std::string& meaning,
                              const std::vector<std::size_t>& chunk) {
  const auto dims = to_hsize(shape), chunk_dims = to_hsize(chunk);
  Handle space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose);
  Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (!chunk.empty()) {
    H5Pset_chunk(properties, static_cast<int>(chunk_dims.size()), chunk_dims.data());
    H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER);
  }
  Handle id(
      H5Dcreate(state_->file, dataset.c_str(), native_type<T>(), space, state_->creation, properties, H5P_DEFAULT),
      H5Dclose);
  if (id < 0) state_->fail("dataset '" + dataset + "' cannot be created");
  set_attribute(dataset, "unit", unit);
  set_attribute(dataset, "meaning", meaning);
}

namespace {

hsize_t product(const std::vector<hsize_t>& extent) {
  return std::accumulate(extent.begin(), extent.end(), hsize_t(1), std::multiplies<>());
}

// A block of a dataset and the contiguous memory that holds it.
struct Selection {
  Handle file_space, memory_space;

  Selection(hid_t dataset, const std::vector<std::size_t>& start, const std::vector<std::size_t>& count)
      : Selection(dataset, to_hsize(start), to_hsize(count), product(to_hsize(count))) {}

private:
  Selection(hid_t dataset, const std::vector<hsize_t>& start, const std::vector<hsize_t>& count, hsize_t n)
      : file_space(H5Dget_space(dataset), H5Sclose), memory_space(H5Screate_simple(1, &n, nullptr), H5Sclose) {
    if (n > 0) {
      H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
    } else {
      H5Sselect_none(file_space);
      H5Sselect_none(memory_space);
    }
  }
};

}  // namespace

template <typename T>
void Hdf5File::write(const std::string& dataset, const T* values, const std::vector<std::size_t>& start,
                     const std::vector<std::size_t>& count) {
  Handle id(state_->open_dataset(dataset), H5Dclose);
  const Selection s(id, start, count);
  if (H5Dwrite(id, native_type<T>(), s.memory_space, s.file_space, H5P_DEFAULT, values) < 0)
    state_->fail("dataset '" + dataset + "' cannot be written");
}

template <typename T>
void Hdf5File::read(const std::string& dataset, T* values, const std::vector<std::size_t>& start,
                    const std::vector<std::size_t>& count) const {
  Handle id(state_->open_dataset(dataset), H5Dclose);
  const Selection s(id, start, count);
  if (H5Dread(id, native_type<T>(), s.memory_space, s.file_space, H5P_DEFAULT, values) < 0)
    state_->fail("dataset '" + dataset + "' cannot be read");
}

template <typename T>
void Hdf5File::write_all(const std::string& dataset, const std::vector<T>& values,
                         const std::vector<std::size_t>& shape, const std::string& unit, const std::string& meaning) {
  BMISS_ASSERT(std::accumulate(shape.begin(), shape.end(), std::size_t(1), std::multiplies<>()) == values.size());
  create_dataset<T>(dataset, shape, unit, meaning);
  write(dataset, values.data(), std::vector<std::size_t>(shape.size(), 0), shape);
}

template <typename T>
std::vector<T> Hdf5File::read_all(const std::string& dataset) const {
  const auto extent = shape(dataset);
  std::vector<T> values(std::accumulate(extent.begin(), extent.end(), std::size_t(1), std::multiplies<>()));
  read(dataset, values.data(), std::vector<std::size_t>(extent.size(), 0), extent);
  return values;
}

template <typename T>
Hdf5Layout Hdf5File::layout(const std::string& dataset) const {
  Handle id(state_->open_dataset(dataset), H5Dclose);
  Handle type(H5Dget_type(id), H5Tclose);
  Handle properties(H5Dget_create_plist(id), H5Pclose);
  if (H5Tequal(type, native_type<T>()) <= 0 || H5Pget_nfilters(properties) != 0)
    state_->fail("dataset '" + dataset + "' is compressed or of another type of number");
  Hdf5Layout result;
  result.extent = result.shape = shape(dataset);
  const auto add = [&](haddr_t address) {
    if (address == HADDR_UNDEF) state_->fail("dataset '" + dataset + "' has no place for all its values");
    result.addresses.push_back(address);
  };
  if (H5Pget_layout(properties) == H5D_CONTIGUOUS) {
    add(H5Dget_offset(id));
    return result;
  }
  std::vector<hsize_t> chunk(result.extent.size()), corner(result.extent.size(), 0);
  if (H5Pget_chunk(properties, static_cast<int>(chunk.size()), chunk.data()) < 0)
    state_->fail("dataset '" + dataset + "' is neither contiguous nor chunked");
  result.shape.assign(chunk.begin(), chunk.end());
  while (corner[0] < result.extent[0]) {
    unsigned filters = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t size = 0;
    if (H5Dget_chunk_info_by_coord(id, corner.data(), &filters, &address, &size) < 0) address = HADDR_UNDEF;
    add(address);
    std::size_t d = corner.size();
    do {
      --d;
      corner[d] += chunk[d];
      if (d == 0 || corner[d] < result.extent[d]) break;
      corner[d] = 0;
    } while (true);
  }
  return result;
}

#define BMISS_INSTANTIATE(T)                                                                                         \
  template void Hdf5File::create_dataset<T>(const std::string&, const std::vector<std::size_t>&, const std::string&, \
                                            const std::string&, const std::vector<std::size_t>&);                    \
  template void Hdf5File::write<T>(const std::string&, const T*, const std::vector<std::size_t>&,                    \
                                   const std::vector<std::size_t>&);                                                 \
  template void Hdf5File::read<T>(const std::string&, T*, const std::vector<std::size_t>&,                           \
                                  const std::vector<std::size_t>&) const;                                            \
  template void Hdf5File::write_all<T>(const std::string&, const std::vector<T>&, const std::vector<std::size_t>&,   \
                                       const std::string&, const std::string&);                                      \
  template Hdf5Layout Hdf5File::layout<T>(const std::string&) const;                                                 \
  template std::vector<T> Hdf5File::read_all<T>(const std::string&) const;
BMISS_INSTANTIATE(double)
BMISS_INSTANTIATE(float)
BMISS_INSTANTIATE(int)
BMISS_INSTANTIATE(long)
BMISS_INSTANTIATE(std::uint8_t)
#undef BMISS_INSTANTIATE

// Fixed-length strings: parallel HDF5 cannot write variable-length ones.
void Hdf5File::write_names(const std::string& dataset, const std::vector<std::string>& names,
                           const std::string& meaning) {
  std::size_t size = 1;
  for (const auto& name : names) size = std::max(size, name.size());
  std::vector<char> bytes(size * names.size(), '\0');
  for (std::size_t i = 0; i < names.size(); ++i) names[i].copy(bytes.data() + i * size, size);
  const hsize_t n = names.size();
  Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose);
  Handle type(fixed_string_type(size), H5Tclose);
  {
    Handle id(H5Dcreate(state_->file, dataset.c_str(), type, space, state_->creation, H5P_DEFAULT, H5P_DEFAULT),
              H5Dclose);
    if (id < 0 || H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0)
      state_->fail("dataset '" + dataset + "' cannot be written");
  }
  set_attribute(dataset, "meaning", meaning);
}

std::vector<std::string> Hdf5File::read_names(const std::string& dataset) const {
  Handle id(state_->open_dataset(dataset), H5Dclose);
  Handle type(H5Dget_type(id), H5Tclose);
  const std::size_t n = shape(dataset).at(0);
  if (H5Tis_variable_str(type) > 0) state_->fail("dataset '" + dataset + "' holds variable-length strings");
  const std::size_t size = H5Tget_size(type);
  std::vector<char> bytes(size * n);
  if (n > 0 && H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0)
    state_->fail("dataset '" + dataset + "' cannot be read");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < n; ++i) {
    const std::string padded(bytes.data() + i * size, size);
    names.push_back(padded.substr(0, padded.find('\0')));
  }
  return names;
}

void Hdf5File::set_attribute(const std::string& object, const std::string& name, const std::string& value) {
  if (!exists(object)) {
    Handle group(H5Gcreate(state_->file, object.c_str(), state_->creation, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  }
  if (has_attribute(object, name)) H5Adelete_by_name(state_->file, object.c_str(), name.c_str(), H5P_DEFAULT);
  Handle type(fixed_string_type(value.size()), H5Tclose);
  Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  Handle id(
      H5Acreate_by_name(state_->file, object.c_str(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  std::string bytes = value;
  bytes.resize(std::max<std::size_t>(bytes.size(), 1), '\0');
  if (id < 0 || H5Awrite(id, type, bytes.data()) < 0) state_->fail("attribute '" + name + "' cannot be written");
}

void Hdf5File::set_attribute(const std::string& object, const std::string& name, double value) {
  if (has_attribute(object, name)) H5Adelete_by_name(state_->file, object.c_str(), name.c_str(), H5P_DEFAULT);
  Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  Handle id(H5Acreate_by_name(state_->file, object.c_str(), name.c_str(), H5T_NATIVE_DOUBLE, space, H5P_DEFAULT,
                              H5P_DEFAULT, H5P_DEFAULT),
            H5Aclose);
  if (id < 0 || H5Awrite(id, H5T_NATIVE_DOUBLE, &value) < 0) state_->fail("attribute '" + name + "' cannot be written");
}

bool Hdf5File::has_attribute(const std::string& object, const std::string& name) const {
  return exists(object) && H5Aexists_by_name(state_->file, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::string Hdf5File::text_attribute(const std::string& object, const std::string& name) const {
  if (!has_attribute(object, name)) state_->fail("attribute '" + name + "' of '" + object + "' is missing");
  Handle id(H5Aopen_by_name(state_->file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  Handle type(H5Aget_type(id), H5Tclose);
  if (H5Tget_class(type) != H5T_STRING) state_->fail("attribute '" + name + "' is not text");
  if (H5Tis_variable_str(type) > 0) {
    Handle variable(string_type(), H5Tclose);
    char* text = nullptr;
    if (H5Aread(id, variable, &text) < 0) state_->fail("attribute '" + name + "' cannot be read");
    std::string value = text == nullptr ? "" : text;
    H5free_memory(text);
    return value;
  }
  std::string value(H5Tget_size(type), '\0');
  if (H5Aread(id, type, value.data()) < 0) state_->fail("attribute '" + name + "' cannot be read");
  return value.substr(0, value.find('\0'));
}

double Hdf5File::real_attribute(const std::string& object, const std::string& name) const {
  if (!has_attribute(object, name)) state_->fail("attribute '" + name + "' of '" + object + "' is missing");
  Handle id(H5Aopen_by_name(state_->file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  double value = 0;
  if (H5Aread(id, H5T_NATIVE_DOUBLE, &value) < 0) state_->fail("attribute '" + name + "' is not a number");
  return value;
}

bool Hdf5File::exists(const std::string& object) const {
  if (object == "/") return true;
  // H5Lexists wants every parent to exist.
  for (std::size_t slash = object.find('/', 1);; slash = object.find('/', slash + 1)) {
    if (H5Lexists(state_->file, object.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
    if (slash == std::string::npos) return true;
  }
}

bool Hdf5File::is_dataset(const std::string& object) const {
  H5O_info_t info;
  return exists(object) && H5Oget_info_by_name(state_->file, object.c_str(), &info, H5P_DEFAULT) >= 0 &&
         info.type == H5O_TYPE_DATASET;
}

std::vector<std::size_t> Hdf5File::shape(const std::string& dataset) const {
  Handle id(state_->open_dataset(dataset), H5Dclose);
  Handle space(H5Dget_space(id), H5Sclose);
  std::vector<hsize_t> dims(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  return {dims.begin(), dims.end()};
}

std::vector<std::string> Hdf5File::members(const std::string& group) const {
  Handle id(H5Gopen(state_->file, group.c_str(), H5P_DEFAULT), H5Gclose);
  if (id < 0) state_->fail("group '" + group + "' is missing");
  std::vector<std::string> names;
  H5Literate(
      id, H5_INDEX_NAME, H5_ITER_INC, nullptr,
      [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
        static_cast<std::vector<std::string>*>(out)->push_back(name);
        return 0;
      },
      &names);
  return names;
}

void Hdf5File::flush() {
  if (H5Fflush(state_->file, H5F_SCOPE_GLOBAL) < 0) state_->fail("cannot be flushed");
}

void Hdf5File::finish() {
  flush();
  state_->close();
  if (state_->mode == Mode::create) publish(state_->path);
}

const std::string& Hdf5File::path() const {
  return state_->path;
}

}  // namespace bmiss
