#include "inversion/refine/bounded_minimiser.h"

#include <petsctao.h>

#include <exception>

#include "base/errors.h"

namespace bmiss {
namespace {

void check(PetscErrorCode code) {
  if (code == 0) return;
  const char* text = nullptr;
  PetscErrorMessage(code, &text, nullptr);
  throw NumericalError(std::string("TAO failed: ") + (text != nullptr ? text : "unknown error"));
}

Eigen::VectorXd read(Vec vector) {
  PetscInt n = 0;
  const PetscScalar* entries = nullptr;
  VecGetSize(vector, &n);
  VecGetArrayRead(vector, &entries);
  Eigen::VectorXd values = Eigen::Map<const Eigen::VectorXd>(entries, n);
  VecRestoreArrayRead(vector, &entries);
  return values;
}

void write(const Eigen::VectorXd& values, Vec vector) {
  PetscScalar* entries = nullptr;
  VecGetArray(vector, &entries);
  Eigen::Map<Eigen::VectorXd>(entries, values.size()) = values;
  VecRestoreArray(vector, &entries);
}

// What TAO's functions in C see; exceptions wait here until TAO has returned.
struct Context {
  const BoundedProblem& problem;
  std::exception_ptr failure = nullptr;

  template <typename Action>
  PetscErrorCode guarded(Action&& action) {
    try {
      action();
      return 0;
    } catch (...) {
      failure = std::current_exception();
      return PETSC_ERR_USER;
    }
  }
};

extern "C" {
PetscErrorCode bmiss_minimiser_value(Tao, Vec x, PetscReal* value, void* data) {
  auto& context = *static_cast<Context*>(data);
  return context.guarded([&] { *value = context.problem.value(read(x)); });
}
PetscErrorCode bmiss_minimiser_gradient(Tao, Vec x, Vec gradient, void* data) {
  auto& context = *static_cast<Context*>(data);
  return context.guarded([&] { write(context.problem.gradient(read(x)), gradient); });
}
PetscErrorCode bmiss_minimiser_both(Tao tao, Vec x, PetscReal* value, Vec gradient, void* data) {
  // The gradient first: problems keep the value that comes with it.
  const PetscErrorCode code = bmiss_minimiser_gradient(tao, x, gradient, data);
  return code != 0 ? code : bmiss_minimiser_value(tao, x, value, data);
}
PetscErrorCode bmiss_minimiser_hessian(Tao, Vec x, Mat hessian, Mat, void* data) {
  auto& context = *static_cast<Context*>(data);
  return context.guarded([&] {
    const Eigen::MatrixXd values = context.problem.hessian(read(x));
    for (PetscInt row = 0; row < values.rows(); ++row)
      for (PetscInt column = 0; column < values.cols(); ++column)
        check(MatSetValue(hessian, row, column, values(row, column), INSERT_VALUES));
    check(MatAssemblyBegin(hessian, MAT_FINAL_ASSEMBLY));
    check(MatAssemblyEnd(hessian, MAT_FINAL_ASSEMBLY));
  });
}
PetscErrorCode bmiss_minimiser_converged(Tao tao, void* data) {
  auto& context = *static_cast<Context*>(data);
  return context.guarded([&] {
    PetscInt iteration = 0;
    Vec x = nullptr;
    check(TaoGetSolutionStatus(tao, &iteration, nullptr, nullptr, nullptr, nullptr, nullptr));
    check(TaoGetSolution(tao, &x));
    if (context.problem.has_converged(read(x)))
      check(TaoSetConvergedReason(tao, TAO_CONVERGED_USER));
    else if (iteration >= context.problem.most_iterations)
      check(TaoSetConvergedReason(tao, TAO_DIVERGED_MAXITS));
  });
}
}

class Minimiser {
public:
  explicit Minimiser(Context& context) {
    const BoundedProblem& problem = context.problem;
    const auto n = static_cast<PetscInt>(problem.lower.size());
    check(VecCreateSeq(PETSC_COMM_SELF, n, &x_));
    check(VecDuplicate(x_, &lower_));
    check(VecDuplicate(x_, &upper_));
    write(problem.lower, lower_);
    write(problem.upper, upper_);
    check(PetscOptionsCreate(&options_));
    check(PetscOptionsSetValue(options_, "-tao_bnk_init_type", "constant"));
    check(TaoCreate(PETSC_COMM_SELF, &tao_));
    check(PetscObjectSetOptions(reinterpret_cast<PetscObject>(tao_), options_));
    check(TaoSetType(tao_, problem.hessian ? TAOBNTL : TAOBLMVM));
    check(TaoSetSolution(tao_, x_));
    check(TaoSetVariableBounds(tao_, lower_, upper_));
    check(TaoSetObjective(tao_, bmiss_minimiser_value, &context));
    check(TaoSetGradient(tao_, nullptr, bmiss_minimiser_gradient, &context));
    check(TaoSetObjectiveAndGradient(tao_, nullptr, bmiss_minimiser_both, &context));
    if (problem.hessian) {
      check(MatCreateSeqDense(PETSC_COMM_SELF, n, n, nullptr, &hessian_));
      check(TaoSetHessian(tao_, hessian_, hessian_, bmiss_minimiser_hessian, &context));
      check(TaoSetInitialTrustRegionRadius(tao_, 2));
    }
    check(TaoSetConvergenceTest(tao_, bmiss_minimiser_converged, &context));
    check(TaoSetMaximumIterations(tao_, problem.most_iterations));
    check(TaoSetFromOptions(tao_));
  }
  ~Minimiser() {
    TaoDestroy(&tao_);
    MatDestroy(&hessian_);
    for (Vec* vector : {&x_, &lower_, &upper_}) VecDestroy(vector);
    PetscOptionsDestroy(&options_);
  }
  Minimiser(const Minimiser&) = delete;
  Minimiser& operator=(const Minimiser&) = delete;

