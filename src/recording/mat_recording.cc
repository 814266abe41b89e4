#include "recording/mat_recording.h"

#include <matio.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/errors.h"
#include "base/output_file.h"
#include "base/table.h"
#include "base/units.h"

namespace bmiss {
namespace {

using Names = std::vector<std::string>;
const Names signal_names = {"SIG", "data", "emg", "EMG", "sig", "signal"};
const Names rate_names = {"fsamp", "fs", "Fs", "SamplingFrequency", "sampling_frequency", "sampling_rate"};

bool is_number(const matvar_t& v) {
  return v.class_type >= MAT_C_DOUBLE && v.class_type <= MAT_C_UINT64;
}
std::size_t count(const matvar_t& v) {
  std::size_t n = 1;
  for (int i = 0; i < v.rank; ++i) n *= v.dims[i];
  return n;
}

template <typename T>
Eigen::MatrixXd converted(const matvar_t& v, Eigen::Index rows, Eigen::Index columns) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  return Eigen::Map<const Matrix>(static_cast<const T*>(v.data), rows, columns).template cast<double>();
}

// A numeric array as [dims[0] x the rest].
Eigen::MatrixXd matrix_of(const matvar_t& v) {
  const auto rows = static_cast<Eigen::Index>(v.dims[0]);
  const auto columns = rows > 0 ? static_cast<Eigen::Index>(count(v)) / rows : 0;
  if (count(v) == 0 || v.data == nullptr) return {};
  switch (v.class_type) {
    case MAT_C_DOUBLE:
      return converted<double>(v, rows, columns);
    case MAT_C_SINGLE:
      return converted<float>(v, rows, columns);
    case MAT_C_INT8:
      return converted<std::int8_t>(v, rows, columns);
    case MAT_C_UINT8:
      return converted<std::uint8_t>(v, rows, columns);
    case MAT_C_INT16:
      return converted<std::int16_t>(v, rows, columns);
    case MAT_C_UINT16:
      return converted<std::uint16_t>(v, rows, columns);
    case MAT_C_INT32:
      return converted<std::int32_t>(v, rows, columns);
    case MAT_C_UINT32:
      return converted<std::uint32_t>(v, rows, columns);
    case MAT_C_INT64:
      return converted<std::int64_t>(v, rows, columns);
    case MAT_C_UINT64:
      return converted<std::uint64_t>(v, rows, columns);
    default:
      return {};
  }
}

// The variables of a file; a struct that holds the signal is entered.
class MatFile {
public:
  explicit MatFile(const std::string& path) : path_(path) {
    Mat_LogInitFunc("bmiss", [](int, char*) {});  // matio prints to stderr otherwise
    const std::unique_ptr<mat_t, int (*)(mat_t*)> file(Mat_Open(path.c_str(), MAT_ACC_RDONLY), Mat_Close);
    if (!file) throw InputError("is no MATLAB file of version 5 or 7.3; save it again in MATLAB with -v7.3", path);
    while (matvar_t* variable = Mat_VarReadNext(file.get())) {
      owned_.emplace_back(variable, Mat_VarFree);
      if (variable->name != nullptr) visible_.push_back(variable);
    }
    const matvar_t* structure = find(signal_names);
    if (structure != nullptr && structure->class_type == MAT_C_STRUCT) enter(structure);
  }

  // First variable of one of these names, nullptr when there is none.
  const matvar_t* find(const Names& names) const {
    for (const auto& name : names)
      for (const matvar_t* variable : visible_)
        if (name == variable->name) return variable;
    return nullptr;
  }

  std::optional<double> number(const Names& names) const {
    const matvar_t* variable = find(names);
    if (variable == nullptr || !is_number(*variable) || count(*variable) != 1 || variable->data == nullptr) return {};
    return matrix_of(*variable)(0, 0);
  }

  std::string text(const Names& names) const {
    const matvar_t* variable = find(names);
    if (variable == nullptr || variable->class_type != MAT_C_CHAR || variable->data == nullptr) return "";
    std::string characters;
    const std::size_t n = count(*variable), width = std::max(1, variable->data_size);
    for (std::size_t i = 0; i < n; ++i)  // UTF-8 or UTF-16 of ASCII units; anything else becomes a non-unit
      characters += static_cast<const char*>(variable->data)[i * width];
    return characters;
  }

  // "data [32 x 32626], fsamp [1 x 1]"
  std::string listing() const {
    std::string list;
    for (const matvar_t* v : visible_) {
      list += (list.empty() ? "" : ", ") + std::string(v->name) + " [";
      for (int i = 0; i < v->rank; ++i) list += (i > 0 ? " x " : "") + std::to_string(v->dims[i]);
      list += "]";
    }
    return list.empty() ? "none" : list;
  }

  const std::string& path() const { return path_; }

private:
  void enter(const matvar_t* structure) {
    auto* mutable_structure = const_cast<matvar_t*>(structure);  // matio's accessors are not const
    visible_.erase(std::find(visible_.begin(), visible_.end(), mutable_structure));
    char* const* fields = Mat_VarGetStructFieldnames(structure);
    const unsigned n_fields = Mat_VarGetNumberOfFields(mutable_structure);
    for (unsigned i = n_fields; i-- > 0;) {
      matvar_t* field = Mat_VarGetStructFieldByName(mutable_structure, fields[i], 0);
      if (field != nullptr && field->name != nullptr) visible_.insert(visible_.begin(), field);
    }
  }

