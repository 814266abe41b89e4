// bmiss params: the reference of all parameters, from their declarations. bmiss version: what this build is made of.
#include <CLI/CLI.hpp>

#include "base/report.h"
#include "base/table.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/study.h"

namespace bmiss {

void add_params(CLI::App& app, Action& action) {
  struct Arguments {
    std::string parameters, format = "table";
    std::vector<std::string> overrides;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("params", "every parameter with unit, range, default and meaning");
  command->add_option("parameters", arguments->parameters, "show the values of this file");
  command->add_option("--as", arguments->format, "table, prm or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"table", "prm", "json"}));
  command->add_option("--set", arguments->overrides, "override \"Section/Key=value\"")->take_all();
  command->callback([arguments, &action] {
    action = [arguments](Report& report) {
      // The reference shows the section of a muscle too, as it shows that of a grid.
      if (arguments->parameters.empty() && arguments->format == "table")
        arguments->overrides.insert(arguments->overrides.begin(), "Fibres/Muscles=muscle1");
      const Study study(arguments->parameters, arguments->overrides);
      const Parameters& p = study.parameters();
      report.line(arguments->format == "prm" ? p.as_prm() : arguments->format == "json" ? p.as_json() : p.reference());
    };
  });
}

void add_version(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("version", "versions of bmiss and its libraries");
  command->callback([&action] {
    action = [](Report& report) {
      Table table({"library", "version"});
      for (const auto& [name, text] : library_versions()) table.add_row({name, text});
      report.table(table);
    };
  });
}

}  // namespace bmiss
