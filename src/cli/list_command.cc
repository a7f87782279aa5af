#include <set>
#include <string>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/project.h"
#include "cli/record_text.h"
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

std::string table(const std::vector<RunHeader>& records, const std::set<int64_t>& interrupted, const Output& out,
                  Instant now) {
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
               interrupted.contains(record.id) ? Table::Cell(Mark::canceled, "interrupted")
                                               : Table::Cell(mark_of(summary), status_word(summary)),
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
    world.outputs.out.write(table(*records, interrupted, world.outputs.out, world.clock.now()));
    if (!interrupted.empty()) world.outputs.hint("go on with: ci resume");
  }
  return kPassed;
}

}  // namespace penstock
