#include "dialect_gitlab/advice.h"

#include <algorithm>
#include <array>

#include "dialect_gitlab/expression_tree.h"
#include "dialect_gitlab/only_except.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::string_view kAlways = "always";

/// What a rule waits for besides its `if`: empty where it is only that.
std::string beside_condition(const Rule& rule) {
  std::string key;
  for (const auto* list : {&rule.changes, &rule.exists}) {
    if (!*list) continue;
    key += list == &rule.changes ? "changes" : "exists";
    for (const std::string& pattern : **list) key += "\n" + pattern;
  }
  return key;
}

bool is_unconditional(const Rule& rule) { return rule.condition_node == nullptr && !rule.changes && !rule.exists; }

std::string without_digits(std::string_view name) {
  std::string letters;
  for (const char c : name) letters += c >= '0' && c <= '9' ? '0' : c;
  return letters;
}

/// Whether `name` is likely meant to be `known`: `PYTHON_2` is not `PYTHON_3`.
bool is_slip(std::string_view name, std::string_view known) {
  constexpr size_t kShort = 5;
  constexpr size_t kLong = 12;
  if (name.size() < kShort || without_digits(name) == without_digits(known)) return false;
  const size_t limit = name.size() < kLong ? 1 : 2;
  const size_t distance = edit_distance(name, known, limit);
  return distance > 0 && distance <= limit;  // 0: another case, and so another name
}

/// Of memberships that depend on something: every way in for `job` is one for what it needs.
bool implies(const std::string& job, const std::string& needed) {
  if (needed == kAlways || job.empty() || job == needed) return true;
  if (job == kAlways || needed.find('!') != std::string::npos || job.find('!') != std::string::npos) return false;
  for (size_t at = 0; at < job.size();) {
    const size_t end = std::min(job.find('\t', at), job.size());
    if (("\t" + needed + "\t").find("\t" + job.substr(at, end - at) + "\t") == std::string::npos) return false;
    at = end + 1;
  }
  return true;
}

}  // namespace

Advice::Advice(Report& report, RuleBook& rules, const CompileRequest& request, const Variables& globals,
               const Node* workflow, const std::vector<KindScope>& kinds)
    : report_(report), rules_(rules), request_(request), globals_(globals) {
  if (workflow != nullptr && workflow->is_mapping()) workflow_rules_ = workflow->find("rules");
  for (const Variable& variable : request.pipeline_variables) {
    variables_.set.insert(variable.name);
    if (variable.secret) variables_.secrets.insert(variable.name);
  }
  for (const KindScope& kind : kinds) {
    if (!kind.apart) add_event(kind);
  }
}

void Advice::add_event(const KindScope& kind) {
  Event event{&kind, globals_};
  if (workflow_rules_ != nullptr) {
    Scope scope;
    scope.below(request_.pipeline_variables).below(globals_).below(kind.predefined);
    const Rules& rules = rules_.read(*workflow_rules_, RulesOf::workflow);
    const auto decisive = std::find_if(rules.begin(), rules.end(), [&scope](const Rule& rule) {
      return rule.condition_node == nullptr || (rule.condition != nullptr && rule.condition->evaluate(scope).truth);
    });
    event.exists = decisive != rules.end() && decisive->when != "never";
    if (event.exists) {
      event.globals.insert(event.globals.end(), decisive->variables.begin(), decisive->variables.end());
    }
  }
  events_.push_back(std::move(event));
}

std::optional<size_t> Advice::find_event(PipelineKind::Of of) const {
  const auto found =
      std::find_if(events_.begin(), events_.end(), [of](const Event& event) { return event.kind->kind->of == of; });
  return found == events_.end() ? std::nullopt : std::optional<size_t>(found - events_.begin());
}

const Advice::Seen* Advice::find_seen(std::string_view name) const {
  if (const auto found = index_.find(name); found != index_.end()) return &seen_[found->second];
  const auto instance = instances_.find(std::string(name));
  return instance == instances_.end() ? nullptr : &seen_[instance->second];
}