  TaoConvergedReason solve(Context& context, Eigen::VectorXd& place) {
    write(place, x_);
    PetscPushErrorHandler(PetscReturnErrorHandler, nullptr);  // no call stack on stderr: the exception says it
    const PetscErrorCode code = TaoSolve(tao_);
    PetscPopErrorHandler();
    if (context.failure) std::rethrow_exception(context.failure);
    check(code);
    place = read(x_);
    TaoConvergedReason reason = TAO_CONTINUE_ITERATING;
    check(TaoGetConvergedReason(tao_, &reason));
    return reason;
  }

private:
  Vec x_ = nullptr, lower_ = nullptr, upper_ = nullptr;
  Mat hessian_ = nullptr;
  PetscOptions options_ = nullptr;
  Tao tao_ = nullptr;
};

std::string sentence(TaoConvergedReason reason) {
  switch (reason) {
    case TAO_CONVERGED_USER:
      return "converged: a further step would gain nothing";
    case TAO_DIVERGED_MAXITS:
      return "not converged: most iterations reached";
    case TAO_DIVERGED_LS_FAILURE:
      return "not converged: no descent along the search direction";
    case TAO_DIVERGED_TR_REDUCTION:
    case TAO_CONVERGED_STEPTOL:
      return "not converged: steps became too small";
    case TAO_DIVERGED_NAN:
      return "not converged: the value is not a number";
    default:
      return "not converged: TAO stopped with reason " + std::to_string(static_cast<int>(reason));
  }
}

}  // namespace

BoundedMinimum minimise(const BoundedProblem& problem, const Eigen::VectorXd& start) {
  BMISS_ASSERT(problem.lower.size() == start.size() && problem.upper.size() == start.size());
  BMISS_ASSERT(problem.value && problem.gradient && problem.has_converged);
  Context context{problem};
  BoundedMinimum minimum;
  minimum.place = start.cwiseMax(problem.lower).cwiseMin(problem.upper);
  const TaoConvergedReason reason = Minimiser(context).solve(context, minimum.place);
  minimum.converged = reason == TAO_CONVERGED_USER;
  minimum.reason = sentence(reason);
  return minimum;
}

Eigen::VectorXd free_gradient(const BoundedProblem& problem, const Eigen::VectorXd& place,
                              const Eigen::VectorXd& gradient) {
  Eigen::VectorXd result = gradient;
  for (Eigen::Index p = 0; p < place.size(); ++p)
    if ((place[p] <= problem.lower[p] && gradient[p] > 0) || (place[p] >= problem.upper[p] && gradient[p] < 0))
      result[p] = 0;
  return result;
}

}  // namespace bmiss
