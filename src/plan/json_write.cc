#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json_writer.h"
#include "plan/job_outcome.h"
#include "plan/json.h"
#include "plan/names.h"
#include "plan/plan.h"

namespace penstock {
namespace {

constexpr size_t kJobsInPiece = 256;

/// Writes the members of plan values, each only where it differs from its default.
class PlanWriter {
 public:
  explicit PlanWriter(std::string& output) : json_(output) {}

  void write(const Job& job);
  // The three parts of a plan: an open document, its jobs, the end of the document.
  void begin(const Plan& plan);
  void jobs(std::span<const Job> jobs);
  void end(const Plan& plan);
  /// Instead of `begin` and of `end`, between two jobs.
  void go_on() { json_.go_on(2); }
  void break_off() { json_.break_off(); }

 private:
  void write(const Variable& variable);
  void write(const Clause& clause);
  void write(const Decision::Rule& rule);
  void write(const Decision& decision);
  void write(const Shared<Decision>& decision);
  void write(const Need& need);
  void write(const Image& image);
  void write(const Service& service);
  void write(const Artifacts& artifacts);
  void write(const Cache& cache);
  void write(const Environment& environment);
  void write(const MadeSource& made);
  void write(const Trigger& trigger);
  void write(const FamilyNeed& need);
  void write(const Step& step);
  void write(const LeftOutJob& job);
  void write(const std::string& text) { json_.value(text); }
  void write(int number) { json_.value(number); }
  void write(const std::pair<std::string, std::string>& axis);

  void gate(const Gate& gate);
  void policy(const Job& job);
  void location(const SourceLocation& place);

  void text(const JsonKey& name, std::string_view value, std::string_view usual = {}) {
    if (value != usual) json_.member(name, value);
  }
  void flag(const JsonKey& name, bool value, bool usual = false) {
    if (value != usual) json_.member(name, value);
  }
  void duration(const JsonKey& name, Duration value) { json_.member(name, static_cast<int64_t>(value.count())); }
  template <class T>
  void list(const JsonKey& name, const std::vector<T>& items, bool even_empty = false) {
    if (items.empty() && !even_empty) return;
    json_.key(name);
    write(items);
  }
  template <class T>
  void write(const std::vector<T>& items) {
    json_.begin_array();
    for (const T& item : items) write(item);
    json_.end_array();
  }
  template <class T>
  void object(const JsonKey& name, const T& value) {
    if (value == T{}) return;
    json_.key(name);
    write(value);
  }
  template <class T>
  void object(const JsonKey& name, const Boxed<T>& value) {
    if (!value) return;
    json_.key(name);
    write(*value);
  }