Advice::Membership Advice::membership(const Rules& rules, const Scope& scope, const Node** decisive) const {
  std::string ways;
  const auto add = [&ways](std::string way) { ways += (ways.empty() ? "" : "\t") + std::move(way); };
  for (const Rule& rule : rules) {
    if (rule.condition_node != nullptr && (rule.condition == nullptr || !rule.condition->evaluate(scope).truth))
      continue;
    const std::string beside = beside_condition(rule);
    const bool never = rule.when == "never";
    if (!never && decisive != nullptr && *decisive == nullptr) *decisive = rule.node;
    if (!beside.empty()) {
      add((never ? "!" : "") + beside);
      continue;
    }
    if (never) return ways;
    return ways.find('!') == std::string::npos ? std::string(kAlways) : ways + "\t" + std::string(kAlways);
  }
  return ways;
}

void Advice::look_at_rules(const Draft& draft) {
  const Rules& rules = rules_.read(*draft.rules, RulesOf::job);
  bool runs = false;
  for (size_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    if (rule.condition_node != nullptr) look_at_condition(*rule.condition_node);
    for (const Variable& variable : rule.variables) variables_.set.insert(variable.name);
    runs = runs || rule.when != "never";
    const bool only_changes = rule.changes && rule.compare_to.empty() && rule.condition_node == nullptr && !rule.exists;
    if (only_changes && rule.when != "never" && workflow_rules_ == nullptr) {
      const Node* place = rule.node->is_mapping() ? rule.node->find("changes") : nullptr;
      report_
          .warning(
              "changes-on-new-branch", (place == nullptr ? rule.node : place)->span(),
              "on GitLab `changes` without `if` always holds where there is nothing to compare with: a new branch, "
              "a tag, a schedule")
          .help = "add `compare_to: refs/heads/BRANCH` (in the long form of `changes`), or an `if`";
    }
    if (!is_unconditional(rule) || i + 1 == rules.size()) continue;
    report_
        .warning("unreachable-rule", rules[i + 1].node->span(),
                 "`" + rules[i + 1].label + "` is never looked at: the rule before it always holds")
        .notes.push_back({rule.node->span(), "this one has no condition"});
    break;
  }
  // A single `when: never` is how people switch a job off that a template brings.
  if (!runs && rules.size() != 1) {
    report_.warning("never-runs", draft.key->span(), "job `" + std::string(draft.name) + "` can never run").help =
        rules.empty() ? "its list of `rules` is empty" : "each of its rules says `when: never`";
  }
}

void Advice::look_at_membership(const Draft& draft) {
  Seen seen;
  seen.key = draft.key;
  if (draft.needs) seen.needs = *draft.needs;
  for (const Event& event : events_) {
    Scope scope;
    scope.below(request_.pipeline_variables).below(draft.variables).below(event.globals).below(event.kind->predefined);
    if (!event.exists) {
      seen.by_event.emplace_back();
    } else if (draft.rules != nullptr) {
      const bool merge_request = event.kind->kind->of == PipelineKind::Of::merge_request;
      const Node** decisive = merge_request ? &seen.merge_request_rule : nullptr;
      seen.by_event.push_back(membership(rules_.read(*draft.rules, RulesOf::job), scope, decisive));
    } else {
      Shared<Decision> ignored;
      const bool in = allowed_by_only_except(report_, rules_, draft, scope, workflow_rules_ != nullptr, ignored);
      seen.by_event.emplace_back(in ? kAlways : std::string_view());
    }
  }
  index_[draft.name] = seen_.size();
  if (draft.parallel > 0 || !draft.matrix.empty()) {
    for (std::string& name : instance_names(draft)) instances_.emplace(std::move(name), seen_.size());
  }
  seen_.push_back(std::move(seen));
}

void Advice::look_at_keyword(std::string_view keyword, const Node& value) {
  if (keyword == "image" && !request_.locked) advise_on_image(report_, value);
  if (keyword == "services" && !request_.locked) advise_on_services(report_, value);
  if (keyword == "script" || keyword == "before_script" || keyword == "after_script")
    advise_on_script(report_, value, variables_);
}

void Advice::look_at(const Defaults& defaults) {
  for (const auto& [keyword, value] : defaults.values()) look_at_keyword(keyword->name, *value);
}

void Advice::look_at(const Draft& draft) {
  if (draft.rules != nullptr) look_at_rules(draft);
  look_at_membership(draft);
  for (const Variable& variable : draft.fetched) variables_.secrets.insert(variable.name);
  for (const Variables* list : {&draft.fetched, &draft.variables}) {
    for (const Variable& variable : *list) variables_.set.insert(variable.name);
  }
  for (const MatrixValues& values : draft.matrix) {
    for (const auto& [name, value] : values) variables_.set.insert(name);
  }
  any_name_may_be_set_ = any_name_may_be_set_ || draft.job.artifacts.reports.contains("dotenv");
  for (const yaml::Entry& entry : draft.node->entries()) look_at_keyword(entry.key->text(), *entry.value);
}

