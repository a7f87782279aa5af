#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "base/environment_names.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/dora_history.h"
#include "cli/dora_view.h"
#include "cli/environment_facts.h"
#include "cli/project.h"
#include "cli/since.h"
#include "environments/compile.h"
#include "os/clock.h"

namespace penstock {
namespace {

/// The tier as it is declared, else as GitLab derives it from the name.
std::string tier_of(const std::optional<EnvironmentsFile>& declared, const std::string& environment) {
  const auto spec = declared ? find_environment(*declared, environment) : std::nullopt;
  return spec ? spec->tier : environment_tier(environment);
}

/// The environments that are meant: the one that is named, else those of the tier production, else the only one.
Result<std::vector<std::string>> chosen(Project& project, const World& world, const std::string& wanted) {
  PENSTOCK_TRY(std::vector<std::string> known, project.store().journals());
  PENSTOCK_TRY(const std::vector<std::string> of_jobs, project.store().environments());
  known.insert(known.end(), of_jobs.begin(), of_jobs.end());
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  if (!wanted.empty() && std::find(known.begin(), known.end(), wanted) != known.end()) return std::vector{wanted};
  std::vector<std::string> services;
  std::copy_if(known.begin(), known.end(), std::back_inserter(services),
               [&](const std::string& name) { return !wanted.empty() && name.starts_with(wanted + "/"); });
  if (!services.empty()) return services;
  if (wanted.empty()) {
    PENSTOCK_TRY(const auto declared, declared_environments(project, world));
    std::vector<std::string> production;
    std::copy_if(known.begin(), known.end(), std::back_inserter(production),
                 [&](const std::string& name) { return tier_of(declared, name) == "production"; });
    if (!production.empty()) return production;
    if (known.size() == 1) return known;
  }
  Error error{Fault::user, "", ""};
  if (known.empty()) {
    error.message = "nothing was deployed, as far as this repository knows";
    error.help = "deploy with: ci deploy ENVIRONMENT; or ask where environments live: ci env refresh";
    return error;
  }
  error.message = wanted.empty() ? "none of the environments is of the tier production"
                                 : "nothing was deployed to `" + wanted + "`, as far as this repository knows";
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
  error.help = "name one with --environment: " + names;
  if (const auto near = did_you_mean(wanted, {known.begin(), known.end()}))
    error.help = "did you mean `" + *near + "`?";
  return error;
}

Result<int> show(const DoraArguments& arguments, const World& world) {
  const Instant now = world.clock.now();
  PENSTOCK_TRY(const Instant since, parse_since(arguments.since, now));
  if (since > now) return Error{Fault::user, "`" + arguments.since + "` is still to come", "such as 30d or 2026-08-01"};
  const auto definition = dora_definition_named(arguments.definition);
  if (!definition) return Error{Fault::user, "`" + arguments.definition + "` is no definition", "ci dora --help"};
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const std::vector<std::string> names, chosen(project, world, arguments.environment));
  std::vector<DoraHistory> histories;
  for (const std::string& name : names) {
    PENSTOCK_TRY(DoraHistory history, dora_history(project, name));
    histories.push_back(std::move(history));
  }
  const DoraReport report = dora_report(histories, *definition, since, now);
  const Output& out = world.outputs.out;
  out.write(arguments.json ? dora_json(report, names) : dora_text(report, names, out.style));
  return static_cast<int>(kPassed);
}

}  // namespace

int execute(const DoraArguments& arguments, World& world) {
  const auto status = show(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
