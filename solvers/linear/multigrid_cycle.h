// A V-cycle on sixteen right-hand sides at once, in single precision: quadratic elements, linear elements on the same
// mesh, then the levels that BoomerAMG finds below them. The smoother is one sweep of Gauss-Seidel within the rank,
// forwards on the way down and backwards on the way up, so that the cycle is symmetric. Each sweep and each residual
// needs one half of the matrix only: after a sweep the other half is known to cancel (Eisenstat 1981 for one level).
#pragma once

#include <Eigen/Core>
#include <memory>
#include <vector>

#include "solvers/linear/coarse_link.h"
#include "solvers/linear/split_matrix.h"

namespace bmiss {

class MultigridCycle {
public:
  // `interpolation` from linear to quadratic elements [n_dofs x n_vertices]; `matrix` is that of the quadratic ones,
  // singular with the constants as null space. `grounded`: degree of freedom at a vertex, whose value the level of
  // linear elements holds at zero. Collective. Throws NumericalError.
  MultigridCycle(const SplitMatrix& split, Mat matrix, Mat interpolation, PetscInt grounded, MPI_Comm communicator);

  // z = M r; `z` has room for the ghosts. Collective.
  void apply(const FloatBlock& r, FloatBlock& z) { cycle(0, r.data(), z); }
  // After apply(r, z): p = z + beta p, q = A z + beta q; the products p . q of this rank are added to `curvatures`.
  // Collective.
  void continue_direction(const FloatBlock& r, const FloatBlock& z, const LaneValues& beta, FloatBlock& p,
                          FloatBlock& q, LaneValues& curvatures);
  std::size_t n_levels() const { return levels_.size() + 1; }

private:
  struct Level {
    std::shared_ptr<const SplitPattern> pattern;
    std::shared_ptr<GhostExchange> exchange;
    SplitValues<float> values;
    std::vector<float> inverse;  // of the smoother's diagonal
    CoarseLink link;
    FloatBlock coarse_rhs, coarse_solution;  // of the level below, with ghosts
    FloatBlock residual, change;             // after the sweep forwards; by the sweep backwards, with ghosts
    FloatBlock solution;                     // of this level, when it is not the finest
  };
  void add_level(const SplitMatrix& split, Mat interpolation, Mat product);
  void set_coarsest(Mat matrix);
  void cycle(std::size_t level, const FloatRow* r, FloatBlock& z);
  void solve_coarsest(const FloatRow* r, FloatRow* z);

  std::vector<Level> levels_;  // finest first
  MPI_Comm communicator_;
  int grounded_row_ = -1;                               // of the linear elements, on the rank that owns it
  double n_linear_ = 0;                                 // unknowns of the linear elements
  Eigen::MatrixXf coarsest_inverse_;                    // [n_mine x n]
  std::vector<int> coarsest_counts_, coarsest_starts_;  // [n_ranks], in bytes of rows
  FloatBlock coarsest_rhs_;
};

}  // namespace bmiss
