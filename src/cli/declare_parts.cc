#include "cli/declare.h"

#include <CLI/CLI.hpp>

namespace penstock {

CLI::Option* add_run(CLI::App& app, int64_t& run) {
  return app.add_option("--run", run, "The run's number (default: the newest that fits)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
}

void add_slots(CLI::App& app, int& slots) {
  app.add_option("-j,--jobs", slots, "How many jobs run at once (default: one a core)")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
}

void add_choice(CLI::App& app, PipelineChoice& choice) {
  app.add_option("-p,--pipeline", choice.pipeline, "Pipeline by name (.ci/NAME.yml) or by path")->type_name("NAME");
  app.add_option_function<std::vector<std::string>>(
         "-e,--env",
         [&choice](const std::vector<std::string>& words) {
           for (const std::string& word : words) {
             const size_t equals = word.find('=');
             if (equals == std::string::npos || equals == 0)
               throw CLI::ValidationError("-e", "takes KEY=VALUE, not `" + word + "`");
             choice.variables.emplace_back(word.substr(0, equals), word.substr(equals + 1));
           }
         },
         "A pipeline variable; may be given again")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--secret", choice.secrets,
                 "A masked variable: from FILE, else from `ci secrets`, else from the environment")
      ->type_name("KEY[=FILE]")
      ->allow_extra_args(false);
  app.add_flag("--worktree", choice.worktree, "Include what isn't committed, and new files that aren't ignored");
}

}  // namespace penstock
