#include "solvers/linear/petsc_handle.h"

#include <string>

#include "base/errors.h"

namespace bmiss {

void check_petsc(PetscErrorCode code, const char* call) {
  if (code == 0) return;
  const char* text = nullptr;
  PetscErrorMessage(code, &text, nullptr);
  throw NumericalError("the linear algebra library failed in " +
                       std::string(call).substr(0, std::string(call).find('(')) + " (" +
                       (text != nullptr ? text : "unknown error") + ", code " + std::to_string(code) +
                       "); try the other solver method, more memory or more ranks");
}

void require_set_up(KSP ksp) {
  PC pc;
  BMISS_PETSC(KSPGetPC(ksp, &pc));
  PCFailedReason reason = PC_NOERROR;
  BMISS_PETSC(PCGetFailedReason(pc, &reason));
  if (reason == PC_NOERROR) return;
  throw NumericalError(std::string("the solver could not be set up: ") +
                       (reason == PC_FACTOR_OUTMEMORY
                            ? "the factor does not fit into memory; choose the method multigrid, or "
                              "more memory or ranks"
                            : "the factorisation met a zero pivot; check the mesh for degenerate "
                              "tetrahedra, or choose the method algebraic"));
}

}  // namespace bmiss
