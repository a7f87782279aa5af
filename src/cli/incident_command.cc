#include <algorithm>
#include <string>

#include "base/json_writer.h"
#include "base/words.h"
#include "cli/commands.h"
#include "cli/delivery_desk.h"
#include "cli/moment.h"
#include "cli/record_text.h"
#include "cli/run_machine.h"
#include "cli/table.h"
#include "cli/when.h"
#include "delivery/ledger.h"
#include "os/clock.h"
#include "rollout/environment_state.h"

namespace penstock {
namespace {

using Verb = IncidentArguments::Verb;

/// One incident, from the two entries of its environment's journal.
struct Incident {
  std::string environment;
  JournalEntry opened;
  std::optional<JournalEntry> closed;
};

/// Newest first, as this machine last read the journals.
Result<std::vector<Incident>> incidents(Project& project, const std::string& environment) {
  std::vector<Incident> all;
  PENSTOCK_TRY(const auto entries, project.store().incident_entries(environment));
  for (const auto& [name, entry] : entries) {
    if (entry.what == JournalEntry::What::incident_opened) {
      all.push_back({name, entry, std::nullopt});
      continue;
    }
    const auto opened = std::find_if(all.rbegin(), all.rend(), [&, &of = name, &closing = entry](const Incident& one) {
      return one.environment == of && !one.closed && (closing.incident == 0 || closing.incident == one.opened.number);
    });
    if (opened != all.rend()) opened->closed = entry;
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Incident& a, const Incident& b) { return a.opened.at > b.opened.at; });
  return all;
}

std::string json_of(const std::vector<Incident>& all) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const Incident& one : all) {
    json.begin_object().member("incident", one.opened.number).member("environment", one.environment);
    json.member("opened_at", to_iso8601(one.opened.at));
    if (one.closed) json.member("closed_at", to_iso8601(one.closed->at));
    json.optional("release", one.opened.release).optional("name", one.opened.name);
    write_actor(json, "by", one.opened.by);
    json.optional("message", one.opened.message);
    if (one.closed) json.optional("outcome", one.closed->message);
    json.end_object();
  }
  json.end_array();
  return text + "\n";
}

Result<int> list(Project& project, const IncidentArguments& arguments, const World& world) {
  PENSTOCK_TRY(std::vector<Incident> all, incidents(project, arguments.environment));
  if (all.size() > static_cast<size_t>(arguments.limit)) all.resize(static_cast<size_t>(arguments.limit));
  const Output& out = world.outputs.out;
  if (arguments.json) {
    out.write(json_of(all));
    return static_cast<int>(kPassed);
  }
  if (all.empty()) {
    world.outputs.hint("no incident is recorded; when users suffer: ci incident open ENVIRONMENT");
    return static_cast<int>(kPassed);
  }
  const Instant now = world.clock.now();
  Table table({{"INCIDENT", true},
               {"STATUS"},
               {"ENVIRONMENT", false, true},
               {"RELEASE", false, true},
               {"OPENED"},
               {"LASTED", true},
               {"BY", false, true},
               {"MESSAGE", false, true}});
  for (const Incident& one : all) {
    table.add({std::to_string(one.opened.number),
               one.closed ? Table::Cell(Mark::passed, "closed") : Table::Cell(Mark::failed, "open"), one.environment,
               one.opened.name, to_when(one.opened.at, now),
               to_words((one.closed ? one.closed->at : now) - one.opened.at), one.opened.by.name, one.opened.message});
  }
  out.write(table.render(out.style, out.width()));
  return static_cast<int>(kPassed);
}

/// Which of the open ones is meant.
Result<JournalEntry> meant(const std::vector<JournalEntry>& open, const IncidentArguments& arguments) {
  const auto found = std::find_if(open.begin(), open.end(),
                                  [&](const JournalEntry& entry) { return entry.number == arguments.number; });
  if (found != open.end()) return *found;
  if (arguments.number == 0 && open.size() == 1) return open.front();
  const std::string& environment = arguments.environment;
  if (arguments.number != 0) {
    return Error{Fault::user, environment + " has no open incident " + std::to_string(arguments.number),
                 "see which there are: ci incident"};
  }
  if (open.empty())
    return Error{Fault::user, environment + " has no open incident", "see which there were: ci incident"};
  Error error{Fault::user, environment + " has " + std::to_string(open.size()) + " open incidents", "name one:"};
  for (const JournalEntry& entry : open) {
    error.help += " " + std::to_string(entry.number);
    if (!entry.message.empty()) error.help += " (" + entry.message + ")";
  }
  return error;
}

JournalEntry opening(const EnvironmentState& state, Instant at) {
  JournalEntry entry;
  entry.what = JournalEntry::What::incident_opened;
  entry.at = at;
  if (state.live && state.live->at <= at) {
    entry.release = state.live->release;
    entry.name = state.live->name;
    entry.commit = state.live->commit;
  }
  return entry;
}

Result<JournalEntry> closing(const JournalEntry& opened, Instant at, const std::string& environment) {
  if (at < opened.at) {
    return Error{Fault::user,
                 "incident " + std::to_string(opened.number) + " of " + environment +
                     " was opened later: " + to_iso8601(opened.at),
                 "close it at a later time: --at"};
  }
  JournalEntry entry;
  entry.what = JournalEntry::What::incident_closed;
  entry.at = at;
  entry.incident = opened.number;
  entry.release = opened.release;
  entry.name = opened.name;
  return entry;
}

/// Appends it to the environment's journal.
Result<int> record(Project& project, const IncidentArguments& arguments, const World& world) {
  const Instant now = world.clock.now();
  PENSTOCK_TRY(const Instant at, arguments.at.empty() ? Result<Instant>(now) : parse_moment(arguments.at, now));
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  PENSTOCK_TRY(const EnvironmentSpec spec, desk->environment(arguments.environment));
  PENSTOCK_TRY(const EnvironmentAccess access, desk->access(spec));
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, desk->deployments().refresh(spec.name, *access.ledger));
  const EnvironmentState state = environment_state(journal);
  const bool opens = arguments.verb == Verb::open;
  JournalEntry entry = opening(state, at);
  if (!opens) {
    PENSTOCK_TRY(const JournalEntry opened, meant(state.incidents, arguments));
    PENSTOCK_TRY(entry, closing(opened, at, spec.name));
  }
  PENSTOCK_TRY(entry.by, local_actor(project));
  entry.message = arguments.message;
  PENSTOCK_TRY(const int64_t number, access.ledger->append(entry, 0));
  PENSTOCK_CHECK(desk->deployments().refresh(spec.name, *access.ledger));
  const std::string named = std::to_string(opens ? number : entry.incident);
  const std::string since = entry.name.empty() ? std::string() : " (" + entry.name + ")";
  world.outputs.out.write(spec.name + "   incident " + named + (opens ? " open" + since : " closed") + "\n");
  if (opens) world.outputs.hint("when it is over: ci incident close " + spec.name + " " + named);
  return static_cast<int>(kPassed);
}

Result<int> dispatch(const IncidentArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  return arguments.verb == Verb::list ? list(project, arguments, world) : record(project, arguments, world);
}

}  // namespace

int execute(const IncidentArguments& arguments, World& world) {
  const auto status = dispatch(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
