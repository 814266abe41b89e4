// What is simulated and how wrong the model is that inverts it.
#pragma once

#include <string>
#include <vector>

namespace bmiss::bench {

enum class Body { cylinder, forearm };
// Everyone fires under a constant drive, with white noise (pool X); or recruitment up to an excitation, with coloured
// noise (pool Y).
enum class Pool { all_firing, recruited };
enum class ModelError {
  none,
  fat_thicker,
  fat_thinner,
  grid_moved,
  conductivity_high,
  conductivity_low,
  other_anatomy
};
std::string name_of(ModelError error);

// What the decomposition with a model is claimed to do in a condition; 0: nothing.
struct Claims {
  enum class Properties { not_claimed, near_the_truth };  // limits and coverage: claims.cc
  double ratio = 0;                                       // of units found to those of strong blind, at least
  double units = 0;                                       // found, at least
  double cpu_share = 0;                                   // of strong blind's CPU time, at most
  double blind_cpu = 0;                                   // CPU seconds of strong blind in a second of signal, at most
  Properties properties = Properties::not_claimed;
};

struct Condition {
  std::string title;
  Body body = Body::cylinder;
  Pool pool = Pool::all_firing;
  int rows = 8, columns = 16;
  double signal_to_noise = 20;  // [dB]
  double duration = 20;         // [s]
  double excitation = 0.3;      // of the recruited pool
  ModelError error = ModelError::none;
  int seeds = 1;  // pools, from seed 0 on
  Claims claims;
  int n_channels() const { return rows * columns; }
};

// The claims: pool X at 20 dB with the right model.
std::vector<Condition> all_firing_conditions();
// Pool Y at 20 and 30 dB with the right model, at 20 dB with wrong ones.
std::vector<Condition> recruited_conditions();
// One factor at a time from pools X (signal-to-noise ratio, duration, channels) and Y (excitation), model errors, and
// the forearm.
std::vector<Condition> condition_grid();

}  // namespace bmiss::bench
