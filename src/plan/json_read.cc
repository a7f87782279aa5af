#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "plan/end_reason.h"
#include "plan/job_outcome.h"
#include "plan/json.h"
#include "plan/json_reader.h"
#include "plan/names.h"
#include "plan/plan.h"

namespace penstock {

using json_reading::Json;
using json_reading::Members;
using json_reading::read_json;
using json_reading::refuse;

template <class Enum>
requires std::is_enum_v<Enum>
void read_json(const Json& json, Enum& value) { json_reading::read_word(json, value, from_word<Enum>); }

void read_json(const Json& json, EndReason& reason) { json_reading::read_word(json, reason, end_reason_from_name); }

/// More may be said by a newer peer.
void read_json(const Json& json, JobOutcome& outcome) {
  Members members(json);
  members.required("reason", outcome.reason);
  members.optional("exit_code", outcome.exit_code);
  members.optional("detail", outcome.detail);
}

uint32_t number_at_end(std::string_view& text) {
  const size_t colon = text.rfind(':');
  uint32_t number = 0;
  if (colon != std::string_view::npos) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, number);
    if (error == std::errc() && stop == end) {
      text.remove_suffix(text.size() - colon);
      return number;
    }
  }
  refuse("a place is expected, such as \".gitlab-ci.yml:3:1\"");
}

void read_json(const Json& json, SourceLocation& place) {
  std::string text;
  read_json(json, text);
  std::string_view rest = text;
  place.column = number_at_end(rest);
  place.line = number_at_end(rest);
  place.file = rest;
}

void read_json(const Json& json, Variable& variable) {
  Members members(json);
  members.required("name", variable.name);
  members.optional("value", variable.value);
  members.optional("raw", variable.raw);
  members.optional("file", variable.file);
  members.optional("secret", variable.secret);
  members.finish();
}

void read_json(const Json& json, Clause& clause) {
  Members members(json);
  members.required("text", clause.text);
  members.required("outcome", clause.outcome);
  members.optional("detail", clause.detail);
  members.finish();
}

void read_json(const Json& json, Decision::Rule& rule) {
  Members members(json);
  members.optional("location", rule.location);
  members.optional("label", rule.label);
  members.optional("clauses", rule.clauses);
  members.optional("matched", rule.matched);
  members.finish();
}

void read_json(const Json& json, Decision& decision) {
  Members members(json);
  members.optional("rules", decision.rules);
  members.optional("summary", decision.summary);
  members.finish();
}

void read_json(const Json& json, Shared<Decision>& shared) {
  Decision decision;
  read_json(json, decision);
  shared = std::move(decision);
}

void read_json(const Json& json, Need& need) {
  Members members(json);
  members.required("job", need.job);
  members.optional("artifacts", need.artifacts);
  members.optional("optional", need.optional);
  members.finish();
}

void read_json(const Json& json, Image& image) {
  Members members(json);
  members.optional("name", image.name);
  members.optional("entrypoint", image.entrypoint);
  members.optional("pull_policy", image.pull_policy);
  members.optional("user", image.user);
  members.optional("platform", image.platform);
  members.finish();
}

void read_json(const Json& json, Service& service) {
  Members members(json);
  members.optional("image", service.image);
  members.optional("aliases", service.aliases);
  members.optional("command", service.command);
  members.optional("variables", service.variables);
  members.finish();
}

void read_json(const Json& json, CoverageReport& report) {
  Members members(json);
  members.required("format", report.format);
  members.required("path", report.path);
  members.finish();
}

void read_json(const Json& json, Artifacts& artifacts) {
  Members members(json);
  members.optional("name", artifacts.name);
  members.optional("paths", artifacts.paths);
  members.optional("exclude", artifacts.exclude);
  members.optional("untracked", artifacts.untracked);
  members.optional("when", artifacts.when);
  members.optional("expire_in_ms", artifacts.expire_in);
  members.optional("expose_as", artifacts.expose_as);
  members.with("reports", [&](const Json& reports) {
    if (!reports.is_object()) refuse("an object is expected");
    for (const auto& item : reports.items()) read_json(item.value(), artifacts.reports[item.key()]);
  });
  members.optional("coverage_report", artifacts.coverage_report);
  members.finish();
}

void read_json(const Json& json, Cache& cache) {
  Members members(json);
  members.optional("key", cache.key);
  members.optional("key_files", cache.key_files);
  members.optional("key_prefix", cache.key_prefix);
  members.optional("fallback_keys", cache.fallback_keys);
  members.optional("paths", cache.paths);
  members.optional("untracked", cache.untracked);
  members.optional("policy", cache.policy);
  members.optional("when", cache.when);
  members.finish();
}

void read_json(const Json& json, JobRollout& rollout) {
  Members members(json);
  members.optional("artifact", rollout.artifact);
  members.finish();
}

void read_json(const Json& json, MadeSource& made) {
  Members members(json);
  members.required("job", made.job);
  members.required("path", made.path);
  members.finish();
}

void read_json(const Json& json, Trigger& trigger) {
  Members members(json);
  members.optional("name", trigger.name);
  members.required("source", trigger.source);
  members.optional("made", trigger.made);
  members.optional("waits", trigger.waits);
  members.optional("variables", trigger.variables);
  members.optional("forwards", trigger.forwards);
  members.finish();
}

