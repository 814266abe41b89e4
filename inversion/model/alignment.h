// Spike times of units that were found without the model, moved to where the model counts them from.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/templates.h"
#include "inversion/model/template_span.h"

namespace bmiss {

// A blind method times a spike by the shape of its waveform, the model by the arrival at the junctions. Each train is
// shifted by whole samples so that the span explains its waveform best; trains of which it explains less than `least`
// at any shift stay where they are. signal [n_combinations x n_samples].
std::vector<SpikePositions> aligned_trains(const Eigen::MatrixXf& signal, std::vector<SpikePositions> trains,
                                           const TemplateWindow& window, const TemplateSpan& span, double least);

}  // namespace bmiss
