#include <map>
#include <set>
#include <string>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/project.h"
#include "cli/record_text.h"
#include "cli/resource_waits.h"
#include "cli/table.h"
#include "cli/when.h"
#include "os/clock.h"

namespace penstock {
namespace {

std::set<int64_t> interrupted_among(const std::vector<RunHeader>& records, Project& project) {
  std::set<int64_t> interrupted;
  for (const RunHeader& record : records) {
    if (is_interrupted(project, record)) interrupted.insert(record.id);
  }
  return interrupted;
}

void write_json(const std::vector<RunHeader>& records, const std::set<int64_t>& interrupted, const Output& out) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const RunHeader& record : records) {
    json.begin_object();
    write_record_members(json, record);
    json.member("interrupted", interrupted.contains(record.id)).end_object();
  }
  json.end_array();
  out.write(text + "\n");
}

/// Of the runs that wait for a resource: in few words for which other run.
Result<std::map<int64_t, std::string>> waiting_runs(Project& project) {
  PENSTOCK_TRY(const std::vector<ResourceWait> waits, resource_waits(project));
  std::map<int64_t, std::string> words;
  for (const ResourceWait& wait : waits) {
    std::string& of_run = words[wait.claim.run];
    if (of_run.empty() || !wait.deadlock.empty()) of_run = in_short(wait);
  }
  return words;
}

Table::Cell status_cell(const RunHeader& record, bool interrupted, const std::string& waits) {
  if (interrupted) return {Mark::canceled, "interrupted"};
  if (!waits.empty()) return {waits.starts_with("deadlock") ? Mark::failed : Mark::waiting, waits};
  return {mark_of(record.summary), status_word(record.summary)};
}

std::string table(const std::vector<RunHeader>& records, const std::set<int64_t>& interrupted,
                  const std::map<int64_t, std::string>& waiting, const Output& out, Instant now) {
  Table table({{"RUN", true},
               {"STATUS"},
               {"PIPELINE"},
               {"COMMIT"},
               {"SUBJECT", false, true},
               {"BY"},
               {"WHEN"},
               {"TOOK", true}});
  for (const RunHeader& record : records) {
    const RunSummary& summary = record.summary;
    std::string took;
    if (summary.started_at && summary.ended_at) took = to_words(*summary.ended_at - *summary.started_at);
    table.add({std::to_string(record.id),
               status_cell(record, interrupted.contains(record.id),
                           waiting.contains(record.id) ? waiting.at(record.id) : std::string()),
               record.facts.pipeline, record.facts.commit.substr(0, 7), record.facts.subject, record.facts.who.name,
               to_when(record.created_at, now), took});
  }
  return table.render(out.style, out.width());
}

}  // namespace

int execute(const ListArguments& arguments, World& world) {
  auto project = open_project(world);
  if (!project) return world.fail(project.error());
  const auto records = project->store().list(static_cast<size_t>(arguments.limit));
  if (!records) return world.fail(records.error());
  const std::set<int64_t> interrupted = interrupted_among(*records, *project);
  if (arguments.json) {
    write_json(*records, interrupted, world.outputs.out);
  } else if (records->empty()) {
    world.outputs.hint("no runs yet; start one with: ci run");
  } else {
    const auto waiting = waiting_runs(*project);
    if (!waiting) return world.fail(waiting.error());
    world.outputs.out.write(table(*records, interrupted, *waiting, world.outputs.out, world.clock.now()));
    if (!interrupted.empty()) world.outputs.hint("go on with: ci resume");
  }
  return kPassed;
}

}  // namespace penstock