  std::string path_;
  std::vector<std::unique_ptr<matvar_t, void (*)(matvar_t*)>> owned_;
  std::vector<matvar_t*> visible_;
};

struct Place {
  int row, column;  // on the grid, from 0; -1 unknown
};

// One cell for each electrode of the grid, empty where it has none.
Eigen::MatrixXd read_cells(const MatFile& file, const matvar_t& grid, std::vector<Place>& places) {
  const auto rows = static_cast<int>(grid.dims[0]);
  auto* const* cells = static_cast<matvar_t* const*>(grid.data);
  std::vector<Eigen::MatrixXd> channels;
  for (std::size_t i = 0; i < count(grid); ++i) {
    if (cells == nullptr || cells[i] == nullptr || count(*cells[i]) == 0) continue;
    if (!is_number(*cells[i]))
      throw InputError(
          "cell " + std::to_string(i + 1) + " of '" + grid.name + "' is no numeric vector; store one channel in each",
          file.path());
    Eigen::MatrixXd values = matrix_of(*cells[i]);
    if (values.rows() > values.cols()) values.transposeInPlace();
    if (values.rows() != 1 || (!channels.empty() && values.cols() != channels.front().cols()))
      throw InputError("cell " + std::to_string(i + 1) + " of '" + grid.name + "' is " + std::to_string(values.rows()) +
                           " x " + std::to_string(values.cols()) + "; all cells must hold vectors of one length",
                       file.path());
    channels.push_back(std::move(values));
    places.push_back({static_cast<int>(i) % rows, static_cast<int>(i) / rows});
  }
  Eigen::MatrixXd signal(static_cast<Eigen::Index>(channels.size()), channels.empty() ? 0 : channels.front().cols());
  for (std::size_t i = 0; i < channels.size(); ++i) signal.row(static_cast<Eigen::Index>(i)) = channels[i];
  return signal;
}

Eigen::MatrixXd read_signal(const MatFile& file, std::vector<Place>& places) {
  const matvar_t* variable = file.find(signal_names);
  const bool cells = variable != nullptr && variable->class_type == MAT_C_CELL && variable->rank == 2;
  if (variable == nullptr || !(cells || (is_number(*variable) && variable->rank == 2)) || variable->isComplex)
    throw InputError(
        "holds no matrix or cell grid named SIG, data, emg or EMG but: " + file.listing() + "; rename the signal",
        file.path());
  if (cells) return read_cells(file, *variable, places);
  Eigen::MatrixXd signal = matrix_of(*variable);
  if (signal.rows() > signal.cols()) signal.transposeInPlace();  // time is the longer side
  const int n = static_cast<int>(signal.rows());
  const double rows = file.number({"grid_rows"}).value_or(0), columns = file.number({"grid_cols"}).value_or(0);
  const bool known = rows >= 1 && rows * columns == n;  // channels down the columns, as the grid's own numbering
  for (int i = 0; i < n; ++i) places.push_back(known ? Place{i % int(rows), i / int(rows)} : Place{-1, -1});
  return signal;
}

std::string numbered(const std::string& prefix, std::size_t number, std::size_t total) {
  std::string digits = std::to_string(number);
  const std::size_t width = std::max<std::size_t>(2, std::to_string(total).size());
  return prefix + std::string(width - std::min(width, digits.size()), '0') + digits;
}

}  // namespace

Recording read_mat_recording(const std::string& path) {
  require_readable(path, "recording");
  const MatFile file(path);
  Recording recording;
  recording.source = path;
  recording.power_line = std::nan("");
  std::vector<Place> places;
  recording.signal = read_signal(file, places);
  if (recording.signal.size() == 0) throw InputError("holds a signal without samples: " + file.listing(), path);
  const auto rate = file.number(rate_names);
  if (!rate || !(*rate > 0))
    throw InputError("holds no positive sampling rate named fsamp, fs or SamplingFrequency but: " + file.listing() +
                         "; add it in Hz",
                     path);
  recording.rate = *rate;
  const std::string unit = file.text({"unit", "units"});
  if (unit.empty())
    recording.warnings.push_back("the file names no unit; microvolts were assumed");
  else if (unit != "V" && unit != "mV" && unit != "uV" && unit != "nV")
    throw InputError("gives the unit '" + unit + "'; give V, mV, uV or nV", path);
  recording.signal *= unit_factor(unit.empty() ? "uV" : unit);

  const double spacing = file.number({"ied_mm", "IED", "ied"}).value_or(std::nan("")) * unit_factor("mm");
  for (std::size_t i = 0; i < places.size(); ++i) {
    Channel channel;
    channel.name = numbered("EMG", i + 1, places.size());
    channel.electrode = numbered("E", i + 1, places.size());
    channel.group = channel.coordinate_system = "grid1";
    if (places[i].row >= 0 && spacing > 0) channel.position = {places[i].column * spacing, places[i].row * spacing, 0};
    auto row = recording.signal.row(static_cast<Eigen::Index>(i));
    if (!row.allFinite()) {
      channel.good = false;
      row.setZero();
      recording.warnings.push_back("channel " + channel.name +
                                   " holds values that are not finite; it was set to zero and marked bad");
    }
    recording.channels.push_back(channel);
  }
  if (recording.channels.front().position.hasNaN())
    recording.warnings.push_back("the file does not tell where the electrodes are (grid_rows, grid_cols, ied_mm)");
  return recording;
}

}  // namespace bmiss
