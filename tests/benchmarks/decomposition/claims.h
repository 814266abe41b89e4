// Whether the claims about the decomposition with a model hold, condition by condition.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/decomposition/comparison.h"

namespace bmiss::bench {

struct Judgement {
  std::string condition, claim, found, limit;
  bool kept = false;
};

// In every condition: no signal with more than two false units, of the methods of the program; with a wrong model, in
// no seed fewer units than strong blind, and the parameters that are wrong found to 30 % of their error. What a
// condition claims (Claims) on top of that is judged over all its seeds. A claim whose method or property is not there
// is missed.
std::vector<Judgement> judge_claims(const std::vector<Outcome>& outcomes);
Table claims_table(const std::vector<Judgement>& judgements);

}  // namespace bmiss::bench
