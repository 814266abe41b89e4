// What a check found, the limit that it must keep, and whether it does.
#pragma once

#include <string>
#include <vector>

#include "base/table.h"

namespace bmiss {

class Report;

struct Verdict {
  enum class State { passed, failed, not_checked };
  enum class Limit { largest, smallest };
  std::string check;      // what is compared with what
  std::string conductor;  // on which the check was made: "this mesh"
  double value = 0;       // relative, unless the check says otherwise
  double limit = 0;       // the largest value that passes, or the smallest
  State state = State::not_checked;
  std::string remark;  // numbers behind the value; what to do when it was not checked
  Limit limit_is = Limit::largest;
};

Verdict judged(const std::string& check, const std::string& conductor, double value, double limit,
               const std::string& remark = "");  // a value that is not a number fails
// The same for orders of convergence and the like, which must not be too small.
Verdict judged_order(const std::string& check, const std::string& conductor, double value, double smallest,
                     const std::string& remark = "");
Verdict not_checked(const std::string& check, const std::string& how_to);

Table verdict_table(const std::vector<Verdict>& verdicts);
void report_verdicts(const std::vector<Verdict>& verdicts, Report& report);  // table, and facts of run.json
// Throws CheckError naming the checks that failed.
void require_passed(const std::vector<Verdict>& verdicts);

}  // namespace bmiss
