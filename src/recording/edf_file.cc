#include "recording/edf_file.h"

#include <edflib.h>

#include <memory>

#include "base/errors.h"
#include "base/output_file.h"

namespace bmiss {
namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::string refusal(int code, const std::string& path) {
  switch (code) {
    case EDFLIB_FILE_CONTAINS_FORMAT_ERRORS:
      return "is no valid EDF or BDF file (" + edf_complaint(path) + "); export it again from the amplifier's program";
    case EDFLIB_FILE_IS_DISCONTINUOUS:
      return "is a discontinuous EDF+D or BDF+D file; export it as one continuous recording";
    case EDFLIB_MAXFILES_REACHED:
      return "cannot be opened: EDFlib holds too many files open; close some";
    case EDFLIB_FILE_ALREADY_OPENED:
      return "is open already in this program; close it first";
    case EDFLIB_MALLOC_ERROR:
      return "needs more memory than there is; use a machine with more";
    default:
      return "cannot be read (EDFlib code " + std::to_string(code) + "; " + edf_complaint(path) + "); check the file";
  }
}

}  // namespace

EdfFile::EdfFile(const std::string& path) : path_(path) {
  require_readable(path, "recording");
  const auto header = std::make_unique<edf_hdr_struct>();
  if (edfopen_file_readonly(path.c_str(), header.get(), EDFLIB_DO_NOT_READ_ANNOTATIONS) != 0)
    throw InputError(refusal(header->filetype, path), path);
  handle_ = header->handle;
  const double record_seconds = static_cast<double>(header->datarecord_duration) / EDFLIB_TIME_DIMENSION;
  for (int i = 0; i < header->edfsignals; ++i) {
    const edf_param_struct& s = header->signalparam[i];
    signals_.push_back({trimmed(s.label), trimmed(s.physdimension), s.smp_in_datarecord / record_seconds,
                        static_cast<long>(s.smp_in_file), s.smp_in_datarecord});
  }
}

EdfFile::~EdfFile() {
  edfclose_file(handle_);
}

Eigen::VectorXd EdfFile::read(std::size_t signal) const {
  const EdfSignal& s = signals_.at(signal);
  Eigen::VectorXd values(s.n_samples);
  const int number = static_cast<int>(signal);
  edfrewind(handle_, number);
  constexpr long block = 1 << 20;  // EDFlib counts in int
  for (long start = 0; start < s.n_samples; start += block) {
    const int count = static_cast<int>(std::min(block, s.n_samples - start));
    if (edfread_physical_samples(handle_, number, count, values.data() + start) != count)
      throw InputError("ends before the " + std::to_string(s.n_samples) + " samples of signal '" + s.label +
                           "' that its header promises; copy the file again",
                       path_);
  }
  return values;
}

}  // namespace bmiss
