// What a decomposition tells about the parameters of its model, against what they were in the simulation.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/decomposition/conditions.h"

namespace bmiss::bench {

struct RecoveredParameter {
  std::string name, unit;
  double assumed = 0, truth = 0, found = 0, deviation = 0;  // the last: of what was found
  bool adopted = false;
  double error_left() const;  // in the model, as a share of the assumed value's error; 1 where nothing was adopted
};

// Names of those that this error makes wrong; none: the lead field has no parameter for it.
std::vector<std::string> wrong_parameters(ModelError error);
// Of these, what a model_parameters.tsv holds; none when it is not there.
std::vector<RecoveredParameter> recovered_parameters(ModelError error, const std::string& path);

}  // namespace bmiss::bench
