// The sections of the benchmark. Each prints its tables and tells whether every limit was kept; what cannot be measured
// here is said to be skipped, with its reason, and misses no limit.
#pragma once

#include <string>
#include <vector>

namespace bmiss::bench {

// What the command line gives to the sections that run the program: "Section/Key=value".
using Overrides = std::vector<std::string>;

bool oracle_section(const Overrides& overrides);    // potentials against the exact layered cylinder
bool sfap_section(const Overrides& overrides);      // single-fibre action potentials against the exact layered cylinder
bool depth_section(const Overrides& overrides);     // how they fade with depth
bool sampling_section(const Overrides& overrides);  // potentials at many points: time to find them and to evaluate
bool meshing_section(const Overrides& overrides);   // meshes of label maps as people have them
bool convergence_section(const Overrides& overrides);  // single-fibre action potentials on a forearm, mesh by mesh
bool speed_section(const Overrides& overrides);        // cost of lead fields by solver, against the machine's limits
bool scaling_section(const Overrides& overrides);      // by unknowns, electrodes and groups of ranks
bool calf_section(const Overrides& overrides);         // identities of the discrete system on a real anatomy
bool all_firing_section(const Overrides& overrides);   // motor units found, method against method, five pools
bool recruited_section(const Overrides& overrides);    // the same, Fuglevand pools, right model and wrong ones
bool conditions_section(const Overrides& overrides);   // the same over noise, duration, channels, excitation, models
bool decoder_section(const Overrides& overrides);      // cost of joint decoding, against the machine's limits
bool demo_section(const Overrides& overrides);         // times of the whole chain on 1 and 2 ranks

void skip(const std::string& reason);  // prints "  skipped: <reason>"

}  // namespace bmiss::bench
