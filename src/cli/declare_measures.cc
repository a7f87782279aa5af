#include <CLI/CLI.hpp>

#include "cli/declare.h"

namespace penstock {
namespace {

/// What `open` and `close` have in common.
CLI::App& add_record(CLI::App& app, IncidentArguments& incident, const char* name, const char* summary) {
  CLI::App& verb = *app.add_subcommand(name, summary);
  verb.add_option("environment", incident.environment, "As .ci/environments.yml names it")
      ->required()
      ->type_name("ENVIRONMENT");
  verb.add_option("--at", incident.at, "When: 14:05, 20m (ago), \"2026-08-01 14:05\" (default: now)")
      ->type_name("TIME");
  verb.add_option("-m,--message", incident.message, "What happened; kept in the environment's journal")
      ->type_name("TEXT");
  return verb;
}

}  // namespace

void declare_analysis(CLI::App& app, Arguments& arguments) {
  auto& analysis = arguments.command.emplace<AnalysisArguments>();
  auto* replay = app.add_subcommand("replay", "Judge again what was seen, and say whether it comes out the same");
  auto* rollout = replay->add_option("rollout", analysis.rollout, "The rollout (default: the newest that was judged)")
                      ->check(from_one)
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

void declare_incident(CLI::App& app, Arguments& arguments) {
  using Verb = IncidentArguments::Verb;
  auto& incident = arguments.command.emplace<IncidentArguments>();
  CLI::App& list = *app.add_subcommand("ls", "List them, newest first (the same as `ci incident`)");
  for (CLI::App* one : {&app, &list}) {
    one->add_option("-n,--limit", incident.limit, "At most this many (default 20)")->type_name("N")->check(from_one);
    one->add_flag("--json", incident.json, "As JSON");
  }
  list.add_option("environment", incident.environment, "Only of this one")->type_name("ENVIRONMENT");
  CLI::App& open = add_record(app, incident, "open", "Users suffer: from now, or from `--at`");
  open.callback([&incident] { incident.verb = Verb::open; });
  CLI::App& close = add_record(app, incident, "close", "They no longer do");
  close.callback([&incident] { incident.verb = Verb::close; });
  close.add_option("number", incident.number, "As `ci incident` lists it (default: the only one that is open)")
      ->type_name("N")
      ->check(from_one);
  app.require_subcommand(0, 1);
}

}  // namespace penstock
