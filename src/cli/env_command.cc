#include "cli/commands.h"
#include "cli/env_commands.h"
#include "cli/environment_json.h"
#include "cli/table.h"
#include "cli/when.h"
#include "os/clock.h"
#include "os/process.h"

#include "base/json_writer.h"

namespace penstock {
namespace {

Result<int> dispatch(const EnvArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const auto declared, declared_environments(project, world));
  const EnvWork work{arguments, world, project, declared};
  switch (arguments.verb) {
    case EnvArguments::Verb::list:
      return list_environments(work);
    case EnvArguments::Verb::show:
      return show_environment(work);
    case EnvArguments::Verb::history:
      return environment_history(work);
    case EnvArguments::Verb::diff:
      return environment_diff(work);
    case EnvArguments::Verb::refresh:
      return refresh_environments(work);
    case EnvArguments::Verb::open:
      return open_environment_address(work);
    case EnvArguments::Verb::setup:
      return set_up_environment(work);
    case EnvArguments::Verb::exec:
      return run_in_environment(work);
    case EnvArguments::Verb::logs:
      return environment_logs(work);
  }
  return static_cast<int>(kPassed);
}

std::string health_words(const EnvironmentFacts& facts) {
  return facts.health ? std::to_string(facts.health->ready) + "/" + std::to_string(facts.health->total) : std::string();
}

Table::Cell health_cell(const EnvironmentFacts& facts) {
  if (!facts.health) return std::string();
  return {facts.health->ready == facts.health->total ? Mark::passed : Mark::failed, health_words(facts)};
}

}  // namespace

Result<int> list_environments(const EnvWork& work) {
  PENSTOCK_TRY(const std::vector<std::string> names, known_environments(work.project, work.declared));
  std::vector<EnvironmentFacts> all;
  for (const std::string& name : names) {
    PENSTOCK_TRY(EnvironmentFacts facts, environment_facts(work.project, work.world, work.declared, name));
    all.push_back(std::move(facts));
  }
  const Output& out = work.world.outputs.out;
  if (work.arguments.json) {
    std::string text;
    JsonWriter json(text, 2);
    json.begin_array();
    for (const EnvironmentFacts& facts : all) write_environment(json, facts);
    json.end_array();
    out.write(text + "\n");
    return static_cast<int>(kPassed);
  }
  if (all.empty()) {
    work.world.outputs.hint("no environments yet: declare them in .ci/environments.yml (docs/environments.md)");
    return static_cast<int>(kPassed);
  }
  const Instant now = work.world.clock.now();
  Table table({{"ENVIRONMENT"}, {"LIVE"}, {"SINCE"}, {"COMMIT"}, {"HEALTH"}, {"NOTE", false, true}});
  for (const EnvironmentFacts& facts : all) {
    const bool live = facts.live.has_value();
    table.add({facts.name, live ? facts.live->name : "nothing", live ? to_when(facts.live->since, now) : "",
               live ? facts.live->commit.substr(0, 7) : "", health_cell(facts), note_of(facts, now)});
  }
  out.write(table.render(out.style, out.width()));
  for (const EnvironmentFacts& facts : all) {
    const bool has_journal = facts.spec && !std::holds_alternative<std::monostate>(facts.spec->target);
    if (facts.live || facts.under_way || !facts.asks.empty() || !has_journal) continue;
    work.world.outputs.hint("of " + facts.name +
                            " nothing is known here; what others did there comes with: ci env refresh");
    break;
  }
  return static_cast<int>(kPassed);
}

Result<int> open_environment_address(const EnvWork& work) {
  PENSTOCK_TRY(const EnvironmentFacts facts,
               environment_facts(work.project, work.world, work.declared, work.arguments.name));
  std::string url = facts.spec ? facts.spec->url : std::string();
  if (url.empty()) {
    PENSTOCK_TRY(const std::vector<EnvironmentRecord> records, work.project.store().history(facts.name, 1));
    if (!records.empty()) url = records.front().url;
  }
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return Error{Fault::user, "environment `" + facts.name + "` has no address to open",
                 "give it one in .ci/environments.yml: `url: https://…`"};
  }
  work.world.outputs.out.write(url + "\n");
  if (!work.world.outputs.out.is_terminal) return static_cast<int>(kPassed);
  const std::string browser = work.world.variable("BROWSER");
  os::ProcessOptions options;
  options.output = os::Stream::null;
  options.errors = os::Stream::null;
  auto process = os::Process::start({browser.empty() ? "xdg-open" : browser, url}, options);
  if (process) (void)process->wait();
  return static_cast<int>(kPassed);
}

int execute(const EnvArguments& arguments, World& world) {
  const auto status = dispatch(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