void read_json(const Json& json, FamilyNeed& need) {
  Members members(json);
  members.required("run", need.run);
  members.required("job", need.job);
  members.optional("optional", need.optional);
  members.finish();
}

void read_json(const Json& json, Environment& environment) {
  Members members(json);
  members.optional("name", environment.name);
  members.optional("url", environment.url);
  members.optional("action", environment.action);
  members.optional("tier", environment.tier);
  members.optional("on_stop", environment.on_stop);
  members.optional("auto_stop_in", environment.auto_stop_in);
  members.finish();
}

void read_json(const Json& json, Step& step) {
  Members members(json);
  members.required("script", std::get<ScriptStep>(step).lines);
  members.finish();
}

void read_json(const Json& json, Gate& gate) {
  Members members(json);
  members.optional("kind", gate.kind);
  members.optional("delay_ms", gate.delay);
  members.optional("confirmation", gate.confirmation);
  members.finish();
}

void read_json(const Json& json, AllowFailure& allow) {
  Members members(json);
  members.optional("always", allow.always);
  members.optional("exit_codes", allow.exit_codes);
  members.finish();
}

void read_json(const Json& json, Retry& retry) {
  Members members(json);
  members.required("max", retry.max);
  members.optional("when", retry.when);
  members.optional("exit_codes", retry.exit_codes);
  members.finish();
}

void read_json(const Json& json, ResourceGroup& group) { read_json(json, group.name); }

void read_json(const Json& json, Job& job) {
  Members members(json);
  members.required("name", job.name);
  members.optional("group", job.group);
  members.optional("stage", job.stage);
  members.optional("location", job.location);
  members.optional("needs", job.needs);
  members.optional("artifacts_from", job.artifacts_from);
  members.optional("condition", job.condition);
  members.optional("gate", job.gate);
  members.optional("allow_failure", job.allow_failure);
  members.optional("retry", job.retry);
  members.optional("timeout_ms", job.timeout);
  members.optional("interruptible", job.interruptible);
  members.optional("resource_group", job.resource_group);
  if (job.resource_group) members.optional("resource_group_mode", job.resource_group->mode);
  members.optional("tags", job.tags);
  members.optional("image", job.image);
  members.optional("services", job.services);
  members.optional("variables", job.variables);
  members.optional("steps", job.steps);
  members.optional("after_steps", job.after_steps);
  members.optional("caches", job.caches);
  members.optional("artifacts", job.artifacts);
  members.optional("environment", job.environment);
  members.optional("rollout", job.rollout);
  members.optional("trigger", job.trigger);
  members.optional("family_needs", job.family_needs);
  members.with("carried", [&](const Json& carried) {
    if (!carried.is_object()) refuse("an object is expected");
    for (const auto& item : carried.items()) job.carried[item.key()] = item.value().dump();
  });
  members.optional("unmet", job.unmet);
  members.optional("coverage", job.coverage);
  members.with("matrix", [&](const Json& axes) {
    if (!axes.is_array()) refuse("a list is expected");
    for (const Json& axis : axes) {
      Members pair(axis);
      auto& [name, value] = job.matrix.emplace_back();
      pair.required("axis", name);
      pair.required("value", value);
      pair.finish();
    }
  });
  members.optional("decision", job.decision);
  members.finish();
}

void read_json(const Json& json, LeftOutJob& job) {
  Members members(json);
  members.required("name", job.name);
  members.optional("group", job.group);
  members.optional("stage", job.stage);
  members.optional("location", job.location);
  members.optional("decision", job.decision);
  members.finish();
}

void read_json(const Json& json, AutoCancel& auto_cancel) {
  Members members(json);
  members.optional("on_new_commit", auto_cancel.on_new_commit);
  members.optional("on_job_failure", auto_cancel.on_job_failure);
  members.finish();
}

void read_json(const Json& json, Plan& plan) {
  Members members(json);
  int format = 0;
  members.required("format", format);
  if (format < 1 || format > Plan::kFormat) refuse("its format is " + std::to_string(format) + ", not 1");
  members.required("dialect", plan.dialect);
  members.required("dialect_version", plan.dialect_version);
  members.optional("source", plan.source);
  members.optional("name", plan.name);
  members.optional("variables", plan.variables);
  members.optional("pipeline_variables", plan.pipeline_variables);
  members.required("stages", plan.stages);
  members.required("jobs", plan.jobs);
  members.optional("left_out", plan.left_out);
  members.optional("auto_cancel", plan.auto_cancel);
  members.optional("workflow", plan.workflow);
  members.finish();
}

Result<Plan> plan_from_json(std::string_view text) {
  return json_reading::parse_stored(text, "stored plan", [](const json_reading::Json& json) {
    Plan plan;
    read_json(json, plan);
    return plan;
  });
}

Result<Job> job_from_json(std::string_view text) {
  return json_reading::parse_stored(text, "stored job", [](const json_reading::Json& json) {
    Job job;
    read_json(json, job);
    return job;
  });
}

}  // namespace penstock
