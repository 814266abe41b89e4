// Trains that hold two units, and units that are spread over two trains.
#pragma once

#include <vector>

#include "inversion/model/joint_decoding.h"
#include "inversion/model/template_span.h"

namespace bmiss {

struct RepairOptions {
  double rate = 2048;      // [Hz]
  double pause = 0.25;     // longest interval inside a contraction [s]
  double regular = 0.15;   // local variation below which a train is left as it is
  double better = 0.75;    // local variation of what is made of trains, of theirs, at most
  int fewest_spikes = 40;  // of a train
};

struct RepairedTrains {
  std::vector<SpikePositions> trains;
  std::vector<Eigen::MatrixXf> waveforms;  // to begin with: those of the trains they came from
  int n_split = 0, n_joined = 0;           // trains, pairs of trains
  int n_left_out = 0;                      // spikes of no train any more; decoding finds again those that are
};

// An irregular train is split where its spikes fall into two classes (train_split.h; of the waveforms that they leave
// when all other units are taken away, only the directions count in which similar units differ) and the larger class is
// much more regular than the whole: the smaller becomes a train of its own if it has enough spikes. Two irregular
// trains are joined where their templates are alike and both together are much more regular than each. Regularity is
// local variation (Shinomoto et al. 2003), which thinning a train at random raises: a train of one unit is not split by
// chance.
RepairedTrains repair_trains(const JointState& state, const TemplateSpan& span, const RepairOptions& options);

}  // namespace bmiss
