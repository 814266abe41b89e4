// Muscle force from the spikes of a pool (Fuglevand, Winter & Patla 1993, eq. 13-18).
#pragma once

#include <vector>

#include "physiology/motoneuron_pool.h"

namespace bmiss {

struct TwitchOptions {
  double longest_contraction = 90e-3;  // contraction time of the weakest unit [s]
  double contraction_range = 3;        // longest over shortest contraction time
};

// Contraction time T_i [s] = longest (1/P_i)^(1/c), c = ln(range of forces) / ln(range of times).
double contraction_time(const MotoneuronPool& pool, int unit, const TwitchOptions& options);

// Force [n_samples], relative to the twitch of the weakest unit: sum of twitches P t/T exp(1 - t/T), each scaled by the
// sigmoid gain of its inter-spike interval (unity for T/interval below 0.4).
std::vector<double> synthesise_force(const MotoneuronPool& pool, const std::vector<SpikeTrain>& trains, double rate,
                                     int n_samples, const TwitchOptions& options = {});

}  // namespace bmiss
