#include "inversion/refine/unit_fit.h"

#include <petsctao.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "inversion/refine/unit_misfit.h"

namespace bmiss {
namespace {

void check(PetscErrorCode code) {
  if (code == 0) return;
  const char* text = nullptr;
  PetscErrorMessage(code, &text, nullptr);
  throw NumericalError(std::string("TAO failed: ") + (text != nullptr ? text : "unknown error"));
}

UnitVector read(Vec vector) {
  const PetscScalar* entries = nullptr;
  VecGetArrayRead(vector, &entries);
  const UnitVector values = Eigen::Map<const UnitVector>(entries);
  VecRestoreArrayRead(vector, &entries);
  return values;
}

void write(const UnitVector& values, Vec vector) {
  PetscScalar* entries = nullptr;
  VecGetArray(vector, &entries);
  Eigen::Map<UnitVector> map(entries);
  map = values;
  VecRestoreArray(vector, &entries);
}

struct Problem {
  UnitMisfit& misfit;
  const UnitVector &lower, &upper;
  double tolerance;
};

// Decrease that a Gauss-Newton step in the parameters that may move would bring.
double expected_decrease(const Problem& problem, const UnitVector& scaled) {
  const auto& at = problem.misfit.quadratic(scaled);
  UnitMatrix hessian = at.hessian;
  UnitVector gradient = at.gradient;
  for (int p = 0; p < n_unit_parameters; ++p) {
    const bool held = (scaled[p] <= problem.lower[p] && gradient[p] > 0) ||
                      (scaled[p] >= problem.upper[p] && gradient[p] < 0) || problem.misfit.is_fixed(p);
    if (!held) continue;
    gradient[p] = 0;
    hessian.row(p).setZero(), hessian.col(p).setZero(), hessian(p, p) = 1;
  }
  hessian.diagonal() *= 1 + 1e-9;
  return 0.5 * gradient.dot(hessian.ldlt().solve(gradient));
}

extern "C" {
PetscErrorCode bmiss_unit_value(Tao, Vec x, PetscReal* value, void* context) {
  *value = static_cast<Problem*>(context)->misfit.value(read(x));
  return 0;
}
PetscErrorCode bmiss_unit_gradient(Tao, Vec x, PetscReal* value, Vec gradient, void* context) {
  const auto& at = static_cast<Problem*>(context)->misfit.quadratic(read(x));
  *value = at.value;
  write(at.gradient, gradient);
  return 0;
}
PetscErrorCode bmiss_unit_hessian(Tao, Vec x, Mat hessian, Mat, void* context) {
  const UnitMatrix values = static_cast<Problem*>(context)->misfit.quadratic(read(x)).hessian;
  for (PetscInt row = 0; row < n_unit_parameters; ++row)
    for (PetscInt column = 0; column < n_unit_parameters; ++column)
      MatSetValue(hessian, row, column, values(row, column), INSERT_VALUES);
  MatAssemblyBegin(hessian, MAT_FINAL_ASSEMBLY);
  return MatAssemblyEnd(hessian, MAT_FINAL_ASSEMBLY);
}
PetscErrorCode bmiss_unit_converged(Tao tao, void* context) {
  const Problem& problem = *static_cast<Problem*>(context);
  PetscInt iteration = 0, most = 0;
  TaoGetSolutionStatus(tao, &iteration, nullptr, nullptr, nullptr, nullptr, nullptr);
  TaoGetMaximumIterations(tao, &most);
  Vec x = nullptr;
  TaoGetSolution(tao, &x);
  const UnitVector scaled = read(x);
  const double decrease = expected_decrease(problem, scaled);
  if (decrease < std::max(0.005, problem.tolerance * problem.misfit.value(scaled)))
    TaoSetConvergedReason(tao, TAO_CONVERGED_GATOL);
  else if (iteration >= most)
    TaoSetConvergedReason(tao, TAO_DIVERGED_MAXITS);
  return 0;
}
}

// One TAO solver with its vectors and matrix.
class Minimiser {
public:
  explicit Minimiser(Problem& problem, int most_iterations) {
    check(VecCreateSeq(PETSC_COMM_SELF, n_unit_parameters, &x_));
    check(VecDuplicate(x_, &lower_));
    check(VecDuplicate(x_, &upper_));
    write(problem.lower, lower_);
    write(problem.upper, upper_);
    check(MatCreateSeqDense(PETSC_COMM_SELF, n_unit_parameters, n_unit_parameters, nullptr, &hessian_));
    check(PetscOptionsCreate(&options_));
    check(PetscOptionsSetValue(options_, "-tao_bnk_init_type", "constant"));
    check(TaoCreate(PETSC_COMM_SELF, &tao_));
    check(PetscObjectSetOptions(reinterpret_cast<PetscObject>(tao_), options_));
    check(TaoSetType(tao_, TAOBNTL));
    check(TaoSetSolution(tao_, x_));
    check(TaoSetVariableBounds(tao_, lower_, upper_));
    check(TaoSetObjective(tao_, bmiss_unit_value, &problem));
    check(TaoSetObjectiveAndGradient(tao_, nullptr, bmiss_unit_gradient, &problem));
    check(TaoSetHessian(tao_, hessian_, hessian_, bmiss_unit_hessian, &problem));
    check(TaoSetConvergenceTest(tao_, bmiss_unit_converged, &problem));
    check(TaoSetMaximumIterations(tao_, most_iterations));
    check(TaoSetInitialTrustRegionRadius(tao_, 2));
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

  TaoConvergedReason solve(UnitVector& scaled) {
    write(scaled, x_);
    check(TaoSolve(tao_));
    scaled = read(x_);
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
  if (reason == TAO_CONVERGED_GATOL) return "converged: a further step would gain nothing";
  if (reason == TAO_DIVERGED_MAXITS) return "not converged: most iterations reached";
  if (reason == TAO_DIVERGED_LS_FAILURE) return "not converged: no descent along the search direction";
  if (reason == TAO_DIVERGED_TR_REDUCTION || reason == TAO_CONVERGED_STEPTOL)
    return "not converged: steps became too small";
  if (reason == TAO_DIVERGED_NAN) return "not converged: the misfit is not a number";
  return "not converged: TAO stopped with reason " + std::to_string(static_cast<int>(reason));
}

UnitMatrix covariance_of(UnitMisfit& misfit, const UnitVector& scaled) {
  const auto& at = misfit.quadratic(scaled);
  UnitMatrix hessian = at.hessian;
  hessian.diagonal() *= 1 + 1e-12;
  UnitMatrix covariance = misfit.scales().asDiagonal() * UnitMatrix(hessian.ldlt().solve(UnitMatrix::Identity())) *
                          misfit.scales().asDiagonal();
  for (int p = 0; p < n_unit_parameters; ++p)
    if (misfit.is_fixed(p)) covariance.row(p).setZero(), covariance.col(p).setZero();
  return covariance;
}

}  // namespace

UnitPrior usual_prior(const MuapModel& model, int muscle) {
  UnitPrior prior;
  prior.mean = model.typical_unit(muscle).values;
  prior.deviation[velocity] = 0.7;
  prior.deviation[junction_scatter] = 1e-3;
  prior.deviation[delay] = 1e-3;
  prior.deviation[territory_radius] = 2e-3;
  prior.deviation[proximal_length] = prior.deviation[distal_length] = 0;
  return prior;
}

bool fit_size(const MuapModel& model, const MuapEstimate& estimate, UnitParameters& unit) {
  unit[log_size] = 0;
  const auto whitened = [&](const Eigen::MatrixXf& waveform) {
    return Eigen::ArrayXXd((estimate.whitening ? estimate.whitening(waveform) : waveform).cast<double>().array());
  };
  const Eigen::ArrayXXd muap = whitened(model.value(unit)), wanted = whitened(estimate.waveform);
  Eigen::ArrayXXd weighted = muap;
  if (estimate.precision.size() > 1) weighted *= estimate.precision.cast<double>().array();
  const double overlap = (weighted * wanted).sum(), norm = (weighted * muap).sum();
  if (!(overlap > 0) || !(norm > 0)) return false;
  unit[log_size] = std::log(overlap / norm);
  return true;
}

UnitFit fit_unit(const MuapModel& model, const MuapEstimate& estimate, const std::vector<UnitParameters>& starts,
                 const UnitPrior& prior, const UnitFitOptions& options) {
  BMISS_ASSERT(!starts.empty() && options.starts > 0);
  UnitFit best;
  std::vector<std::pair<double, UnitParameters>> ranked;
  for (UnitParameters start : starts) {
    const UnitBounds& bounds = model.bounds(start.muscle);
    start.values = start.values.cwiseMax(bounds.lower).cwiseMin(bounds.upper);
    for (int p = 0; p < n_unit_parameters; ++p)
      if (prior.deviation[p] == 0) start.values[p] = prior.mean[p];
    ++best.n_values;
    if (!fit_size(model, estimate, start)) continue;
    UnitMisfit misfit(model, estimate, prior, start.muscle);
    const double value = misfit.value(misfit.scaled(start.values));
    ++best.n_values;
    if (std::isfinite(value)) ranked.emplace_back(value, start);
  }
  if (ranked.empty())
    throw NumericalError("none of " + std::to_string(starts.size()) +
                         " starts resembles the action potential that is to be fitted");
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  ranked.resize(std::min(ranked.size(), static_cast<std::size_t>(options.starts)));
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [start_value, start] : ranked) {
    UnitMisfit misfit(model, estimate, prior, start.muscle);
    const UnitBounds& bounds = model.bounds(start.muscle);
    UnitVector lower = misfit.scaled(bounds.lower), upper = misfit.scaled(bounds.upper);
    UnitVector scaled = misfit.scaled(start.values);
    for (int p = 0; p < n_unit_parameters; ++p)
      if (misfit.is_fixed(p)) lower[p] = upper[p] = scaled[p];
    Problem problem{misfit, lower, upper, options.tolerance};
    const TaoConvergedReason reason = Minimiser(problem, options.most_iterations).solve(scaled);
    const double value = misfit.quadratic(scaled).value;
    if (value < least) {
      least = value;
      best.unit = {start.muscle, misfit.unscaled(scaled)};
      best.covariance = covariance_of(misfit, scaled);
      best.misfit = misfit.misfit(scaled);
      best.converged = reason == TAO_CONVERGED_GATOL;
      best.reason = sentence(reason);
    }
    best.n_values += misfit.n_values;
    best.n_derivatives += misfit.n_derivatives;
  }
  if (!std::isfinite(least)) throw NumericalError("the misfit of a modelled action potential is not a number");
  best.explained = 1 - best.misfit / UnitMisfit(model, estimate, prior, best.unit.muscle).misfit_of_zero();
  best.share_of_norm = (model.value(best.unit) - estimate.waveform).norm() / estimate.waveform.norm();
  return best;
}

}  // namespace bmiss
