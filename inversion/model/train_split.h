// A train that holds the spikes of two units, told apart by their waveforms and by when they fire.
#pragma once

#include <Eigen/Core>
#include <utility>

#include "inversion/decode/templates.h"

namespace bmiss {

// The spikes of a train in two trains: those of the first class and the others. points: what each spike looks like, in
// units of white noise [dimension x n_spikes]. Classes have a mean each; from one start they are found by turns of
// means and labels. A label depends on the waveform and, once both trains have enough intervals, on those: the most
// probable labelling of the whole train by dynamic programming, two renewal processes interleaved. `axis`: on which
// side of the mean along it a spike lies tells the classes at first.
std::pair<SpikePositions, SpikePositions> split_train(const SpikePositions& train, const Eigen::MatrixXf& points,
                                                      const Eigen::VectorXf& axis, double refractory);

// Along which the points [dimension x n] vary most, largest variance first [dimension x dimension].
Eigen::MatrixXf principal_axes(const Eigen::MatrixXf& points);

}  // namespace bmiss
