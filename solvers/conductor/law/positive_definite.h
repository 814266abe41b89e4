// Is a tensor one that a passive conductor can have?
#pragma once

#include <Eigen/Core>
#include <string>

namespace bmiss {

// What is wrong with it, to follow "a tensor …"; `unit` is that of its entries. Empty when it is symmetric with
// positive eigenvalues (of which the smallest counts as zero below 1e-9 of the largest).
std::string complaint_about_definiteness(const Eigen::Matrix3d& tensor, const std::string& unit);
// The same, but eigenvalues may be zero.
std::string complaint_about_semidefiniteness(const Eigen::Matrix3d& tensor, const std::string& unit);

}  // namespace bmiss
