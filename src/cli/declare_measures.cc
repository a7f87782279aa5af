#include <CLI/CLI.hpp>

#include "cli/declare.h"

namespace penstock {

void declare_analysis(CLI::App& app, Arguments& arguments) {
  auto& analysis = arguments.command.emplace<AnalysisArguments>();
  auto* replay = app.add_subcommand("replay", "Judge again what was seen, and say whether it comes out the same");
  auto* rollout = replay->add_option("rollout", analysis.rollout, "The rollout (default: the newest that was judged)")
                      ->check(CLI::PositiveNumber)
                      ->type_name("ROLLOUT");
  replay->add_option("--file", analysis.file, "A look that was kept as JSON")->type_name("FILE")->excludes(rollout);
  replay->add_flag("--json", analysis.json, "As JSON");
  app.require_subcommand(1);
}

void declare_dora(CLI::App& app, Arguments& arguments) {
  auto& dora = arguments.command.emplace<DoraArguments>();
  app.add_option("--environment", dora.environment, "Of this environment (default: those of production)")
      ->type_name("ENVIRONMENT");
  app.add_option("--since", dora.since, "From when: 30d, 12w, 2026-08-01 (default: 90d)")->type_name("TIME");
  app.add_option("--definition", dora.definition, "Whose: gitlab, fourkeys or dora2026 (default)")
      ->check(CLI::IsMember({"gitlab", "fourkeys", "dora2026"}))
      ->type_name("NAME");
  app.add_flag("--json", dora.json, "As JSON");
}

}  // namespace penstock