void Advice::compare_needs(const Seen& seen, const Seen* needed, const NeedRequest& need) {
  for (size_t event = 0; event < events_.size(); ++event) {
    const Membership in = needed == nullptr ? Membership() : needed->by_event[event];
    if (implies(seen.by_event[event], in)) continue;
    Diagnostic& told = report_.warning("need-may-be-missing", need.at->span(),
                                       events_[event].kind->kind->name + " can have this job and not `" + need.job +
                                           "`, which it needs: GitLab then refuses the pipeline");
    told.help = "give both the same rules, or write the need with `optional: true`";
    if (needed == nullptr) return;
    told.notes.push_back({needed->key->span(), in.empty()
                                                   ? "the rules of `" + need.job + "` leave it out there"
                                                   : "`" + need.job + "` depends on which files there are or change"});
    return;
  }
}

void Advice::compare_pipelines(const std::vector<Advice*>& all) {
  const auto knows = [&](PipelineKind::Of of) {
    const auto found = std::find_if(all.begin(), all.end(), [of](const Advice* one) { return one->find_event(of); });
    return found == all.end() ? nullptr : *found;
  };
  const Advice* branch = knows(PipelineKind::Of::open_branch);
  Advice* merge_request = knows(PipelineKind::Of::merge_request);
  if (branch == nullptr || merge_request == nullptr) return;
  if (branch->workflow_rules_ != nullptr || merge_request->workflow_rules_ != nullptr) return;
  const size_t in_branch = *branch->find_event(PipelineKind::Of::open_branch);
  const size_t in_merge_request = *merge_request->find_event(PipelineKind::Of::merge_request);
  for (const Seen& seen : merge_request->seen_) {
    const Seen* same = branch->find_seen(seen.key->text());
    if (same == nullptr || same->by_event[in_branch].empty() || seen.by_event[in_merge_request].empty()) continue;
    const Node* place = seen.merge_request_rule != nullptr ? seen.merge_request_rule : seen.key;
    merge_request->report_
        .warning("duplicate-pipelines", place->span(),
                 "a push to a branch with an open merge request starts two pipelines, and `" +
                     std::string(seen.key->text()) + "` runs in both")
        .help = "let `workflow: rules` choose one: docs/lint/duplicate-pipelines.md has the lines";
    return;  // the remedy is one for all jobs
  }
}

void Advice::look_at_condition(const Node& condition) {
  const auto tokens = tokenize(condition.text());
  if (!std::holds_alternative<std::vector<Token>>(tokens)) return;
  for (const Token& token : std::get<std::vector<Token>>(tokens)) {
    if (token.kind == Token::Kind::variable)
      variables_.used.emplace(token.text, VariableUse{&condition, token.offset, token.length});
  }
}

/// A variable may also come from a project's settings, which can't be seen here: only what looks like a slip is told.
void Advice::compare_variables() {
  // Each name is compared with each: beyond what people write, not at all.
  constexpr size_t kMostNames = 2000;
  if (any_name_may_be_set_ || variables_.used.size() > kMostNames || variables_.set.size() > kMostNames) return;
  for (const PipelineKind& kind : request_.kinds) {
    for (const Variable& variable : kind.predefined) variables_.set.insert(variable.name);
  }
  for (const Event& event : events_) {
    for (const Variable& variable : event.globals) variables_.set.insert(variable.name);
  }
  for (const auto& [name, use] : variables_.used) {
    if (variables_.set.contains(name) || is_dynamic_variable(name)) continue;
    const auto near = std::find_if(variables_.set.begin(), variables_.set.end(),
                                   [&name = name](const std::string& known) { return is_slip(name, known); });
    if (near == variables_.set.end()) continue;
    report_.warning("unset-variable", use.place(), "nothing here sets `" + name + "`").instead = *near;
  }
}

void Advice::compare(const Jobs& jobs) {
  for (const WrittenJob& written : jobs.written) {
    const Seen& seen = seen_[index_.at(written.name)];
    for (const NeedRequest& need : seen.needs) {
      if (!need.optional && need.at != nullptr) compare_needs(seen, find_seen(need.job), need);
    }
  }
  compare_variables();
}

}  // namespace penstock::gitlab
