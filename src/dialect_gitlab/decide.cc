#include <algorithm>

#include "base/environment_names.h"
#include "dialect_gitlab/compilation.h"
#include "dialect_gitlab/only_except.h"

namespace penstock::gitlab {
namespace {

Variable plain(std::string name, std::string value) { return {std::move(name), std::move(value), true, false, false}; }

/// Condition and gate from `when`, wherever it was said.
void apply_when(const std::string& when, Job& job) {
  if (when == "on_failure") job.condition = Condition::on_failure;
  if (when == "always") job.condition = Condition::always;
  if (when == "manual") job.gate.kind = Gate::Kind::manual;
  if (when == "delayed") job.gate.kind = Gate::Kind::delayed;
}

/// The predefined variables that are a job's own, with room for `more`.
Variables own_predefined(const Draft& draft, const Job& job, int index, int total, size_t more) {
  constexpr size_t kUsual = 5;  // one that is deployed, has a timeout or an image grows once
  Variables own;
  own.reserve(kUsual + more);
  own.push_back(plain("CI_JOB_NAME", job.name));
  own.push_back(plain("CI_JOB_NAME_SLUG", name_slug(job.name)));
  own.push_back(plain("CI_JOB_STAGE", job.stage));
  if (job.image) own.push_back({"CI_JOB_IMAGE", job.image->name, false, false, false});
  if (draft.parallel > 0 || !draft.matrix.empty()) own.push_back(plain("CI_NODE_INDEX", std::to_string(index)));
  own.push_back(plain("CI_NODE_TOTAL", std::to_string(total)));
  if (job.timeout) own.push_back(plain("CI_JOB_TIMEOUT", std::to_string(job.timeout->count() / 1000)));
  return own;
}

Variables filtered(const Variables& variables, const std::vector<std::string>& names) {
  Variables some;
  for (const Variable& variable : variables) {
    for (const std::string& name : names) {
      if (variable.name == name) some.push_back(variable);
    }
  }
  return some;
}

void append(Variables& variables, const Variables& more) {
  variables.insert(variables.end(), more.begin(), more.end());
}

/// What the job runs: a hook first, then its script, or the steps of `run`.
void add_steps(const Draft& draft, Job& job) {
  if (!draft.before_sources.empty()) job.steps.emplace_back(ScriptStep{draft.before_sources});
  for (const ScriptStep& step : draft.run_steps) job.steps.emplace_back(step);
  if (job.rollout || job.trigger || !draft.run_steps.empty() || !job.unmet.empty()) return;
  std::vector<std::string> lines;
  lines.reserve(draft.before_script.size() + draft.script.size());
  lines.insert(lines.end(), draft.before_script.begin(), draft.before_script.end());
  lines.insert(lines.end(), draft.script.begin(), draft.script.end());
  job.steps.emplace_back(ScriptStep{std::move(lines)});
}

/// Where the name of the job's environment is written.
const yaml::Node& environment_node(const Draft& draft) {
  for (std::string_view keyword : {"rollout", "environment"}) {
    const yaml::Node* node = draft.node->find(keyword);
    if (node == nullptr || node->is_null()) continue;
    const yaml::Node* name = node->find(keyword == "rollout" ? "environment" : "name");
    return name == nullptr ? *node : *name;
  }
  return *draft.key;
}

/// What variables in `deployment_tier` make of it must be a tier too; without one the environment's name says it.
void settle_tier(Report& report, const Draft& draft, const Scope& scope, Environment& environment) {
  environment.tier = expand(environment.tier, scope, Unknown::empty);
  if (environment.tier.empty()) {
    environment.tier = environment_tier(environment.name);
  } else if (!is_environment_tier(environment.tier)) {
    const yaml::Node* node = draft.node->find("environment");
    const yaml::Node* tier = node == nullptr ? nullptr : node->find("deployment_tier");
    report.error("unknown-value", (tier == nullptr ? *draft.key : *tier).span(),
                 "`deployment_tier` can't be `" + environment.tier + "`, which its variables make it");
  }
}

}  // namespace

/// Whether it stands in the pipeline's own file, which no included one overrides.
bool Compilation::is_final(const yaml::Node* node) const {
  return node != nullptr && node->span().file->name == request_.path;
}

void Compilation::check_draft(const Draft& draft) {
  if (draft.rules != nullptr && (draft.only != nullptr || draft.except != nullptr)) {
    const yaml::Node* other = draft.only != nullptr ? draft.only : draft.except;
    report_.error("conflicting-keywords", other->span(), "`only` and `except` can't stand beside `rules`");
  }
  if (draft.start_in_node != nullptr && draft.rules != nullptr) {
    report_.error("conflicting-keywords", draft.start_in_node->span(), "`start_in` can't stand beside `rules`").help =
        "move it into the rule that says `when: delayed`";
  } else if (draft.start_in && draft.when != "delayed") {
    report_.error("start-in-without-delay", draft.start_in_node->span(),
                  "`start_in` stands in a job without `when: delayed`");
  }
  if (draft.when == "delayed" && draft.start_in_node == nullptr) {
    report_.error("missing-start-in", draft.when_node->span(), "a delayed job needs `start_in`").help =
        "add `start_in: 30 minutes`";
  }
  if (draft.name == "pages:deploy" && draft.job.stage == "deploy") {
    report_
        .error("reserved-name", draft.key->span(),
               "`pages:deploy` of stage `deploy` is the job that GitLab adds to publish pages")
        .help = "give the job another name";
  }
  if (jobs_.stage_index.contains(draft.job.stage)) return;
  if (report_.is_incomplete() && !(is_final(stages_node_) && is_final(draft.stage_node))) return;
  const yaml::Node* place = draft.stage_node != nullptr ? draft.stage_node : draft.key;
  Diagnostic& told =
      report_.error("unknown-stage", place->span(),
                    "stage `" + draft.job.stage + "` of job `" + std::string(draft.name) + "` doesn't exist");
  told.instead = nearest(draft.job.stage, {jobs_.stages.begin(), jobs_.stages.end()});
  for (const std::string& stage : jobs_.stages) told.help += (told.help.empty() ? "stages are `" : ", `") + stage + "`";
}

/// For `count` jobs now, and as many for each of the written ones that are left: a job is large, and moved with care.
void Compilation::make_room(size_t count, size_t left) {
  std::vector<Job>& jobs = jobs_.included;
  if (jobs.capacity() - jobs.size() >= count) return;
  constexpr size_t kMostAhead = 8;
  const size_t most = std::max(kMostAhead * jobs.capacity(), jobs.size() + count);
  jobs.reserve(std::min(jobs.size() + count * left, most));
}

void Compilation::decide_instances(Draft& draft, size_t written) {
  if (draft.rules != nullptr) rules_.read(*draft.rules, RulesOf::job);
  draft.job.group = std::string(draft.name);
  draft.job.location = location_of(draft.key->span());
  std::vector<std::string> names = instance_names(draft);
  const int total = static_cast<int>(names.size());
  make_room(names.size(), jobs_.written.size() - written);
  const size_t inherited_count = global_variables_.size() + workflow_.variables.size();
  for (int i = 1; i <= total; ++i) {
    const size_t at = static_cast<size_t>(i) - 1;
    // A matrix may name an instance twice; as on GitLab the last one takes the name.
    if (std::find(names.begin() + i, names.end(), names[at]) != names.end()) continue;
    const bool is_instance = names[at] != draft.name;
    if (names_may_clash_ && is_instance && !take_name(names[at], draft, written)) continue;
    if (i == total) {
      jobs_.included.push_back(std::move(draft.job));
    } else {
      jobs_.included.push_back(draft.job);
    }
    Job& job = jobs_.included.back();
    job.name = std::move(names[at]);
    if (!draft.matrix.empty()) job.matrix = std::move(draft.matrix[at]);
    job.variables = own_predefined(draft, job, i, total, inherited_count + draft.variables.size() + job.matrix.size());
    if (decide_instance(draft, job, written)) continue;
    leave_out(std::move(job));
    jobs_.included.pop_back();
  }
  if (!draft.matrix.empty() && !is_too_long(draft.name)) check_names(draft);
}

/// Of the instances that are part of the pipeline: those that were decided last.
void Compilation::check_names(const Draft& draft) {
  const auto begin = jobs_.included.rbegin();
  const auto end = std::find_if(begin, jobs_.included.rend(), [&](const Job& job) { return job.group != draft.name; });
  if (std::none_of(begin, end, [](const Job& job) { return is_too_long(job.name); })) return;
  const yaml::Node* parallel = draft.node->find("parallel");
  report_
      .warning("long-name", (parallel == nullptr ? draft.key : parallel)->span(),
               "with the values of this matrix, `" + std::string(draft.name) +
                   "` has instances whose names are longer than 255 characters")
      .help = "use short values, and let the script make long ones of them: GitLab makes no pipeline, and is silent";
}

/// Of an instance and a job that is written down under the same name, the later one is the job, as on GitLab. False:
/// that isn't the instance.
bool Compilation::take_name(const std::string& name, const Draft& draft, size_t written) {
  if (!instance_names_.emplace(name).second) {
    report_.error("duplicate-job", draft.key->span(), "more than one job is named `" + name + "`");
    return true;
  }
  if (config_.find(name) == nullptr) return true;
  const std::vector<WrittenJob>& all = jobs_.written;
  const auto other = std::find_if(all.begin(), all.end(), [&](const WrittenJob& job) { return job.name == name; });
  if (other != all.end() && other > all.begin() + static_cast<std::ptrdiff_t>(written)) return false;
  for (size_t i = 0; i < jobs_.included.size(); ++i) {
    if (jobs_.included[i].name != name) continue;
    jobs_.included.erase(jobs_.included.begin() + static_cast<std::ptrdiff_t>(i));
    jobs_.asks.erase(jobs_.asks.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  std::erase_if(jobs_.left_out, [&](const LeftOutJob& job) { return job.name == name; });
  return true;
}

bool Compilation::decide_instance(const Draft& draft, Job& job, size_t written) {
  Variables own;
  own.reserve(draft.variables.size() + job.matrix.size());
  append(own, draft.variables);
  for (const auto& [name, value] : job.matrix) own.push_back(plain(name, value));
  Variables inherited;
  if (!draft.inherits_all_variables) {
    inherited = filtered(global_variables_, draft.inherited_variables);
    append(inherited, filtered(workflow_.variables, draft.inherited_variables));
  }
  Scope scope;
  scope.below(request_.pipeline_variables).below(own);
  draft.inherits_all_variables ? scope.below(globals_) : scope.below(inherited);
  scope.below(job.variables).below(predefined_);

  Asks asks{written, draft.needs, draft.dependencies};
  Variables rule_variables;
  const bool included = decide(draft, scope, job, asks, rule_variables);
  if (job.image || !job.services.empty())
    settle_images(draft, own, draft.inherits_all_variables ? nullptr : &inherited, rule_variables, job);
  if (job.trigger && draft.forwards_variables) {
    Variables forwarded = draft.inherits_all_variables ? global_variables_ : inherited;
    if (draft.inherits_all_variables) append(forwarded, workflow_.variables);
    append(forwarded, own);
    append(forwarded, rule_variables);
    job.trigger->variables = std::move(forwarded);
  }
  if (request_.with_children && job.trigger) ask_for_child(draft, job);
  if (!included) return false;
  if (asks.needs) place_matrix_values(report_, *asks.needs, job);
  for (FamilyNeed& need : job.family_needs) need.run = expand(need.run, scope, Unknown::keep);
  append(own, rule_variables);
  if (job.resource_group) job.resource_group->name = expand(job.resource_group->name, scope, Unknown::empty);
  for (std::string& tag : job.tags) tag = expand(tag, scope, Unknown::keep);
  Variables more;
  place_environment(draft, scope, job, more);
  if (job.gate.kind == Gate::Kind::manual) more.push_back(plain("CI_JOB_MANUAL", "true"));
  append(job.variables, more);
  append(job.variables, draft.inherits_all_variables ? global_variables_ : inherited);
  if (draft.inherits_all_variables) append(job.variables, workflow_.variables);
  append(job.variables, draft.fetched);
  job.variables.insert(job.variables.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));

  add_steps(draft, job);
  jobs_.asks.push_back(std::move(asks));
  return true;
}

bool Compilation::decide(const Draft& draft, const Scope& scope, Job& job, Asks& asks, Variables& rule_variables) {
  std::string when = draft.when.empty() ? "on_success" : draft.when;
  std::optional<Duration> start_in = draft.start_in;
  std::optional<AllowFailure> allowed = draft.allow_failure;
  if (!allowed && draft.when == "manual") allowed = AllowFailure{true, {}};  // not so where only a rule says manual
  if (draft.rules == nullptr) {
    if (!allowed_by_only_except(report_, rules_, draft, scope, workflow_.has_rules, job.decision)) return false;
  } else {
    const Verdict& verdict = rules_.judge(*draft.rules, when, scope);
    job.decision = verdict.decision;
    when = verdict.when;
    if (when == "never") return false;
    const Rule* rule = verdict.rule;
    if (rule->start_in) start_in = rule->start_in;
    if (rule->allow_failure) allowed = rule->allow_failure;
    if (rule->interruptible) job.interruptible = *rule->interruptible;
    if (rule->needs != nullptr) asks.needs = parse_needs(report_, *rule->needs, NeedsOf::rule);
    rule_variables = rule->variables;
  }
  apply_when(when, job);
  if (job.gate.kind == Gate::Kind::delayed) job.gate.delay = start_in.value_or(Duration());
  if (allowed) job.allow_failure = std::move(*allowed);
  return true;
}

/// The name is declared where the project declares any; what the declaration says of it counts where the job says
/// nothing.
void Compilation::check_declared(const Draft& draft, Job& job) {
  Environment& environment = *job.environment;
  if (!request_.environments) {
    if (!job.rollout) return;
    report_
        .error("no-environments", environment_node(draft).span(),
               "nothing says how to deploy to `" + environment.name + "`")
        .help = "declare it in `.ci/environments.yml`";
    return;
  }
  const DeclaredEnvironment* declared = nullptr;
  std::vector<std::string_view> names;
  for (const DeclaredEnvironment& one : *request_.environments) {
    names.push_back(one.name);
    const bool closer = declared == nullptr || one.name == environment.name;
    if (closer && matches_environment(one.name, environment.name)) declared = &one;
  }
  if (declared == nullptr) {
    Diagnostic& told =
        report_.error("unknown-environment", environment_node(draft).span(),
                      "environment `" + environment.name + "` is not declared in `.ci/environments.yml`");
    told.instead = nearest(environment.name, names);
    if (told.instead.empty())
      told.help = "declare it there: one that only scripts deploy to needs no more than `" + environment.name + ": {}`";
    return;
  }
  if (job.rollout && !declared->target) {
    report_
        .error("missing-target", environment_node(draft).span(),
               "environment `" + environment.name + "` has no `target`, so Penstock can't deploy there")
        .help = "give it one in `.ci/environments.yml`, or deploy by a script";
  }
  if (job.rollout && declared->approvals > 0 && job.gate.kind == Gate::Kind::none) {
    job.gate.kind = Gate::Kind::manual;  // opens when enough people have agreed
    job.allow_failure = {};
  }
  if (environment.url.empty()) environment.url = declared->url;
  if (environment.tier.empty()) environment.tier = declared->tier;
}

void Compilation::place_environment(const Draft& draft, const Scope& scope, Job& job, Variables& predefined) {
  if (!job.environment) return;
  Environment& environment = *job.environment;
  std::string written = environment.name;
  environment.name = expand(written, scope, Unknown::empty);
  if (is_environment_name(environment.name)) {
    check_declared(draft, job);
  } else {
    report_
        .error("invalid-name", environment_node(draft).span(),
               environment.name.empty() ? "`" + written + "` is empty once its variables are replaced"
                                        : "`" + environment.name + "` can't be the name of an environment")
        .help = "use letters, digits, spaces and `-_/.`, no `/` at either end";
  }
  environment.auto_stop_in = expand(environment.auto_stop_in, scope, Unknown::keep);
  environment.on_stop = expand(environment.on_stop, scope, Unknown::keep);
  settle_tier(report_, draft, scope, environment);
  predefined.push_back(plain("CI_ENVIRONMENT_NAME", environment.name));
  predefined.push_back(plain("CI_ENVIRONMENT_SLUG", environment_slug(environment.name)));
  predefined.push_back(plain("CI_ENVIRONMENT_ACTION", environment.action));
  predefined.push_back(plain("CI_ENVIRONMENT_TIER", environment.tier));
  if (!environment.url.empty()) predefined.push_back({"CI_ENVIRONMENT_URL", environment.url, false, false, false});
}

void Compilation::leave_out(Job job) {
  jobs_.left_out.push_back({std::move(job.name), std::move(job.group), std::move(job.stage), std::move(job.location),
                            std::move(job.decision)});
}

}  // namespace penstock::gitlab
