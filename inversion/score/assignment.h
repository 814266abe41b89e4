// Linear assignment.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace bmiss {

// The column of each row in the assignment of least total cost; -1 for rows left over when there are more rows than
// columns. Shortest augmenting paths with dual prices (Kuhn 1955; Edmonds & Karp 1972), O(n³). `cost` must be finite.
std::vector<int> assign(const Eigen::MatrixXd& cost);

}  // namespace bmiss
