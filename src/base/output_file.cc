#include "base/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/errors.h"

namespace fs = std::filesystem;

namespace bmiss {

OutputFile::OutputFile(std::string path) : path_(std::move(path)), temporary_(temporary_name(path_)) {
  stream_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!stream_)
    throw InputError("cannot be written (" + std::string(std::strerror(errno)) + "); choose another output folder",
                     path_);
}

OutputFile::~OutputFile() {
  if (committed_) return;
  stream_.close();
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

void OutputFile::commit() {
  stream_.flush();
  stream_.close();
  if (!stream_)
    throw InputError("could not be written completely (" + std::string(std::strerror(errno)) +
                         "); free space or choose another output folder",
                     path_);
  publish(path_);
  committed_ = true;
}

std::string temporary_name(const std::string& path) {
  const fs::path p(path);
  return (p.parent_path() / (".partial-" + p.filename().string())).string();
}

void publish(const std::string& path) {
  std::error_code error;
  fs::rename(temporary_name(path), path, error);
  if (error) throw InputError("cannot be renamed into place (" + error.message() + ")", path);
}

void prepare_output_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder))
    throw InputError("the output folder cannot be created (" +
                         (error ? error.message() : std::string("a file of that name exists")) + "); choose another",
                     folder);
  const std::string probe = (fs::path(folder) / ".write-test").string();
  {
    std::ofstream stream(probe);
    stream << "probe" << std::flush;
    if (!stream)
      throw InputError("the output folder cannot be written to (" + std::string(std::strerror(errno)) +
                           "); change its permissions or choose another",
                       folder);
  }
  fs::remove(probe, error);
  require_free_space(folder, 1e6);
}

void require_free_space(const std::string& folder, double bytes) {
  std::error_code error;
  const auto space = fs::space(folder, error);
  if (!error && static_cast<double>(space.available) < bytes)
    throw InputError("the output folder has " + std::to_string(space.available / 1000000) + " MB free but " +
                         std::to_string(static_cast<long>(bytes / 1e6) + 1) +
                         " MB are needed; free space or choose another",
                     folder);
}

void require_readable(const std::string& path, const std::string& what) {
  if (!fs::exists(path)) throw InputError("the " + what + " does not exist; check the path", path);
  if (!fs::is_regular_file(path)) throw InputError("the " + what + " is not a regular file; give a file", path);
  if (::access(path.c_str(), R_OK) != 0)
    throw InputError("the " + what + " cannot be read (" + std::strerror(errno) + "); check its permissions", path);
}

void require_text(const std::string& path, const std::string& what) {
  require_readable(path, what);
  std::string start(4096, ' ');
  std::ifstream stream(path, std::ios::binary);
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(stream.gcount()));
  if (start.find('\0') != std::string::npos)
    throw InputError("the " + what + " is not a plain text file (UTF-8); give another file or save it as text", path);
}

}  // namespace bmiss
