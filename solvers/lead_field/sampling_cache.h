// Sampling operators kept in files, so that the same points in the same mesh are located once.
#pragma once

#include <optional>
#include <string>

#include "solvers/lead_field/sampling_operator.h"

namespace bmiss {

// Hash of everything that an operator depends on: mesh (its hash), degree, points, the tissues they must lie in.
std::string sampling_key(const std::string& mesh_hash, int degree, const FieldPoints& points);

// The operator kept under `key` in `folder`; nothing when there is none, or its file is damaged or another's.
std::optional<SamplingOperator> read_sampling(const std::string& folder, const std::string& key);

// Keeps it as <folder>/sampling-<key>.h5, whole or not at all, and removes the oldest of more than
// `most_kept_samplings`. A folder that cannot be written to is no error: points are then located again.
inline constexpr std::size_t most_kept_samplings = 8;
void keep_sampling(const SamplingOperator& sampling, const std::string& folder, const std::string& key);

}  // namespace bmiss
