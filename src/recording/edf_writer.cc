#include <edflib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <tuple>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "recording/edf_file.h"

namespace bmiss {
namespace {

// The header holds eight characters: the nearest such number at or beyond `value` in the direction of `sign`.
double header_number(double value, double sign) {
  for (int decimals = 6; decimals >= 0; --decimals) {
    const double unit = std::pow(10.0, -decimals);
    const double outward = sign > 0 ? std::ceil(value / unit) * unit : std::floor(value / unit) * unit;
    std::array<char, 64> text{};
    if (std::snprintf(text.data(), text.size(), "%.*f", decimals, outward) <= 8) return std::atof(text.data());
  }
  throw InputError("a signal value of " + std::to_string(value) +
                   " does not fit into an EDF header; check the unit of the recording");
}

int digital_minimum(EdfBits bits) {
  return bits == EdfBits::sixteen ? -32768 : -8388608;
}
int digital_maximum(EdfBits bits) {
  return -digital_minimum(bits) - 1;
}
double n_steps(EdfBits bits) {
  return static_cast<double>(digital_maximum(bits)) - digital_minimum(bits);
}

// Closes the file however the writer is left.
class WriteHandle {
public:
  WriteHandle(const std::string& path, EdfBits bits, int n_signals) : path_(path) {
    handle_ = edfopen_file_writeonly(
        path.c_str(), bits == EdfBits::sixteen ? EDFLIB_FILETYPE_EDFPLUS : EDFLIB_FILETYPE_BDFPLUS, n_signals);
    if (handle_ < 0)
      throw InputError("cannot be written (EDFlib code " + std::to_string(handle_) + ", " + std::to_string(n_signals) +
                           " signals); check the folder, and write at most " + std::to_string(EDFLIB_MAXSIGNALS - 1) +
                           " signals",
                       path);
  }
  ~WriteHandle() {
    if (handle_ >= 0) edfclose_file(handle_);
  }
  WriteHandle(const WriteHandle&) = delete;
  WriteHandle& operator=(const WriteHandle&) = delete;

  int get() const { return handle_; }
  void require(int status) const {
    if (status != 0)
      throw InputError("could not be written completely (EDFlib code " + std::to_string(status) +
                           "); free space or choose another output folder",
                       path_);
  }
  void close() { require(edfclose_file(std::exchange(handle_, -1))); }

private:
  std::string path_;
  int handle_ = -1;
};

}  // namespace

EdfRange edf_range(const Eigen::Ref<const Eigen::RowVectorXd>& values, EdfBits bits) {
  const double low = values.size() > 0 ? values.minCoeff() : 0, high = values.size() > 0 ? values.maxCoeff() : 0;
  const double extent = high - low, largest = std::max(std::abs(low), std::abs(high));
  EdfRange range{"uV", 0, 0, 0};
  double unit = 1e-6;
  if (extent > 0 && extent < 1e-6 && largest < 1e-3) std::tie(range.dimension, unit) = std::pair("nV", 1e-9);
  if (largest >= 1) std::tie(range.dimension, unit) = std::pair("mV", 1e-3);
  if (largest >= 1e3) std::tie(range.dimension, unit) = std::pair("V", 1.0);
  range.minimum = header_number(low / unit, -1);
  range.maximum = header_number(high / unit, 1);
  if (range.minimum == range.maximum) {  // a flat channel; EDF needs a range
    range.minimum = header_number(range.minimum - 1, -1);
    range.maximum = header_number(range.maximum + 1, 1);
  }
  range.step = (range.maximum - range.minimum) / n_steps(bits) * unit;
  return range;
}

long edf_record_length(double rate, long n_samples, std::size_t n_channels) {
  constexpr double largest_record = 4e6, ticks = 1e5;  // bytes (EDFlib: 10 MB); ticks of 10 us in a second
  const long by_size = static_cast<long>(largest_record / (3.0 * static_cast<double>(n_channels)));
  const long longest = std::max(1L, std::min(static_cast<long>(rate), by_size));
  const long shortest = std::max({1L, static_cast<long>(std::ceil(rate * 1e-3)), std::min(n_samples, longest / 10)});
  struct Choice {
    double timing_error;
    long padding, length;
  } best{1, 0, std::max(shortest, longest)};
  for (long length = std::max(shortest, longest); length >= shortest; --length) {
    const double duration = static_cast<double>(length) * ticks / rate;
    double timing_error = std::abs(duration - std::round(duration)) / duration;
    if (timing_error < 1e-10) timing_error = 0;  // rounding of the division
    const long padding = (length - n_samples % length) % length;
    if (std::tie(timing_error, padding) < std::tie(best.timing_error, best.padding))
      best = {timing_error, padding, length};
  }
  return best.length;
}

void write_edf(const std::string& path, EdfBits bits, double rate, const std::vector<std::string>& labels,
               const std::vector<EdfRange>& ranges, const Eigen::MatrixXd& signal) {
  const int n_channels = static_cast<int>(signal.rows());
  const long n_samples = signal.cols(), length = edf_record_length(rate, n_samples, labels.size());
  WriteHandle file(path, bits, n_channels);
  const int handle = file.get();
  file.require(
      edf_set_datarecord_duration(handle, static_cast<int>(std::lround(static_cast<double>(length) * 1e5 / rate))));
  file.require(
      edf_set_startdatetime(handle, 1985, 1, 1, 0, 0, 0));  // EDF's "unknown"; the same data give the same file
  for (int i = 0; i < n_channels; ++i) {
    const EdfRange& range = ranges[static_cast<std::size_t>(i)];
    file.require(edf_set_samplefrequency(handle, i, static_cast<int>(length)));
    constexpr double nudge = 1 + 1e-10;  // EDFlib cuts digits off where it prints: 123.4567 would become 123.4566
    file.require(edf_set_physical_maximum(handle, i, range.maximum * nudge));
    file.require(edf_set_physical_minimum(handle, i, range.minimum * nudge));
    file.require(edf_set_digital_maximum(handle, i, digital_maximum(bits)));
    file.require(edf_set_digital_minimum(handle, i, digital_minimum(bits)));
    file.require(edf_set_physical_dimension(handle, i, range.dimension.c_str()));
    file.require(edf_set_label(handle, i, labels[static_cast<std::size_t>(i)].c_str()));
  }
  std::vector<int> digits(static_cast<std::size_t>(length));
  for (long start = 0; start < n_samples; start += length)
    for (int i = 0; i < n_channels; ++i) {
      const EdfRange& range = ranges[static_cast<std::size_t>(i)];
      // EDFlib's own conversion truncates; rounding halves the error.
      const double scale = 1 / range.step,
                   origin = range.minimum * range.step * n_steps(bits) / (range.maximum - range.minimum);
      for (long k = 0; k < length; ++k) {
        const double value = start + k < n_samples ? signal(i, start + k) : 0.0;
        const double digit = std::round((value - origin) * scale) + digital_minimum(bits);
        digits[static_cast<std::size_t>(k)] =
            static_cast<int>(std::clamp(digit, double(digital_minimum(bits)), double(digital_maximum(bits))));
      }
      file.require(edfwrite_digital_samples(handle, digits.data()));
    }
  file.close();
}

}  // namespace bmiss
