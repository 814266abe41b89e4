// Owners of PETSc objects, and PETSc's error codes turned into exceptions.
#pragma once

#include <petscksp.h>

#include <utility>

namespace bmiss {

// Throws NumericalError with PETSc's sentence (out of memory, failed factorisation, …).
void check_petsc(PetscErrorCode code, const char* call);
// After a set-up: throws NumericalError when the preconditioner or factorisation could not be made.
void require_set_up(KSP ksp);
#define BMISS_PETSC(call) ::bmiss::check_petsc((call), #call)

// Keeps PETSc from printing its call stack to stderr: the exception says what happened.
class QuietPetsc {
public:
  QuietPetsc() { PetscPushErrorHandler(PetscReturnErrorHandler, nullptr); }
  ~QuietPetsc() { PetscPopErrorHandler(); }
  QuietPetsc(const QuietPetsc&) = delete;
  QuietPetsc& operator=(const QuietPetsc&) = delete;
};

template <typename Object, PetscErrorCode (*destroy)(Object*)>
class PetscHandle {
public:
  PetscHandle() = default;
  explicit PetscHandle(Object object) : object_(object) {}
  ~PetscHandle() {
    if (object_ != nullptr) destroy(&object_);
  }
  PetscHandle(PetscHandle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  PetscHandle& operator=(PetscHandle&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  operator Object() const { return object_; }
  Object* address() { return &object_; }

private:
  Object object_ = nullptr;
};

using MatHandle = PetscHandle<Mat, MatDestroy>;
using VecHandle = PetscHandle<Vec, VecDestroy>;
using KspHandle = PetscHandle<KSP, KSPDestroy>;
using ScatterHandle = PetscHandle<VecScatter, VecScatterDestroy>;
using NullSpaceHandle = PetscHandle<MatNullSpace, MatNullSpaceDestroy>;

}  // namespace bmiss
