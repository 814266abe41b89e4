#include "solvers/verification/verdicts.h"

#include <cmath>

#include "base/errors.h"
#include "base/report.h"

namespace bmiss {
namespace {

// A check that could not be carried through has no number, but a reason.
std::string found(const Verdict& v) {
  if (std::isnan(v.value)) return "nothing";
  return format(v.limit_is == Verdict::Limit::largest ? "%.1e" : "%.2f", v.value);
}

std::string limit_of(const Verdict& v) {
  return v.limit_is == Verdict::Limit::largest ? format("%.0e", v.limit) : ">= " + format("%.2g", v.limit);
}

std::string name_of(Verdict::State state) {
  switch (state) {
    case Verdict::State::passed:
      return "passed";
    case Verdict::State::failed:
      return "FAILED";
    case Verdict::State::not_checked:
      break;
  }
  return "not checked";
}

}  // namespace

Verdict judged(const std::string& check, const std::string& conductor, double value, double limit,
               const std::string& remark) {
  const Verdict::State state = value <= limit ? Verdict::State::passed : Verdict::State::failed;
  return {check, conductor, value, limit, state, remark, Verdict::Limit::largest};
}

Verdict judged_order(const std::string& check, const std::string& conductor, double value, double smallest,
                     const std::string& remark) {
  const Verdict::State state = value >= smallest ? Verdict::State::passed : Verdict::State::failed;
  return {check, conductor, value, smallest, state, remark, Verdict::Limit::smallest};
}

Verdict not_checked(const std::string& check, const std::string& how_to) {
  return {check, "", 0, 0, Verdict::State::not_checked, how_to, Verdict::Limit::largest};
}

Table verdict_table(const std::vector<Verdict>& verdicts) {
  Table table({"check", "on", "found", "limit", "verdict", "remark"});
  for (const Verdict& v : verdicts) {
    const bool checked = v.state != Verdict::State::not_checked;
    table.add_row(
        {v.check, v.conductor, checked ? found(v) : "-", checked ? limit_of(v) : "-", name_of(v.state), v.remark});
  }
  return table;
}

void report_verdicts(const std::vector<Verdict>& verdicts, Report& report) {
  report.table(verdict_table(verdicts));
  for (const Verdict& v : verdicts) {
    const std::string path = "check/" + v.check + (v.conductor.empty() ? "" : ", " + v.conductor) + "/";
    report.fact(path + "verdict", name_of(v.state));
    if (v.state == Verdict::State::not_checked) continue;
    report.fact(path + "found", v.value);
    report.fact(path + "limit", v.limit);
  }
}

void require_passed(const std::vector<Verdict>& verdicts) {
  std::string failed;
  for (const Verdict& v : verdicts)
    if (v.state == Verdict::State::failed)
      failed += (failed.empty() ? "" : "; ") + v.check + " (" +
                (std::isnan(v.value) && !v.remark.empty() ? v.remark : "found " + found(v) + ", limit " + limit_of(v)) +
                ")";
  if (!failed.empty()) throw CheckError("checks failed: " + failed);
}

}  // namespace bmiss
