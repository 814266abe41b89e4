#include "cli/muap_checks.h"

#include <cmath>
#include <filesystem>

#include "anatomy/fibres.h"
#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/table.h"
#include "cli/forward_model.h"
#include "cli/study.h"
#include "inversion/refine/taylor_rates.h"

namespace bmiss {
namespace {

constexpr double smallest_rate = 1.9;

const std::string what = "Taylor rate, action potential";

Verdict judged_rate(const MuapTaylorRate& found, const std::string& muscle) {
  const std::string check = what + " by " + found.parameter;
  const std::string remainder = "remainder " + format("%.1e", found.remainder) + " of it";
  if (std::isnan(found.rate) && std::isfinite(found.remainder))
    return not_checked(check, remainder + " is rounding: it hardly bends there");
  return judged_order(check, muscle, found.rate, smallest_rate, remainder);
}

std::vector<Verdict> check_on_rank_zero(const Study& study, Report& report) {
  const auto lead_field = lead_field_of(study, study.folder());
  const FibreAtlas atlas = read_fibres(study.file("fibres.h5"));
  const auto action_potential = action_potential_of(study);
  const std::string muscle = muscle_of(study, atlas, lead_field->electrodes());
  const MuapModel model(atlas, {muscle}, *lead_field, *action_potential, MuapModelOptions(), report);
  std::vector<Verdict> verdicts;
  for (const MuapTaylorRate& found : taylor_rates(model, unit_for_taylor_rates(model, 0)))
    verdicts.push_back(judged_rate(found, muscle));
  return verdicts;
}

}  // namespace

std::vector<Verdict> check_muap_derivatives(const Study& study, Report& report) {
  std::vector<Verdict> verdicts;
  on_rank_zero(MPI_COMM_WORLD, [&] {
    if (!std::filesystem::exists(study.file("electrodes.tsv"))) {  // written with it
      verdicts = {not_checked(what, "there is no lead field yet; bmiss leadfield computes it")};
      return;
    }
    try {
      verdicts = check_on_rank_zero(study, report);
    } catch (const InputError& error) {  // such as an unfinished lead field, or a muscle out of reach
      verdicts = {not_checked(what, error.what())};
    }
  });
  return verdicts;
}

}  // namespace bmiss
