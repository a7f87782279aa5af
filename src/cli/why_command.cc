#include <algorithm>
#include <string>

#include "base/json_writer.h"
#include "base/text_width.h"
#include "cli/commands.h"
#include "cli/decision_text.h"
#include "cli/job_waits.h"
#include "cli/line_text.h"
#include "cli/project.h"
#include "cli/resource_waits.h"
#include "cli/when.h"
#include "cli/why_environment.h"
#include "cli/why_planned.h"
#include "coordinator/summary.h"
#include "os/clock.h"

namespace penstock {
namespace {

std::string headline(const RunJob& found, Instant now) {
  const JobState& state = found.run.run.state(found.index);
  const std::string name = printable(found.run.run.job(found.index).name);
  const std::string run = " (run " + std::to_string(found.run.header.id) + ")";
  const auto since = [&](const std::optional<Instant>& from) {
    return from ? " since " + to_clock(*from, false) + " (" + to_words(now - *from) + ")" : std::string();
  };
  switch (state.status) {
    case Status::manual:
      return name + " waits for a person" + since(state.ready_at) + run;
    case Status::scheduled:
      return name + " is delayed: it starts at " + to_start(state.due_at.value_or(now), now) + run;
    case Status::waiting_for_resource:
      return name +
             (!has_let_go(state)                       ? " waits for its resource group"
              : found.run.run.job(found.index).trigger ? " waits for its pipeline"
                                                       : " waits for its rollout") +
             since(state.ready_at) + run;
    case Status::pending:
      return name + " waits for a free slot" + since(state.ready_at) + run;
    case Status::running:
      return name + " runs" + since(state.started_at) + run;
    case Status::canceling:
      return name + " is being canceled" + run;
    case Status::success:
      return name + " ran and passed" + run;
    case Status::failed:
      return name + (state.warning ? " ran and failed, which is allowed" : " failed") + run;
    case Status::canceled:
      return name + " was canceled" + run;
    case Status::skipped:
      return name + " was skipped" + run;
    case Status::created:
      return name + " has not started" + run;
  }
  return name;
}

const LeftOutJob* left_out(const Plan& plan, const std::string& name) {
  for (const LeftOutJob& job : plan.left_out) {
    if (job.name == name) return &job;
  }
  return nullptr;
}

/// What the run knows, and who stands before the job in line for its resource.
Result<std::vector<std::string>> reasons_of(Project& project, const World& world, const RunJob& found) {
  const Run& run = found.run.run;
  std::vector<std::string> reasons = run.explain(found.index);
  if (run.state(found.index).status == Status::manual) {
    const auto said = approvals_of_job(project, world, found.run, found.index);
    if (said.ok()) reasons.insert(reasons.end(), said->begin(), said->end());
  }
  if (run.state(found.index).status != Status::waiting_for_resource) return reasons;
  PENSTOCK_TRY(const std::vector<ResourceWait> waits, resource_waits(project));
  for (const ResourceWait& wait : waits) {
    if (wait.claim != Claim{found.run.header.id, run.job(found.index).name}) continue;
    for (const std::string& line : in_words(wait)) reasons.push_back(line);
    PENSTOCK_TRY(const std::vector<std::string> holder, holder_in_words(project, wait));
    reasons.insert(reasons.end(), holder.begin(), holder.end());
  }
  return reasons;
}

void print(const RunJob& found, const std::vector<std::string>& reasons, const WhyArguments& arguments,
           const World& world) {
  const Run& run = found.run.run;
  const Job& job = run.job(found.index);
  std::string text;
  if (arguments.json) {
    JsonWriter json(text, 2);
    json.begin_object()
        .member("job", job.name)
        .member("run", found.run.header.id)
        .member("status", name_of(run.state(found.index).status));
    json.key("reasons").begin_array();
    for (const std::string& reason : reasons) json.value(reason);
    json.end_array();
    write_decision(json, *job.decision);
    json.end_object();
    text += "\n";
  } else {
    text = headline(found, world.clock.now()) + "\n";
    for (const std::string& reason : reasons) text += "  " + printable(reason) + "\n";
    if (!job.decision->rules.empty())
      text += "it is part of the pipeline:\n" + decision_text(*job.decision, job.location, world.outputs.out.width());
  }
  world.outputs.out.write(text);
}

void print(const LeftOutJob& job, int64_t run, const WhyArguments& arguments, const World& world) {
  std::string text;
  if (arguments.json) {
    JsonWriter json(text, 2);
    json.begin_object().member("job", job.name).member("run", run).member("status", "left_out");
    write_decision(json, *job.decision);
    json.end_object();
    text += "\n";
  } else {
    text = printable(job.name) + " was left out of run " + std::to_string(run) + "\n" +
           decision_text(*job.decision, job.location, world.outputs.out.width());
  }
  world.outputs.out.write(text);
}

/// The name of a parallel job stands for several.
bool is_group(const Run& run, const std::string& name) {
  for (size_t i = 0; i < run.size(); ++i) {
    if (run.job(i).group == name) return true;
  }
  return false;
}

}  // namespace

int execute(const WhyArguments& arguments, World& world) {
  auto project = open_project(world);
  if (!project) return world.fail(project.error());
  const auto newest = load_run(*project, arguments.run);
  const auto without_a_run = [&](const Error& error) {
    if (arguments.run != 0 || (newest && is_group(newest->run, arguments.job))) return world.fail(error);
    const auto status =
        is_environment(*project, world, arguments.job)
            ? why_environment(*project, world, arguments.job, arguments.json)
            : why_planned(*project, world, arguments.job, arguments.json, newest ? std::optional(error) : std::nullopt);
    return status ? *status : world.fail(status.error());
  };
  if (!newest) return without_a_run(newest.error());
  if (const LeftOutJob* job = left_out(newest->run.plan(), arguments.job)) {
    print(*job, newest->header.id, arguments, world);
    return kPassed;
  }
  const auto found = find_job(*project, arguments.run, arguments.job);
  if (!found) return without_a_run(found.error());
  // A job may be called like the environment that it deploys to. Where a rollout is open there, that is what waits.
  const auto open = arguments.run == 0 ? has_open_rollout(*project, arguments.job) : Result<bool>(false);
  if (!open) return world.fail(open.error());
  const bool over = has_ended(found->run.run.state(found->index).status);
  if (!*open || !over) {
    const auto reasons = reasons_of(*project, world, *found);
    if (!reasons) return world.fail(reasons.error());
    print(*found, *reasons, arguments, world);
    if (!*open || arguments.json) return kPassed;
    world.outputs.out.write("\n");
  }
  const auto status = why_environment(*project, world, arguments.job, arguments.json);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
