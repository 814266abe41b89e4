#include "base/table.h"
#include "inversion/score/score.h"

namespace bmiss {

Table score_table(const Score& score) {
  Table table(
      {"unit", "estimate", "agreement", "precision", "recall", "F1", "common", "missed", "added", "shift [ms]", ""});
  for (const UnitMatch& m : score.matches)
    table.add_row({std::to_string(m.reference), std::to_string(m.estimate), format("%.3f", m.rate_of_agreement),
                   format("%.3f", m.precision), format("%.3f", m.recall), format("%.3f", m.f1),
                   std::to_string(m.common), std::to_string(m.missed), std::to_string(m.added),
                   format("%.2f", m.shift * 1e3), ""});
  const std::string none = "-";
  const auto add_lone = [&](const std::string& reference, const std::string& estimate, const std::string& verdict) {
    table.add_row({reference, estimate, none, none, none, none, none, none, none, none, verdict});
  };
  // Pools hold many units that nobody finds: one row names them all.
  std::string missed;
  for (const int id : score.unmatched_reference) missed += (missed.empty() ? "" : " ") + std::to_string(id);
  if (!missed.empty())
    add_lone(std::to_string(score.unmatched_reference.size()) + " more", none, "not found: " + missed);
  for (const int id : score.unmatched_estimate) add_lone(none, std::to_string(id), "false unit");
  for (const DuplicateUnit& d : score.duplicates)
    add_lone(none, std::to_string(d.dropped),
             "duplicate of " + std::to_string(d.kept) + " (" + format("%.0f", 100 * d.share) + " %)");
  return table;
}

Table summary_table(const Score& score) {
  Table table({"measure", "value"});
  table.add_row({"units of the reference", std::to_string(score.matches.size() + score.unmatched_reference.size())});
  table.add_row({"matched units (F1 ≥ 0.5)", std::to_string(score.matches.size())});
  table.add_row({"units with an agreement ≥ 0.9", std::to_string(score.units_at_90)});
  table.add_row({"median agreement of matched units", format("%.3f", score.median_rate_of_agreement)});
  table.add_row({"false units", std::to_string(score.unmatched_estimate.size())});
  table.add_row({"duplicate units", std::to_string(score.duplicates.size())});
  table.add_row({"share of all true spikes found, %", format("%.1f", 100 * score.share_of_spikes_found)});
  table.add_row({"sum of F1", format("%.2f", score.sum_f1)});
  return table;
}

std::string score_sentence(const Score& score) {
  return std::to_string(score.matches.size()) + " of " +
         std::to_string(score.matches.size() + score.unmatched_reference.size()) + " units matched, " +
         std::to_string(score.units_at_90) + " with a rate of agreement of 0.9 or more; median " +
         format("%.3f", score.median_rate_of_agreement) + "; " + std::to_string(score.unmatched_estimate.size()) +
         " false, " + std::to_string(score.duplicates.size()) + " duplicate; " +
         format("%.1f", 100 * score.share_of_spikes_found) + " % of the spikes found; sum of F1 " +
         format("%.2f", score.sum_f1);
}

}  // namespace bmiss
