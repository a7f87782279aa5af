#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/dora_view.h"
#include "cli/project.h"
#include "cli/since.h"
#include "dora/from_journal.h"
#include "os/clock.h"

namespace penstock {
namespace {

/// So long before the time that is asked for the journal is read, so that what was live at its beginning is known.
constexpr std::chrono::days kLeadIn(60);

/// GitLab's tier of an environment that names none: production by its name.
bool is_production(const std::string& environment) {
  return environment.find("prod") != std::string::npos || environment.find("live") != std::string::npos;
}

/// The environments that are meant: the one that is named, else those of production, else the only one.
Result<std::vector<DoraHistory>> chosen(std::vector<DoraHistory> histories, const std::string& wanted) {
  std::vector<std::string_view> names;
  for (const DoraHistory& history : histories) names.emplace_back(history.environment);
  const auto take = [&](const auto& is_meant) {
    std::vector<DoraHistory> taken;
    std::copy_if(histories.begin(), histories.end(), std::back_inserter(taken), is_meant);
    return taken;
  };
  std::vector<DoraHistory> taken =
      wanted.empty() ? take([](const DoraHistory& history) { return is_production(history.environment); })
                     : take([&](const DoraHistory& history) { return history.environment == wanted; });
  if (!taken.empty()) return taken;
  if (wanted.empty() && histories.size() == 1) return histories;
  Error error{Fault::user, "", ""};
  if (histories.empty()) {
    error.message = "nothing was deployed in that time, as far as this repository knows";
    error.help = "deploy with: ci deploy ENVIRONMENT; look farther back with --since";
    return error;
  }
  error.message = wanted.empty() ? "none of the environments is called production"
                                 : "nothing was deployed to `" + wanted + "` in that time";
  std::string known;
  for (const std::string_view name : names) known += (known.empty() ? "" : ", ") + std::string(name);
  error.help = "name one with --environment: " + known;
  if (const auto near = did_you_mean(wanted, names)) error.help = "did you mean `" + *near + "`?";
  return error;
}

Result<int> show(const DoraArguments& arguments, const World& world) {
  const Instant now = world.clock.now();
  PENSTOCK_TRY(const Instant since, parse_since(arguments.since, now));
  const auto definition = dora_definition_named(arguments.definition);
  if (!definition) return Error{Fault::user, "`" + arguments.definition + "` is no definition", "ci dora --help"};
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const auto entries, project.store().entries_since(arguments.environment, since - kLeadIn));
  std::map<std::string, DoraHistoryReader> readers;
  for (const auto& [environment, entry] : entries)
    readers.try_emplace(environment, environment).first->second.add(entry);
  std::vector<DoraHistory> histories;
  for (const auto& [environment, reader] : readers) histories.push_back(reader.history());
  PENSTOCK_TRY(histories, chosen(std::move(histories), arguments.environment));
  std::vector<std::string> names;
  for (const DoraHistory& history : histories) names.push_back(history.environment);
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
