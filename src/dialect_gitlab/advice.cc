#include "dialect_gitlab/advice.h"

#include <algorithm>
#include <array>

#include "dialect_gitlab/expression_tree.h"
#include "dialect_gitlab/only_except.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::string_view kAlways = "always";

/// Variables whose presence or value tells one kind of pipeline from another.
bool tells_event(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {
      "CI_PIPELINE_SOURCE", "CI_COMMIT_BRANCH",      "CI_COMMIT_TAG",          "CI_COMMIT_REF_NAME",
      "CI_COMMIT_REF_SLUG", "CI_COMMIT_TAG_MESSAGE", "CI_OPEN_MERGE_REQUESTS", "CI_COMMIT_REF_PROTECTED"};
  return name.starts_with("CI_MERGE_REQUEST_") || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

Variable plain(std::string name, std::string value) { return {std::move(name), std::move(value), true, false, false}; }

std::string default_branch(const Variables& predefined) {
  for (const Variable& variable : predefined) {
    if (variable.name == "CI_DEFAULT_BRANCH" && !variable.value.empty()) return variable.value;
  }
  return "main";
}

Variables on_branch(const std::string& source, const std::string& branch) {
  return {plain("CI_PIPELINE_SOURCE", source), plain("CI_COMMIT_BRANCH", branch), plain("CI_COMMIT_REF_NAME", branch),
          plain("CI_COMMIT_REF_SLUG", branch)};
}

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
               const Node* workflow)
    : report_(report), rules_(rules), request_(request), globals_(globals) {
  if (workflow != nullptr && workflow->is_mapping()) workflow_rules_ = workflow->find("rules");
  for (const Variable& variable : request.pipeline_variables) {
    variables_.set.insert(variable.name);
    if (variable.secret) variables_.secrets.insert(variable.name);
  }
  const std::string main = default_branch(request.predefined);
  Variables merge_request = {plain("CI_PIPELINE_SOURCE", "merge_request_event"),
                             plain("CI_MERGE_REQUEST_ID", "1"),
                             plain("CI_MERGE_REQUEST_IID", "1"),
                             plain("CI_MERGE_REQUEST_EVENT_TYPE", "detached"),
                             plain("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "a-change"),
                             plain("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", main),
                             plain("CI_COMMIT_REF_NAME", "a-change"),
                             plain("CI_COMMIT_REF_SLUG", "a-change")};
  add_event("a pipeline of the default branch", on_branch("push", main));
  Variables push = on_branch("push", "a-change");
  push.push_back(plain("CI_OPEN_MERGE_REQUESTS", "project!1"));
  add_event("a pipeline of another branch", std::move(push)).branch = true;
  add_event("a merge request pipeline", std::move(merge_request)).merge_request = true;
  add_event("a pipeline of a tag", {plain("CI_PIPELINE_SOURCE", "push"), plain("CI_COMMIT_TAG", "v1.0.0"),
                                    plain("CI_COMMIT_REF_NAME", "v1.0.0"), plain("CI_COMMIT_REF_SLUG", "v1-0-0")});
  add_event("a scheduled pipeline", on_branch("schedule", main));
  add_event("a pipeline that a person starts", on_branch("web", main));
}

Advice::Event& Advice::add_event(std::string_view name, Variables variables) {
  for (const Variable& variable : request_.predefined) {
    if (!tells_event(variable.name)) variables.push_back(variable);
  }
  Event event{name, std::move(variables), globals_};
  if (workflow_rules_ != nullptr) {
    Scope scope;
    scope.below(request_.pipeline_variables).below(globals_).below(event.variables);
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
  return events_.back();
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
    scope.below(request_.pipeline_variables).below(draft.variables).below(event.globals).below(event.variables);
    if (!event.exists) {
      seen.by_event.emplace_back();
    } else if (draft.rules != nullptr) {
      const Node** decisive = event.merge_request ? &seen.merge_request_rule : nullptr;
      seen.by_event.push_back(membership(rules_.read(*draft.rules, RulesOf::job), scope, decisive));
    } else {
      Decision ignored;
      const bool in = allowed_by_only_except(report_, rules_, draft, scope, workflow_rules_ != nullptr, ignored);
      seen.by_event.emplace_back(in ? kAlways : std::string_view());
    }
  }
  index_[draft.name] = seen_.size();
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

void Advice::compare_needs(const Seen& seen, const Seen& needed, const NeedRequest& need) {
  for (size_t event = 0; event < events_.size(); ++event) {
    if (implies(seen.by_event[event], needed.by_event[event])) continue;
    const bool sometimes = !needed.by_event[event].empty();
    Diagnostic& told = report_.warning("need-may-be-missing", need.at->span(),
                                       std::string(events_[event].name) + " can have this job and not `" + need.job +
                                           "`, which it needs: GitLab then refuses the pipeline");
    told.notes.push_back({needed.key->span(), sometimes
                                                  ? "`" + need.job + "` depends on which files there are or change"
                                                  : "the rules of `" + need.job + "` leave it out there"});
    told.help = "give both the same rules, or write the need with `optional: true`";
    return;
  }
}

void Advice::compare_pipelines() {
  if (workflow_rules_ != nullptr) return;
  size_t branch = 0;
  size_t merge_request = 0;
  for (size_t event = 0; event < events_.size(); ++event) {
    if (events_[event].branch) branch = event;
    if (events_[event].merge_request) merge_request = event;
  }
  for (const Seen& seen : seen_) {
    if (seen.by_event[branch].empty() || seen.by_event[merge_request].empty()) continue;
    const Node* place = seen.merge_request_rule != nullptr ? seen.merge_request_rule : seen.key;
    report_
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
  for (const Event& event : events_) {
    for (const Variables* list : {&event.variables, &event.globals}) {
      for (const Variable& variable : *list) variables_.set.insert(variable.name);
    }
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
      const auto needed = index_.find(need.job);
      if (need.optional || need.at == nullptr || needed == index_.end()) continue;
      compare_needs(seen, seen_[needed->second], need);
    }
  }
  compare_pipelines();
  compare_variables();
}

}  // namespace penstock::gitlab
