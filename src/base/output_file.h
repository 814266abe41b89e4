// Files appear whole or not at all: written under a temporary name, renamed when complete.
#pragma once

#include <fstream>
#include <string>

namespace bmiss {

// A text or binary output file; nothing is visible under `path` until commit() succeeds.
class OutputFile {
public:
  // Throws InputError when the file cannot be created.
  explicit OutputFile(std::string path);
  ~OutputFile();  // removes the temporary file when commit() was not reached
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::ostream& stream() { return stream_; }
  // Flushes and renames. Throws InputError when the disk is full or the file cannot be renamed.
  void commit();

private:
  std::string path_, temporary_;
  std::ofstream stream_;
  bool committed_ = false;
};

// Name under which a writer with its own I/O (HDF5, EDF, Gmsh) works before publish() renames it. It keeps the
// extension, because several libraries choose the format by it: "dir/.partial-name.ext".
std::string temporary_name(const std::string& path);
// Renames temporary_name(path) to path. Throws InputError on failure.
void publish(const std::string& path);

// Creates the folder (with parents) and proves that it can be written to. Throws InputError with the reason.
// Collective nowhere: call it on one rank.
void prepare_output_folder(const std::string& folder);

// Throws InputError when the volume that holds `folder` has fewer than `bytes` free.
void require_free_space(const std::string& folder, double bytes);

// Throws InputError "cannot be read: <reason>" unless `path` is a readable regular file.
void require_readable(const std::string& path, const std::string& what);
// The same for text; throws InputError for a binary or UTF-16 file too.
void require_text(const std::string& path, const std::string& what);

}  // namespace bmiss
