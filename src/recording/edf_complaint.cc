#include <cctype>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>

#include "recording/edf_file.h"

namespace bmiss {
namespace {

// A header field: decimal text padded with blanks.
std::optional<double> number_in(std::string field) {
  while (!field.empty() && field.back() == ' ') field.pop_back();
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (field.empty() || error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return value;
}

std::string quoted(const std::string& bytes) {
  std::string text = "'";
  for (const char c : bytes) text += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
  return text + "'";
}

}  // namespace

// Offsets: Kemp & Olivan 2003, EDF+ specification, "The EDF+ protocol"; BDF differs in the first 8 bytes and in 24
// bits.
std::string edf_complaint(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string header(256, '\0');
  if (!stream.read(header.data(), 256)) return "it is shorter than the 256 bytes of a header";
  const bool bdf = header.compare(0, 8,
                                  "\xFF"
                                  "BIOSEMI") == 0;
  if (!bdf && header.compare(0, 8, "0       ") != 0)
    return "its first eight bytes are " + quoted(header.substr(0, 8)) + " and not those of an EDF or BDF file";
  for (std::size_t i = 8; i < 256; ++i)
    if (header[i] < 32 || header[i] > 126)
      return "byte " + std::to_string(i) + " of its header is no printable ASCII character";
  for (const std::size_t dot : {170, 173, 178, 181})
    if (header[dot] != '.')
      return "its start date and time read " + quoted(header.substr(168, 16)) + " and not dd.mm.yyhh.mm.ss";
  const auto n_signals = number_in(header.substr(252, 4)), n_records = number_in(header.substr(236, 8)),
             duration = number_in(header.substr(244, 8)), bytes = number_in(header.substr(184, 8));
  if (!n_signals || *n_signals < 1)
    return "its header gives " + quoted(header.substr(252, 4)) + " as the number of signals";
  if (!bytes || *bytes != 256 * (*n_signals + 1))
    return "its header gives " + quoted(header.substr(184, 8)) + " as its own length, which does not fit its signals";
  if (n_records && *n_records == -1) return "its header gives -1 data records: the recording was never closed";
  if (!n_records || *n_records < 1)
    return "its header gives " + quoted(header.substr(236, 8)) + " as the number of data records";
  if (!duration || *duration <= 0)
    return "its header gives " + quoted(header.substr(244, 8)) + " as the duration of a data record";

  const auto count = static_cast<std::size_t>(*n_signals);
  std::string fields(256 * count, '\0');
  if (!stream.read(fields.data(), static_cast<std::streamsize>(fields.size())))
    return "it ends inside the headers of its signals";
  // After label, transducer, dimension, physical and digital extremes, prefilter.
  const auto field = [&](std::size_t offset, std::size_t width, std::size_t signal) {
    return fields.substr(offset * count + width * signal, width);
  };
  double samples = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "signal " + std::to_string(i + 1) + " " + quoted(field(0, 16, i));
    const auto physical_min = number_in(field(104, 8, i)), physical_max = number_in(field(112, 8, i));
    const auto digital_min = number_in(field(120, 8, i)), digital_max = number_in(field(128, 8, i));
    if (!physical_min || !physical_max || *physical_min == *physical_max)
      return name + " has the physical range " + quoted(field(104, 8, i)) + " to " + quoted(field(112, 8, i));
    if (!digital_min || !digital_max || *digital_min >= *digital_max)
      return name + " has the digital range " + quoted(field(120, 8, i)) + " to " + quoted(field(128, 8, i));
    const auto n = number_in(field(216, 8, i));
    if (!n || *n < 1) return name + " has " + quoted(field(216, 8, i)) + " samples in a data record";
    samples += *n;
  }
  const double expected = *bytes + *n_records * samples * (bdf ? 3 : 2);
  const auto size = static_cast<double>(std::filesystem::file_size(path));
  if (size != expected)
    return "it has " + std::to_string(static_cast<std::int64_t>(size)) + " bytes where its header promises " +
           std::to_string(static_cast<std::int64_t>(expected)) + (size < expected ? ": it is cut off" : "");
  return "its header breaks a rule of the format that EDFlib checks";
}

}  // namespace bmiss
