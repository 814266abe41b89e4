// One function per subcommand; each adds itself to the command line and fills `action` when chosen.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace bmiss {

class Report;

using Action = std::function<void(Report&)>;

void add_stage_commands(CLI::App& app, Action& action);  // phantom, mesh, leadfield, simulate
void add_decompose(CLI::App& app, Action& action);
void add_score(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_run(CLI::App& app, Action& action);
void add_info(CLI::App& app, Action& action);
void add_params(CLI::App& app, Action& action);
void add_version(CLI::App& app, Action& action);

}  // namespace bmiss
