#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/run.h"
#include "plan/plan.h"

namespace penstock::testing {

/// Jobs for tests, written as short as they are thought.
struct JobBuilder {
  Job job;

  JobBuilder(const std::string& name, const std::string& stage) { job.name = job.group = name, job.stage = stage; }

  JobBuilder& needs(const std::vector<std::string>& names) {
    job.needs.emplace();
    for (const std::string& name : names) job.needs->push_back({name, true, false});
    return *this;
  }
  JobBuilder& when(Condition condition) { return job.condition = condition, *this; }
  JobBuilder& may_fail() { return job.allow_failure.always = true, *this; }
  JobBuilder& may_fail_with(std::vector<int> codes) { return job.allow_failure.exit_codes = std::move(codes), *this; }
  /// Optional unless `blocking`.
  JobBuilder& manual(bool blocking = false) {
    job.gate.kind = Gate::Kind::manual;
    job.allow_failure.always = !blocking;
    return *this;
  }
  JobBuilder& delayed(Duration delay) { return job.gate = {Gate::Kind::delayed, delay, {}}, *this; }
  JobBuilder& retry(Retry retry) { return job.retry = std::move(retry), *this; }
  JobBuilder& resource(const std::string& name) { return job.resource_group = ResourceGroup{name, {}}, *this; }
  JobBuilder& environment(const std::string& name) {
    job.environment.emplace().name = name;
    return *this;
  }
};

inline JobBuilder job(const std::string& name, const std::string& stage) { return {name, stage}; }

inline std::shared_ptr<Plan> plan_of(std::vector<std::string> stages, const std::vector<JobBuilder>& jobs) {
  auto plan = std::make_shared<Plan>();
  plan->stages = std::move(stages);
  for (const JobBuilder& builder : jobs) plan->jobs.push_back(builder.job);
  return plan;
}

/// A run with a clock that a test moves, and all commands so far.
class Driver {
 public:
  explicit Driver(std::shared_ptr<const Plan> plan, RunOptions options = {}) : run(std::move(plan), options) {}

  /// Whether the event was taken; `refusal` has the reason where it was not.
  bool apply(decltype(Event::what) what) {
    auto result = run.apply({now, std::move(what)});
    if (!result.ok()) return refusal = result.error(), false;
    commands.insert(commands.end(), result->begin(), result->end());
    return true;
  }
  bool start_run() { return apply(event::Started{}); }
  bool start(const std::string& name) { return apply(event::JobStarted{name}); }
  bool finish(const std::string& name, JobOutcome outcome = {}) {
    return apply(event::JobFinished{name, state(name).attempt, std::move(outcome)});
  }
  /// Starts and ends a pending job.
  bool pass(const std::string& name) { return start(name) && finish(name); }
  bool fail(const std::string& name, int exit_code = 1) {
    return start(name) && finish(name, {EndReason::script_failure, exit_code, {}});
  }
  bool approve(const std::string& name) { return apply(event::Approved{name, alice, {}}); }
  bool reject(const std::string& name) { return apply(event::Rejected{name, alice, {}}); }
  bool cancel(const std::string& name = {}) { return apply(event::CancelRequested{name, alice}); }
  bool retry(const std::string& name = {}) { return apply(event::RetryRequested{name, alice}); }

  [[nodiscard]] const JobState& state(const std::string& name) const { return run.state(*run.index_of(name)); }
  [[nodiscard]] Status status(const std::string& name) const { return state(name).status; }

  /// Names and statuses of all jobs, in order: `build success, test pending`.
  [[nodiscard]] std::string jobs() const {
    std::string text;
    for (size_t i = 0; i < run.size(); ++i) {
      if (i != 0) text += ", ";
      text += run.job(i).name + " " + std::string(name_of(run.state(i).status)) + (run.state(i).warning ? "*" : "");
    }
    return text;
  }

  template <class T>
  [[nodiscard]] std::vector<T> commands_of() const {
    std::vector<T> found;
    for (const Command& command : commands)
      if (const auto* match = std::get_if<T>(&command)) found.push_back(*match);
    return found;
  }

  Run run;
  Instant now{Duration(1'000'000)};
  Actor alice{"Alice", "alice@example.org", false};
  std::vector<Command> commands;
  Error refusal;
};

}  // namespace penstock::testing