  JsonWriter json_;
  Shared<Decision> last_;  ///< Jobs that share one stand together, mostly:
  std::string last_text_;  ///< what it is in JSON.
  std::string place_;      ///< Kept for its memory: nearly all that is written has a place.
};

void PlanWriter::write(const Variable& variable) {
  json_.begin_object().member("name", variable.name);
  text("value", variable.value);
  flag("raw", variable.raw);
  flag("file", variable.file);
  flag("secret", variable.secret);
  json_.end_object();
}

void PlanWriter::location(const SourceLocation& place) {
  if (place == SourceLocation{}) return;
  place_ = place.file;
  place_.append(":").append(std::to_string(place.line)).append(":").append(std::to_string(place.column));
  json_.member("location", place_);
}

void PlanWriter::write(const Clause& clause) {
  json_.begin_object().member("text", clause.text).member("outcome", word_of(clause.outcome));
  text("detail", clause.detail);
  json_.end_object();
}

void PlanWriter::write(const Decision::Rule& rule) {
  json_.begin_object();
  location(rule.location);
  text("label", rule.label);
  list("clauses", rule.clauses);
  flag("matched", rule.matched);
  json_.end_object();
}

void PlanWriter::write(const Decision& decision) {
  json_.begin_object();
  list("rules", decision.rules);
  text("summary", decision.summary);
  json_.end_object();
}

void PlanWriter::write(const Shared<Decision>& decision) {
  if (!decision.is(last_) || last_text_.empty()) {
    last_ = decision;
    last_text_.clear();
    PlanWriter(last_text_).write(*decision);
  }
  json_.raw(last_text_);
}

void PlanWriter::write(const Need& need) {
  json_.begin_object().member("job", need.job);
  flag("artifacts", need.artifacts, true);
  flag("optional", need.optional);
  json_.end_object();
}

void PlanWriter::write(const Image& image) {
  json_.begin_object();
  text("name", image.name);
  list("entrypoint", image.entrypoint);
  list("pull_policy", image.pull_policy);
  text("user", image.user);
  text("platform", image.platform);
  json_.end_object();
}

void PlanWriter::write(const Service& service) {
  json_.begin_object();
  object("image", service.image);
  list("aliases", service.aliases);
  list("command", service.command);
  list("variables", service.variables);
  json_.end_object();
}

void PlanWriter::write(const Artifacts& artifacts) {
  json_.begin_object();
  text("name", artifacts.name);
  list("paths", artifacts.paths);
  list("exclude", artifacts.exclude);
  flag("untracked", artifacts.untracked);
  text("when", word_of(artifacts.when), word_of(KeepWhen::on_success));
  if (artifacts.expire_in) duration("expire_in_ms", *artifacts.expire_in);
  text("expose_as", artifacts.expose_as);
  if (!artifacts.reports.empty()) {
    json_.key("reports").begin_object();
    for (const auto& [kind, paths] : artifacts.reports) {
      json_.key(kind);
      write(paths);
    }
    json_.end_object();
  }
  if (artifacts.coverage_report) {
    json_.key("coverage_report").begin_object();
    json_.member("format", artifacts.coverage_report->format).member("path", artifacts.coverage_report->path);
    json_.end_object();
  }
  json_.end_object();
}

void PlanWriter::write(const Cache& cache) {
  static const Cache usual;
  json_.begin_object();
  text("key", cache.key, usual.key);
  list("key_files", cache.key_files);
  text("key_prefix", cache.key_prefix);
  list("fallback_keys", cache.fallback_keys);
  list("paths", cache.paths);
  flag("untracked", cache.untracked);
  text("policy", cache.policy, usual.policy);
  text("when", word_of(cache.when), word_of(KeepWhen::on_success));
  json_.end_object();
}

void PlanWriter::write(const Environment& environment) {
  static const Environment usual;
  json_.begin_object();
  text("name", environment.name);
  text("url", environment.url);
  text("action", environment.action, usual.action);
  text("tier", environment.tier);
  text("on_stop", environment.on_stop);
  text("auto_stop_in", environment.auto_stop_in);
  json_.end_object();
}

void PlanWriter::write(const MadeSource& made) {
  json_.begin_object().member("job", made.job).member("path", made.path).end_object();
}

void PlanWriter::write(const Trigger& trigger) {
  json_.begin_object();
  text("name", trigger.name);
  json_.member("source", trigger.source);
  list("made", trigger.made);
  flag("waits", trigger.waits);
  list("variables", trigger.variables);
  flag("forwards", trigger.forwards);
  json_.end_object();
}

void PlanWriter::write(const FamilyNeed& need) {
  json_.begin_object().member("run", need.run).member("job", need.job);
  flag("optional", need.optional);
  json_.end_object();
}

void PlanWriter::write(const Step& step) {
  json_.begin_object();
  list("script", std::get<ScriptStep>(step).lines, true);
  json_.end_object();
}

void PlanWriter::write(const std::pair<std::string, std::string>& axis) {
  json_.begin_object().member("axis", axis.first).member("value", axis.second).end_object();
}

void PlanWriter::gate(const Gate& gate) {
  if (gate == Gate{}) return;
  json_.key("gate").begin_object();
  text("kind", word_of(gate.kind), word_of(Gate::Kind::none));
  if (gate.delay != Duration{}) duration("delay_ms", gate.delay);
  text("confirmation", gate.confirmation);
  json_.end_object();
}

/// When it runs and what its failure means.
void PlanWriter::policy(const Job& job) {
  text("condition", word_of(job.condition), word_of(Condition::on_success));
  gate(job.gate);
  if (job.allow_failure != AllowFailure{}) {
    json_.key("allow_failure").begin_object();
    flag("always", job.allow_failure.always);
    list("exit_codes", job.allow_failure.exit_codes);
    json_.end_object();
  }
  if (job.retry != Retry{}) {
    json_.key("retry").begin_object().member("max", job.retry.max);
    list("when", job.retry.when);
    list("exit_codes", job.retry.exit_codes);
    json_.end_object();
  }
  if (job.timeout) duration("timeout_ms", *job.timeout);
  flag("interruptible", job.interruptible);
  if (job.resource_group) {
    json_.member("resource_group", job.resource_group->name);
    if (!job.resource_group->mode.empty()) json_.member("resource_group_mode", job.resource_group->mode);
  }
}

void PlanWriter::write(const Job& job) {
  json_.begin_object().member("name", job.name);
  text("group", job.group);
  text("stage", job.stage);
  location(job.location);
  if (job.needs) list("needs", *job.needs, true);
  if (job.artifacts_from) list("artifacts_from", *job.artifacts_from, true);
  policy(job);
  list("tags", job.tags);
  object("image", job.image);
  list("services", job.services);
  list("variables", job.variables);
  list("steps", job.steps);
  list("after_steps", job.after_steps);
  list("caches", job.caches);
  object("artifacts", job.artifacts);
  object("environment", job.environment);
  if (job.rollout) {
    json_.key("rollout").begin_object();
    text("artifact", job.rollout->artifact);
    json_.end_object();
  }
  object("trigger", job.trigger);
  list("family_needs", job.family_needs);
  if (!job.carried.empty()) {
    json_.key("carried").begin_object();
    for (const auto& [keyword, value] : job.carried) json_.key(keyword).raw(value);
    json_.end_object();
  }
  text("unmet", job.unmet);
  text("coverage", job.coverage);
  list("matrix", job.matrix);
  object("decision", job.decision);
  json_.end_object();
}

void PlanWriter::write(const LeftOutJob& job) {
  json_.begin_object().member("name", job.name);
  text("group", job.group);
  text("stage", job.stage);
  location(job.location);
  object("decision", job.decision);
  json_.end_object();
}

void PlanWriter::begin(const Plan& plan) {
  json_.begin_object().member("format", Plan::kFormat).member("dialect", plan.dialect);
  json_.member("dialect_version", plan.dialect_version);
  text("source", plan.source);
  text("name", plan.name);
  list("variables", plan.variables);
  list("pipeline_variables", plan.pipeline_variables);
  list("stages", plan.stages, true);
  json_.key("jobs").begin_array();
}

void PlanWriter::jobs(std::span<const Job> jobs) {
  for (const Job& job : jobs) write(job);
}

void PlanWriter::end(const Plan& plan) {
  static const AutoCancel usual;
  json_.end_array();
  list("left_out", plan.left_out);
  if (plan.auto_cancel != usual) {
    json_.key("auto_cancel").begin_object();
    text("on_new_commit", plan.auto_cancel.on_new_commit, usual.on_new_commit);
    flag("on_job_failure", plan.auto_cancel.on_job_failure);
    json_.end_object();
  }
  object("workflow", plan.workflow);
  json_.end_object();
}

}  // namespace

std::string to_json(const Plan& plan) {
  std::string output;
  output.reserve(256 + plan.jobs.size() * 1024);
  PlanWriter writer(output);
  writer.begin(plan);
  writer.jobs(plan.jobs);
  writer.end(plan);
  return output;
}

size_t PlanPieces::count() const { return std::max<size_t>(1, (plan_.jobs.size() + kJobsInPiece - 1) / kJobsInPiece); }

void PlanPieces::write(size_t number, std::string& piece) const {
  piece.clear();
  const std::span<const Job> all(plan_.jobs);
  const size_t from = std::min(number * kJobsInPiece, all.size());
  const std::span<const Job> jobs = all.subspan(from, std::min(kJobsInPiece, all.size() - from));
  PlanWriter writer(piece);
  if (number == 0) {
    writer.begin(plan_);
  } else {
    writer.go_on();
  }
  writer.jobs(jobs);
  number + 1 == count() ? writer.end(plan_) : writer.break_off();
}

std::string to_json(const Job& job) {
  std::string output;
  PlanWriter(output).write(job);
  return output;
}

void write_json(JsonWriter& json, const JobOutcome& outcome) {
  json.begin_object().member("reason", name_of(outcome.reason)).optional("exit_code", outcome.exit_code);
  json.optional("detail", outcome.detail).end_object();
}

}  // namespace penstock
