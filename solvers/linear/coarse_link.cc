#include "solvers/linear/coarse_link.h"

#include <algorithm>

#include "base/errors.h"
#include "base/mpi_session.h"

namespace bmiss {
namespace {

// On one rank the library makes matrices of the distributed and of the sequential kind, and multiplies none of one kind
// by one of the other.
Mat sequential_when_alone(Mat matrix) {
  PetscBool is_distributed = PETSC_FALSE;
  BMISS_PETSC(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(matrix), MATMPIAIJ, &is_distributed));
  if (is_distributed == PETSC_FALSE || mpi_size(PetscObjectComm(reinterpret_cast<PetscObject>(matrix))) > 1)
    return matrix;
  Mat own = nullptr;
  BMISS_PETSC(MatMPIAIJGetSeqAIJ(matrix, &own, nullptr, nullptr));
  return own;
}

}  // namespace

MatHandle matrix_product(Mat a, Mat b) {
  MatHandle product;
  BMISS_PETSC(MatMatMult(sequential_when_alone(a), sequential_when_alone(b), MAT_INITIAL_MATRIX, PETSC_DEFAULT,
                         product.address()));
  return product;
}

CoarseLink coarse_link(Mat interpolation, Mat product, MPI_Comm communicator) {
  LocalRows direct = local_rows(interpolation), reach = local_rows(product);
  CoarseLink link;
  link.exchange = std::make_shared<GhostExchange>(reach.ghosts, reach.starts, communicator);
  // The ghosts of P are among those of A P, whose rows reach further.
  const int n_owned = link.exchange->n_owned();
  for (int& column : direct.rows.columns) {
    if (column < n_owned) continue;
    const int number = direct.ghosts[static_cast<std::size_t>(column - n_owned)];
    const auto place = std::lower_bound(reach.ghosts.begin(), reach.ghosts.end(), number);
    BMISS_ASSERT(place != reach.ghosts.end() && *place == number);
    column = n_owned + static_cast<int>(place - reach.ghosts.begin());
  }
  link.interpolation = std::move(direct.rows);
  link.weights.assign(direct.values.begin(), direct.values.end());
  link.product = std::move(reach.rows);
  link.product_values.assign(reach.values.begin(), reach.values.end());
  return link;
}

}  // namespace bmiss
