// Units that enter with a file or a parameter; inside, everything is SI.
#pragma once

#include <string>

namespace bmiss {

// Factor that turns a value in `unit` ("mm", "uV", "ms", "S/m", …) into SI. Throws InputError for an unknown unit.
double unit_factor(const std::string& unit);

}  // namespace bmiss
