#include "benchmarks/machine.h"

#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/table.h"
#include "base/version.h"

namespace bmiss::bench {
namespace {

std::string cpu_model() {
  std::ifstream stream("/proc/cpuinfo");
  for (std::string line; std::getline(stream, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown CPU";
}

}  // namespace

int cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

double load() {
  double value = 0;
  getloadavg(&value, 1);
  return value;
}

std::string machine_line() {
  const double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  const auto versions = library_versions();
  return cpu_model() + ", " + std::to_string(cores()) + " cores, " + format("%.0f GB", bytes / 1e9) + ", GCC " +
         versions.at("compiler") + " (" + versions.at("build") + "), bmiss " + version() +
         ", 1 rank unless a column says otherwise; other work on the machine when this started: load " +
         format("%.1f", load());
}

}  // namespace bmiss::bench
