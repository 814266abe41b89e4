// Results of methods that stay on the disk, so that an interrupted comparison resumes where it was.
#pragma once

#include <optional>
#include <string>

#include "benchmarks/decomposition/methods.h"

namespace bmiss::bench {

struct KeptResult {
  MethodResult result;
  std::string build;  // of what made it: this_build()
};

// Hash of this program, of bmiss and of its libraries.
std::string this_build();

// result.tsv in the method's folder; written last, so that it is there only when all else is.
void keep_result(const MethodResult& result, const std::string& folder);
std::optional<KeptResult> kept_result(const std::string& folder);

}  // namespace bmiss::bench
