#include "benchmarks/decomposition/kept_results.h"

#include <filesystem>
#include <set>

#include "base/provenance.h"
#include "base/tsv_file.h"

namespace bmiss::bench {
namespace {

namespace fs = std::filesystem;

// Names hold when all folders move together.
std::string relative_to(const std::string& folder, const std::string& file) {
  return file.empty() ? "n/a" : fs::relative(file, folder).string();
}

std::string in(const std::string& folder, const std::string& file) {
  return file == "n/a" ? "" : (fs::path(folder) / file).lexically_normal().string();
}

}  // namespace

std::string this_build() {
  const fs::path program = BMISS_PROGRAM;
  std::set<std::string> files = {"/proc/self/exe", program.string()};
  const fs::path libraries = program.parent_path().parent_path() / "lib";
  if (fs::is_directory(libraries))
    for (const auto& entry : fs::directory_iterator(libraries))
      if (entry.is_regular_file() && !entry.is_symlink()) files.insert(entry.path().string());
  ContentHash hash;
  for (const std::string& file : files) hash.add(hash_of_file(file));
  return hash.hex();
}

void keep_result(const MethodResult& result, const std::string& folder) {
  TsvFile table;
  table.set_columns({"spikes", "units", "cpu_s", "wall_s", "peak_memory_bytes", "build"});
  table.add_row({relative_to(folder, result.spikes), relative_to(folder, result.units), format_real(result.cpu),
                 format_real(result.wall), format_real(result.peak_memory), this_build()});
  table.write(folder + "/result.tsv");
}

std::optional<KeptResult> kept_result(const std::string& folder) {
  const std::string path = folder + "/result.tsv";
  if (!fs::exists(path)) return std::nullopt;
  const TsvFile table(path);
  MethodResult result;
  result.spikes = in(folder, table.text(0, "spikes"));
  result.units = in(folder, table.text(0, "units"));
  result.cpu = table.real(0, "cpu_s");
  result.wall = table.real(0, "wall_s");
  result.peak_memory = table.real(0, "peak_memory_bytes");
  return KeptResult{result, table.text(0, "build")};
}

}  // namespace bmiss::bench
