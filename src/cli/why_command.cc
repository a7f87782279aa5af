#include <algorithm>
#include <string>

#include "base/json_writer.h"
#include "base/text_width.h"
#include "cli/commands.h"
#include "cli/line_text.h"
#include "cli/project.h"
#include "cli/resource_waits.h"
#include "cli/when.h"
#include "cli/why_environment.h"
#include "os/clock.h"

namespace penstock {
namespace {

std::string_view answer(Clause::Outcome outcome) {
  switch (outcome) {
    case Clause::Outcome::yes:
      return "yes";
    case Clause::Outcome::no:
      return "no";
    default:
      return "not reached";
  }
}

size_t widest_clause(const Decision& decision) {
  size_t width = 0;
  for (const Decision::Rule& rule : decision.rules) {
    for (const Clause& clause : rule.clauses) width = std::max(width, display_width(printable(clause.text)));
  }
  return std::min<size_t>(width, 60);
}

/// `  rules[0]  if $CI_COMMIT_TAG   no: CI_COMMIT_TAG is not set`, one line a clause.
std::string rules_text(const Decision& decision) {
  size_t labels = 0;
  for (const Decision::Rule& rule : decision.rules) labels = std::max(labels, display_width(rule.label));
  const size_t clauses = widest_clause(decision);
  std::string text;
  for (const Decision::Rule& rule : decision.rules) {
    std::string label = rule.label;
    if (rule.clauses.empty()) text += "  " + pad_right(label, labels) + "  no condition: always matches\n";
    for (const Clause& clause : rule.clauses) {
      text += "  " + pad_right(label, labels) + "  " + pad_right(printable(clause.text), clauses) + "   " +
              std::string(answer(clause.outcome));
      if (!clause.detail.empty()) text += ": " + printable(clause.detail);
      text += "\n";
      label.clear();
    }
  }
  return text;
}

std::string place(const SourceLocation& location) {
  return location.file.empty() ? std::string() : " (" + location.file + ":" + std::to_string(location.line) + ")";
}

std::string decision_text(const Decision& decision, const SourceLocation& location) {
  std::string text = rules_text(decision);
  if (!decision.summary.empty()) text += "  " + printable(decision.summary) + place(location) + "\n";
  return text;
}

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
             (found.run.run.job(found.index).trigger ? " waits for its pipeline" : " waits for its resource group") +
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

void write_decision(JsonWriter& json, const Decision& decision) {
  json.key("rules").begin_array();
  for (const Decision::Rule& rule : decision.rules) {
    json.begin_object().member("label", rule.label).member("matched", rule.matched).key("clauses").begin_array();
    for (const Clause& clause : rule.clauses) {
      json.begin_object()
          .member("text", clause.text)
          .member("outcome", answer(clause.outcome))
          .member("detail", clause.detail)
          .end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().member("summary", decision.summary);
}

/// What the run knows, and who stands before the job in line for its resource.
Result<std::vector<std::string>> reasons_of(Project& project, const RunJob& found) {
  const Run& run = found.run.run;
  std::vector<std::string> reasons = run.explain(found.index);
  if (run.state(found.index).status != Status::waiting_for_resource) return reasons;
  PENSTOCK_TRY(const std::vector<ResourceWait> waits, resource_waits(project));
  for (const ResourceWait& wait : waits) {
    if (wait.claim != Claim{found.run.header.id, run.job(found.index).name}) continue;
    for (const std::string& line : in_words(wait)) reasons.push_back(line);
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
    write_decision(json, job.decision);
    json.end_object();
    text += "\n";
  } else {
    text = headline(found, world.clock.now()) + "\n";
    for (const std::string& reason : reasons) text += "  " + printable(reason) + "\n";
    if (!job.decision.rules.empty())
      text += "it is part of the pipeline:\n" + decision_text(job.decision, job.location);
  }
  world.outputs.out.write(text);
}

void print(const LeftOutJob& job, int64_t run, const WhyArguments& arguments, const World& world) {
  std::string text;
  if (arguments.json) {
    JsonWriter json(text, 2);
    json.begin_object().member("job", job.name).member("run", run).member("status", "left_out");
    write_decision(json, job.decision);
    json.end_object();
    text += "\n";
  } else {
    text = printable(job.name) + " was left out of run " + std::to_string(run) + "\n" +
           decision_text(job.decision, job.location);
  }
  world.outputs.out.write(text);
}

}  // namespace

int execute(const WhyArguments& arguments, World& world) {
  auto project = open_project(world);
  if (!project) return world.fail(project.error());
  const auto as_environment = [&](const Error& error) {
    if (arguments.run != 0 || !is_environment(*project, world, arguments.job)) return world.fail(error);
    const auto status = why_environment(*project, world, arguments.job, arguments.json);
    return status ? *status : world.fail(status.error());
  };
  const auto newest = load_run(*project, arguments.run);
  if (!newest) return as_environment(newest.error());
  if (const LeftOutJob* job = left_out(newest->run.plan(), arguments.job)) {
    print(*job, newest->header.id, arguments, world);
    return kPassed;
  }
  const auto found = find_job(*project, arguments.run, arguments.job);
  if (!found) return as_environment(found.error());
  // A job may be called like the environment that it deploys to. Where a rollout is open there, that is what waits.
  const auto open = arguments.run == 0 ? has_open_rollout(*project, arguments.job) : Result<bool>(false);
  if (!open) return world.fail(open.error());
  const bool over = has_ended(found->run.run.state(found->index).status);
  if (!*open || !over) {
    const auto reasons = reasons_of(*project, *found);
    if (!reasons) return world.fail(reasons.error());
    print(*found, *reasons, arguments, world);
    if (!*open || arguments.json) return kPassed;
    world.outputs.out.write("\n");
  }
  const auto status = why_environment(*project, world, arguments.job, arguments.json);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
