// The motoneuron pool of Fuglevand, Winter & Patla (J Neurophysiol 70:2470-2488, 1993), with a refractory floor.
#pragma once

#include <memory>

#include "physiology/motoneuron_pool.h"

namespace bmiss {

struct FuglevandOptions {
  int n_units = 120;
  double recruitment_range = 30;  // RR: threshold of the last over that of a unit just below the first
  double gain = 1;                // g [impulses/s per unit of excitation]
  double minimum_rate = 8;        // MFR [Hz]
  double peak_rate_first = 45, peak_rate_last = 35;  // PFR [Hz]
  double variability = 0.2;          // coefficient of variation of inter-spike intervals, Gaussian within ±3 sd
  double refractory_period = 15e-3;  // no shorter interval occurs: a draw below it is repeated [s]
  double twitch_range = 100;         // RP
};

// Parameters stand in "Motoneuron pool".
std::unique_ptr<MotoneuronPool> fuglevand_pool(const FuglevandOptions& options);

}  // namespace bmiss
