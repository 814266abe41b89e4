#include "solvers/linear/multigrid_cycle.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "solvers/linear/block_kernels.h"
#include "solvers/linear/linear_solver.h"

namespace bmiss {
namespace {

constexpr PetscInt largest_coarsest = 400;  // unknowns of the level that is solved by its dense inverse

std::vector<float> in_single(const std::vector<double>& values) {
  return std::vector<float>(values.begin(), values.end());
}

// Half the entries towards other ranks added to the diagonal keep the sweeps convergent however the rows are shared
// out (l1 Gauss-Seidel: Baker, Falgout, Kolev & Yang 2011).
std::vector<float> smoother_inverse(const SplitMatrix& split) {
  std::vector<float> inverse;
  const SparseRows& upper = split.pattern->upper;
  for (std::size_t i = 0; i < split.values.diagonal.size(); ++i) {
    double diagonal = split.values.diagonal[i];
    for (std::size_t k = upper.first[i]; k < upper.first[i + 1]; ++k)
      if (upper.columns[k] >= split.n_rows()) diagonal += 0.5 * std::abs(split.values.upper[k]);
    inverse.push_back(static_cast<float>(1 / diagonal));
  }
  return inverse;
}

// The matrices of BoomerAMG's levels, finest of them first, and the interpolations from each to the one before it.
struct AlgebraicLevels {
  std::vector<MatHandle> matrices, interpolations;
};
AlgebraicLevels algebraic_levels(Mat matrix) {
  PetscHandle<PC, PCDestroy> pc;
  BMISS_PETSC(PCCreate(PetscObjectComm(reinterpret_cast<PetscObject>(matrix)), pc.address()));
  BMISS_PETSC(PCSetOperators(pc, matrix, matrix));
  set_boomeramg(pc);
  BMISS_PETSC(PCSetUp(pc));
  PetscInt n_levels = 0, n_levels_again = 0;
  Mat *matrices = nullptr, *interpolations = nullptr;  // both coarsest first; the finest matrix is not among them
  BMISS_PETSC(PCGetCoarseOperators(pc, &n_levels, &matrices));
  BMISS_PETSC(PCGetInterpolations(pc, &n_levels_again, &interpolations));
  BMISS_ASSERT(n_levels == n_levels_again);
  AlgebraicLevels result;
  for (PetscInt l = n_levels - 2; l >= 0; --l) {
    result.matrices.emplace_back(matrices[l]);
    result.interpolations.emplace_back(interpolations[l]);
  }
  BMISS_PETSC(PetscFree(matrices));
  BMISS_PETSC(PetscFree(interpolations));
  return result;
}

PetscInt n_global(Mat matrix) {
  PetscInt n = 0;
  BMISS_PETSC(MatGetSize(matrix, &n, nullptr));
  return n;
}

// The number of the linear element's unknown at a vertex of the quadratic ones. Collective.
PetscInt coarse_number(Mat interpolation, PetscInt dof) {
  PetscInt first = 0, last = 0;
  BMISS_PETSC(MatGetOwnershipRange(interpolation, &first, &last));
  PetscInt number = -1;
  if (dof >= first && dof < last) {
    PetscInt n = 0;
    const PetscInt* columns = nullptr;
    BMISS_PETSC(MatGetRow(interpolation, dof, &n, &columns, nullptr));
    BMISS_ASSERT(n == 1);
    number = columns[0];
    BMISS_PETSC(MatRestoreRow(interpolation, dof, &n, &columns, nullptr));
  }
  MPI_Allreduce(MPI_IN_PLACE, &number, 1, MPIU_INT, MPI_MAX,
                PetscObjectComm(reinterpret_cast<PetscObject>(interpolation)));
  return number;
}

}  // namespace

MultigridCycle::MultigridCycle(const SplitMatrix& split, Mat matrix, Mat interpolation, PetscInt grounded,
                               MPI_Comm communicator)
    : communicator_(communicator) {
  add_level(split, interpolation, matrix_product(matrix, interpolation));
  MatHandle linear;
  {
    MatHandle product;
    BMISS_PETSC(MatPtAP(matrix, interpolation, MAT_INITIAL_MATRIX, PETSC_DEFAULT, product.address()));
    const PetscInt number = coarse_number(interpolation, grounded);
    linear = grounded_copy(product, number);
    PetscInt first = 0, last = 0;
    BMISS_PETSC(MatGetOwnershipRange(linear, &first, &last));
    if (number >= first && number < last) grounded_row_ = number - first;
    n_linear_ = n_global(linear);
  }
  AlgebraicLevels below = algebraic_levels(linear);
  Mat coarsest = linear;
  for (std::size_t l = 0; l < below.matrices.size() && n_global(coarsest) > largest_coarsest; ++l) {
    add_level(split_matrix(coarsest, communicator), below.interpolations[l],
              matrix_product(coarsest, below.interpolations[l]));
    coarsest = below.matrices[l];
  }
  set_coarsest(coarsest);
}

void MultigridCycle::add_level(const SplitMatrix& split, Mat interpolation, Mat product) {
  Level level;
  level.pattern = split.pattern;
  level.exchange = split.exchange;
  level.values = {in_single(split.values.diagonal), in_single(split.values.lower), in_single(split.values.upper)};
  level.inverse = smoother_inverse(split);
  level.link = coarse_link(interpolation, product, communicator_);
  level.coarse_rhs.resize(level.link.n_extended());
  level.coarse_solution.resize(level.link.n_extended());
  level.residual.resize(static_cast<std::size_t>(split.n_rows()));
  level.change.resize(split.n_extended());
  if (!levels_.empty()) level.solution.resize(split.n_extended());
  levels_.push_back(std::move(level));
}

void MultigridCycle::set_coarsest(Mat matrix) {
  const LocalRows local = local_rows(matrix);
  const Eigen::Index n = n_global(matrix);
  if (n > 20 * largest_coarsest)
    throw NumericalError("multigrid stopped coarsening at " + std::to_string(n) +
                         " unknowns; choose the method direct or algebraic, or check the mesh quality");
  const auto me = static_cast<std::size_t>(mpi_rank(communicator_));
  const int first = local.starts[me], n_mine = local.starts[me + 1] - first;
  Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(n, n);
  for (int row = 0; row < n_mine; ++row)
    for (std::size_t k = local.rows.first[static_cast<std::size_t>(row)];
         k < local.rows.first[static_cast<std::size_t>(row) + 1]; ++k) {
      const int column = local.rows.columns[k];
      dense(first + row, column < n_mine ? first + column : local.ghosts[static_cast<std::size_t>(column - n_mine)]) =
          local.values[k];
    }
  MPI_Allreduce(MPI_IN_PLACE, dense.data(), static_cast<int>(dense.size()), MPI_DOUBLE, MPI_SUM, communicator_);
  const Eigen::LLT<Eigen::MatrixXd> factor(dense);
  if (factor.info() != Eigen::Success)
    throw NumericalError(
        "multigrid met a matrix that is not positive definite; check the mesh for degenerate tetrahedra and the "
        "conductivities");
  coarsest_inverse_ = factor.solve(Eigen::MatrixXd::Identity(n, n)).middleRows(first, n_mine).cast<float>();
  for (std::size_t r = 0; r + 1 < local.starts.size(); ++r) {
    coarsest_starts_.push_back(local.starts[r] * static_cast<int>(sizeof(FloatRow)));
    coarsest_counts_.push_back((local.starts[r + 1] - local.starts[r]) * static_cast<int>(sizeof(FloatRow)));
  }
  coarsest_rhs_.resize(static_cast<std::size_t>(n));
}

void MultigridCycle::solve_coarsest(const FloatRow* r, FloatRow* z) {
  using Rows = Eigen::Matrix<float, Eigen::Dynamic, n_lanes, Eigen::RowMajor>;
  const auto me = static_cast<std::size_t>(mpi_rank(communicator_));
  MPI_Allgatherv(r, coarsest_counts_[me], MPI_BYTE, coarsest_rhs_.data(), coarsest_counts_.data(),
                 coarsest_starts_.data(), MPI_BYTE, communicator_);
  const Eigen::Map<const Rows> rhs(coarsest_rhs_.data()->values, coarsest_inverse_.cols(), n_lanes);
  Eigen::Map<Rows>(z->values, coarsest_inverse_.rows(), n_lanes).noalias() = coarsest_inverse_ * rhs;
}

void MultigridCycle::cycle(std::size_t number, const FloatRow* r, FloatBlock& z) {
  Level& level = levels_[number];
  const SplitPattern& pattern = *level.pattern;
  kernels::sweep_from_zero(pattern, level.values, level.inverse.data(), r, z.data());
  level.exchange->fetch(z.data());
  std::fill(level.coarse_rhs.begin(), level.coarse_rhs.end(), FloatRow{});
  kernels::restrict_residual(pattern, level.values, level.inverse.data(), z.data(), level.link, level.residual.data(),
                             level.coarse_rhs.data());
  level.link.exchange->add_to_owners(level.coarse_rhs.data());
  if (number == 0 && grounded_row_ >= 0) level.coarse_rhs[static_cast<std::size_t>(grounded_row_)] = FloatRow{};
  if (number + 1 < levels_.size()) {
    Level& below = levels_[number + 1];
    cycle(number + 1, level.coarse_rhs.data(), below.solution);
    std::copy_n(below.solution.begin(), level.link.exchange->n_owned(), level.coarse_solution.begin());
  } else {
    solve_coarsest(level.coarse_rhs.data(), level.coarse_solution.data());
  }
  // The level of linear elements is solved with one vertex held at zero, which shifts the whole correction; a large
  // constant would drown the rest of the search direction in single precision.
  if (number == 0)
    remove_means(level.coarse_solution, static_cast<std::size_t>(level.link.exchange->n_owned()), n_linear_,
                 communicator_);
  level.link.exchange->fetch(level.coarse_solution.data());
  std::fill(level.change.begin() + level.exchange->n_owned(), level.change.end(), FloatRow{});
  kernels::sweep_back(pattern, level.values, level.inverse.data(), level.link, level.coarse_solution.data(),
                      level.residual.data(), level.change.data(), z.data());
}

void MultigridCycle::continue_direction(const FloatBlock& r, const FloatBlock& z, const LaneValues& beta, FloatBlock& p,
                                        FloatBlock& q, LaneValues& curvatures) {
  Level& level = levels_.front();
  level.exchange->fetch(level.change.data());
  kernels::continue_direction(*level.pattern, level.values, level.inverse.data(), r.data(), level.change.data(),
                              z.data(), beta, p.data(), q.data(), curvatures);
}

}  // namespace bmiss
