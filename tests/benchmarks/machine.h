// The machine that the numbers belong to.
#pragma once

#include <string>

namespace bmiss::bench {

// CPU model, cores, memory, compiler, load: one line.
std::string machine_line();
int cores();    // that this process may use
double load();  // processes that wanted a core in the last minute, on average; own ones included

}  // namespace bmiss::bench
