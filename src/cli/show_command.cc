#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "base/text_width.h"
#include "cli/commands.h"
#include "cli/failure_report.h"
#include "cli/line_text.h"
#include "cli/project.h"
#include "cli/record_text.h"
#include "cli/run_model.h"
#include "cli/run_report.h"
#include "cli/size_words.h"
#include "cli/table.h"
#include "cli/timeline.h"
#include "cli/when.h"
#include "os/clock.h"

namespace penstock {
namespace {

/// The newest run that each trigger job has started.
using Children = std::map<std::string, int64_t>;
Result<Children> children_of(Project& project, int64_t run) {
  Children children;
  PENSTOCK_TRY(const std::vector<RunHeader> headers, project.store().children(run));
  for (const RunHeader& header : headers) children.emplace(header.facts.parent.job, header.id);
  return children;
}

void write_job(JsonWriter& json, const Run& run, size_t index, const JobResults& results, const Children& children) {
  const JobState& state = run.state(index);
  const Job& job = run.job(index);
  json.begin_object().member("name", job.name).member("stage", job.stage).member("status", name_of(state.status));
  json.member("attempt", state.attempt).member("warning", state.warning);
  json.optional("why", state.why);
  if (state.outcome) json.member("reason", name_of(state.outcome->reason));
  if (state.outcome && state.outcome->exit_code) json.member("exit_code", *state.outcome->exit_code);
  if (const auto child = children.find(job.name); child != children.end()) json.member("child", child->second);
  if (state.opened_by) write_actor(json, "opened_by", *state.opened_by);
  json.optional("message", state.message);
  if (state.due_at) json.member("due_at", to_iso8601(*state.due_at));
  if (state.started_at) json.member("started_at", to_iso8601(*state.started_at));
  if (state.ended_at) json.member("ended_at", to_iso8601(*state.ended_at));
  if (const auto found = results.find(index); found != results.end()) {
    const JobResult& result = found->second;
    json.member("peak_memory_bytes", result.peak_memory)
        .member("cpu_ms", static_cast<int64_t>(result.cpu_time.count()));
    if (!result.failed_command.empty()) json.member("failed_command", result.failed_command);
    if (result.coverage) json.member("coverage", *result.coverage);
    if (result.tests) {
      json.key("tests").begin_object().member("passed", result.tests->passed).member("failed", result.tests->failed);
      json.member("errors", result.tests->errors).member("skipped", result.tests->skipped).end_object();
    }
  }
  if (job.environment) {
    json.key("environment")
        .begin_object()
        .member("name", job.environment->name)
        .member("url", job.environment->url)
        .end_object();
  }
  json.end_object();
}

std::string to_json(const StoredRun& stored, const JobResults& results, const Children& children, Instant now) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_object();
  write_record_members(json, stored.header);
  json.key("stages").begin_array();
  for (const auto& [name, jobs] : jobs_by_stage(stored.run)) {
    json.begin_object().member("name", name).member("status", name_of(stored.run.stage_status(name)));
    json.member("facts", stage_facts(stored.run, jobs, results, now)).end_object();
  }
  json.end_array().key("jobs").begin_array();
  for (size_t i = 0; i < stored.run.size(); ++i) write_job(json, stored.run, i, results, children);
  json.end_array().end_object();
  return text + "\n";
}

std::string percent_words(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", percent);
  return text;
}

std::string jobs_table(const StoredRun& stored, const JobResults& results, const Children& children, const Output& out,
                       Instant now) {
  std::vector<Table::Column> columns{{"JOB", false, true}, {"STAGE"},     {"STATUS"},
                                     {"TOOK", true},       {"CPU", true}, {"MEMORY", true}};
  const bool covered = std::any_of(results.begin(), results.end(),
                                   [](const auto& result) { return result.second.coverage.has_value(); });
  if (covered) columns.push_back({"COVERAGE", true});
  Table table(std::move(columns));
  for (const auto& [name, jobs] : jobs_by_stage(stored.run)) {
    for (const size_t index : jobs) {
      const JobState& state = stored.run.state(index);
      std::string took;
      if (state.started_at) took = to_words(state.ended_at.value_or(now) - *state.started_at);
      const auto result = results.find(index);
      const bool ran = result != results.end();
      std::string status = state.attempt > 1
                               ? std::string(name_of(state.status)) + ", attempt " + std::to_string(state.attempt)
                               : std::string(name_of(state.status));
      if (state.warning) status += " (allowed)";
      if (const auto child = children.find(stored.run.job(index).name); child != children.end())
        status += ", run " + std::to_string(child->second);
      std::vector<Table::Cell> row{{job_mark(stored.run, index), stored.run.job(index).name}, name, status, took};
      row.emplace_back(ran ? to_words(result->second.cpu_time) : "");
      row.emplace_back(ran ? size_words(result->second.peak_memory) : "");
      if (covered) row.emplace_back(ran && result->second.coverage ? percent_words(*result->second.coverage) : "");
      table.add(std::move(row));
    }
  }
  return table.render(out.style, out.width());
}

/// The way of what the run built, where it was rolled out.
Result<> tell_release(Project& project, const StoredRun& stored, const Output& out) {
  PENSTOCK_TRY(const std::vector<Release> releases, project.store().releases_of_run(stored.header.id));
  for (const Release& release : releases) {
    PENSTOCK_TRY(const std::vector<TimelineLine> timeline, timeline_of(project, release));
    out.write("\n" + out.style.bold(printable(release.name)) + "\n" + timeline_text(timeline, out.style));
  }
  return success();
}

}  // namespace

int execute(const ShowArguments& arguments, World& world) {
  auto project = open_project(world);
  if (!project) return world.fail(project.error());
  const auto stored = load_run(*project, arguments.run);
  if (!stored) return world.fail(stored.error());
  const auto results = results_of(*project, *stored);
  if (!results) return world.fail(results.error());
  const auto children = children_of(*project, stored->header.id);
  if (!children) return world.fail(children.error());
  const Output& out = world.outputs.out;
  const Instant now = world.clock.now();
  if (arguments.json) {
    out.write(to_json(*stored, *results, *children, now));
    return kPassed;
  }
  const RunView view = view_of(stored->run, *results, {}, now);
  std::string title = "run " + std::to_string(stored->header.id) + " · " + title_of(stored->header);
  if (!out.style.unicode) title = in_ascii(title);
  if (out.is_terminal) title = cut_end(title, out.width(), out.style.unicode);
  out.write(out.style.bold(title) + "\n");
  const ParentJob& parent = stored->header.facts.parent;
  if (parent.run != 0)
    out.write(out.style.dim("child of run " + std::to_string(parent.run) + ", job " + printable(parent.job)) + "\n");
  out.write(out.style.dim("started by " + printable(stored->header.facts.who.name) + ", " +
                          to_when(stored->header.created_at, now)) +
            "\n");
  if (is_interrupted(*project, stored->header)) {
    out.write(out.style.yellow("interrupted") + ": its ci is gone; go on with: ci resume " +
              std::to_string(stored->header.id) + "\n");
  }
  out.write("\n");
  out.write(final_lines(view, out.width()) + "\n" + jobs_table(*stored, *results, *children, out, now));
  const auto failures = failures_of(*project, *stored, *results);
  if (!failures) return world.fail(failures.error());
  for (const Failure& failure : *failures) out.write("\n" + failure_report(failure, out.style, out.width()));
  const auto told = tell_release(*project, *stored, out);
  return told ? static_cast<int>(kPassed) : world.fail(told.error());
}

}  // namespace penstock
