// Cross-spectral densities by averaging over tapered windows (Welch 1967).
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/prepare/real_transform.h"

namespace bmiss {

Eigen::VectorXf hann_window(Eigen::Index n);  // of norm one

// One matrix [n_channels x n_channels] for each frequency of `transform`, lower triangles only; signals that are white
// with unit variance give the identity. `count` windows, which begin at multiples of `hop`, not longer than the
// transform.
std::vector<Eigen::MatrixXcf> cross_spectra(const Eigen::MatrixXf& signal, Eigen::Index window, Eigen::Index hop,
                                            Eigen::Index count, const RealTransform& transform);

}  // namespace bmiss
