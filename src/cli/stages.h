// The stages of the chain, each a function that reads the study's files and writes its own. They are what the
// subcommands run.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace bmiss {

class Report;
class Study;

// Collective over MPI_COMM_WORLD, all of them.
void run_phantom(const Study& study, Report& report);
void run_mesh(const Study& study, Report& report);
void run_lead_field(const Study& study, Report& report);
void estimate_lead_field(const Study& study, Report& report);  // prints what it would cost, writes nothing
void run_simulate(const Study& study, Report& report);
void run_decompose(const Study& study, Report& report);
void run_score(const Study& study, Report& report);

struct Stage {
  std::string name;
  std::function<void(const Study&, Report&)> run;
  std::vector<std::string> sections;  // parameters it depends on: sections, or "Section/Key"
  std::function<std::vector<std::string>(const Study&)> inputs, outputs;  // files
};
// In the order of the chain; phantom only when the study has no label map of its own.
std::vector<Stage> stages_of(const Study& study);

// What a stage's results were made from: its parameters and the contents of its input files.
std::string stage_key(const Stage& stage, const Study& study);
// Were the outputs made with this key? Reads <folder>/stages.json.
bool is_current(const Stage& stage, const Study& study, const std::string& key);
void mark_current(const Stage& stage, const Study& study, const std::string& key);

}  // namespace bmiss
