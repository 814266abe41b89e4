// The 'Fibres' section of the parameters: which model gives each muscle its directions, and what is asked about it.
#pragma once

#include <string>
#include <vector>

#include "anatomy/fibre_muscle.h"

namespace bmiss {

class Parameters;
class TissueTable;

struct FibreSetting {
  FibreMuscle muscle;
  std::string model;  // of the directions
};

// One for each muscle of the tissue table. Throws InputError as make_fibre_atlas().
std::vector<FibreSetting> parse_fibre_settings(const Parameters& parameters, const TissueTable& tissues);

}  // namespace bmiss
