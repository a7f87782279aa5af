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

void write_json(const std::vector<RunHeader>& records, const Output& out) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const RunHeader& record : records) write_record(json, record);
  json.end_array();
  out.write(text + "\n");
}

std::string table(const std::vector<RunHeader>& records, const Output& out, Instant now) {
  Table table({{"RUN", true}, {"STATUS"}, {"PIPELINE"}, {"COMMIT"}, {"SUBJECT", false, true}, {"BY"}, {"WHEN"}, {"TOOK", true}});
  for (const RunHeader& record : records) {
    const RunSummary& summary = record.summary;
    std::string took;
    if (summary.started_at && summary.ended_at) took = to_words(*summary.ended_at - *summary.started_at);
    table.add({std::to_string(record.id),
               {mark_of(summary), status_word(summary)},
               record.facts.pipeline,
               record.facts.commit.substr(0, 7),
               record.facts.subject,
               record.facts.who.name,
               to_when(record.created_at, now),
               took});
  }
  return table.render(out.style, out.width());
}

}  // namespace

int execute(const ListArguments& arguments, World& world) {
  auto project = open_project(world);
  if (!project) return world.fail(project.error());
  const auto records = project->store().list(static_cast<size_t>(arguments.limit));
  if (!records) return world.fail(records.error());
  if (arguments.json) {
    write_json(*records, world.outputs.out);
  } else if (records->empty()) {
    world.outputs.hint("no runs yet; start one with: ci run");
  } else {
    world.outputs.out.write(table(*records, world.outputs.out, world.clock.now()));
  }
  return kPassed;
}

}  // namespace penstock
