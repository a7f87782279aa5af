#include <algorithm>
#include <string>

#include "base/suggest.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/failure_report.h"
#include "cli/gates.h"
#include "cli/project.h"
#include "cli/resume.h"
#include "cli/rollout_steering.h"
#include "cli/run_report.h"
#include "os/clock.h"

namespace penstock {
namespace {

struct Found {
  StoredRun run;
  std::vector<size_t> jobs;
};

Error nothing_waits(const std::string& name, const std::vector<std::string>& waiting, const std::string& known_status) {
  Error error{Fault::user, "nothing called `" + name + "` waits for a person", "see what waits with: ci list"};
  if (!known_status.empty()) error.message = known_status;
  const std::vector<std::string_view> views(waiting.begin(), waiting.end());
  if (const auto near = did_you_mean(name, views)) {
    error.help = "did you mean `" + *near + "`?";
  } else if (!waiting.empty()) {
    error.help = "what waits: " + waiting.front();
    for (size_t i = 1; i < waiting.size(); ++i) error.help += ", " + waiting[i];
  }
  return error;
}

void add_names(const Run& run, std::vector<std::string>& names) {
  for (const size_t index : run.manual(false)) {
    const Job& job = run.job(index);
    const std::string& name = job.environment ? job.environment->name : job.name;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
}

/// An older run's release goes over a newer one's only where its number is named: the run that was meant may have been
/// approved already.
Result<> check_is_newest(Project& project, const std::string& name, const Found& found) {
  constexpr size_t kLook = 20;
  const int64_t id = found.run.header.id;
  for (const size_t index : found.jobs) {
    const Job& job = found.run.run.job(index);
    if (!job.environment || job.environment->action != "start") continue;
    PENSTOCK_TRY(const std::vector<EnvironmentRecord> history, project.store().history(job.environment->name, kLook));
    for (const EnvironmentRecord& record : history) {
      if (!record.passed || record.action != "start" || record.run <= id) continue;
      return Error{
          Fault::user,
          "run " + std::to_string(id) + " waits for it, but run " + std::to_string(record.run) +
              ", which is newer, has been deployed to `" + job.environment->name + "`",
          "deploy the older one all the same: ci approve " + shell_quoted(name) + " --run " + std::to_string(id)};
    }
  }
  return success();
}

/// Looks through the runs that have something to open, newest first.
Result<Found> find_gates(Project& project, const GateArguments& arguments) {
  std::vector<int64_t> candidates;
  if (arguments.run != 0) {
    candidates.push_back(arguments.run);
  } else {
    PENSTOCK_TRY(const std::vector<RunHeader> records, project.store().playable());
    for (const RunHeader& record : records) candidates.push_back(record.id);
    PENSTOCK_TRY(const std::optional<RunHeader> newest, project.store().newest());
    if (candidates.empty() && newest) candidates.push_back(newest->id);  // to say what became of the job
  }
  std::vector<std::string> names;
  std::string known_status;
  for (const int64_t id : candidates) {
    PENSTOCK_TRY(StoredRun stored, project.store().load(id));
    Gates gates = gates_of(stored.run, arguments.name);
    if (!gates.waiting.empty()) {
      Found found{std::move(stored), std::move(gates.waiting)};
      if (arguments.run == 0 && !arguments.reject) PENSTOCK_CHECK(check_is_newest(project, arguments.name, found));
      return found;
    }
    if (!gates.known.empty() && known_status.empty()) {
      known_status = "`" + arguments.name + "` does not wait for a person in run " + std::to_string(id) + ": it is " +
                     std::string(name_of(stored.run.state(gates.known.front()).status));
    }
    add_names(stored.run, names);
  }
  return nothing_waits(arguments.name, names, known_status);
}

Event event_for(const GateArguments& arguments, const std::string& job, const Actor& who, Instant now) {
  if (arguments.reject) return {now, event::Rejected{job, who, arguments.message}};
  return {now, event::Approved{job, who, arguments.message}};
}

Result<int> open_gate(const GateArguments& arguments, World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  Result<Found> in_run = find_gates(project, arguments);
  const std::optional<Instant> asked = in_run.ok() ? std::optional(in_run->run.header.created_at) : std::nullopt;
  PENSTOCK_TRY(const std::optional<int> rollout, open_rollout_gate(project, world, arguments, asked));
  if (rollout) return *rollout;
  if (!in_run.ok() && arguments.run == 0) {
    PENSTOCK_TRY(const std::optional<int> elsewhere, answer_elsewhere(project, world, arguments));
    if (elsewhere) return *elsewhere;
  }
  PENSTOCK_TRY(const Found found, std::move(in_run));
  PENSTOCK_TRY(const Actor who, local_actor(project));
  std::vector<Event> events;
  for (const size_t index : found.jobs) {
    const std::string& job = found.run.run.job(index).name;
    PENSTOCK_TRY(const bool decided, record_approval(project, world, found.run, index, arguments));
    if (!decided) continue;
    events.push_back(event_for(arguments, job, who, world.clock.now()));
    world.outputs.err.write(job + " " + (arguments.reject ? "rejected" : "approved") + " by " + who.name + " in run " +
                            std::to_string(found.run.header.id) + "\n");
  }
  if (events.empty()) return static_cast<int>(kPassed);
  PENSTOCK_TRY(const int status,
               post_and_drive(project, world, found.run.header.id, events, {arguments.slots, !arguments.detach}));
  // The run that a person refuses ends as failed; the refusal itself is done.
  return arguments.reject && status == kFailed ? static_cast<int>(kPassed) : status;
}

}  // namespace

int execute(const GateArguments& arguments, World& world) {
  const auto status = open_gate(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
