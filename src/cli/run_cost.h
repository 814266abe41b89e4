// What runs cost, from their run.json.
#pragma once

#include <string>
#include <vector>

namespace bmiss {

class Table;

// Wall time, CPU time (of all threads of rank 0) of field computations (phantom, mesh, lead field),
// simulation and inversion (decompose), each summed over the runs that did it; peak memory and threads of those runs,
// the largest. Throws InputError when a file is no record of a run.
Table cost_table(const std::vector<std::string>& run_files);

}  // namespace bmiss
