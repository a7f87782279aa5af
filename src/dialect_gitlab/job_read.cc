#include <algorithm>
#include <array>

#include "base/environment_names.h"
#include "dialect_gitlab/job.h"
#include "dialect_gitlab/moa.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<std::string_view, 5> kWhens = {"on_success", "on_failure", "always", "manual", "delayed"};
constexpr std::array<Keyword, 2> kInherit = {{{"default"}, {"variables"}}};
constexpr std::array<Keyword, 2> kResourceGroup = {{{"name"}, {"process_mode"}}};
// GitLab sets them through its API only; here they may stand in the pipeline.
constexpr std::array<std::string_view, 4> kProcessModes = {"unordered", "oldest_first", "newest_first",
                                                           "newest_ready_first"};
constexpr int64_t kLongestTimeout = 30LL * 24 * 3600 * 1000;
constexpr size_t kMaxStageName = 255;
constexpr size_t kMaxTags = 49;

void read_script_lines(JobReader& reader, const Node& node) {
  reader.draft.has_script = true;
  size_t before = reader.report.errors();
  reader.draft.script = read_script(reader.report, node, "`script`");
  bool blank = std::all_of(reader.draft.script.begin(), reader.draft.script.end(),
                           [](const std::string& line) { return line.empty(); });
  if (blank && reader.report.errors() == before) reader.report.error("script-blank", node.span(), "`script` is empty");
}

void read_before_script(JobReader& reader, const Node& node) {
  reader.draft.before_script = read_script(reader.report, node, "`before_script`");
}

void read_after_script(JobReader& reader, const Node& node) {
  std::vector<std::string> lines = read_script(reader.report, node, "`after_script`");
  if (!lines.empty()) reader.draft.job.after_steps = {ScriptStep{std::move(lines)}};
}

void read_stage(JobReader& reader, const Node& node) {
  reader.draft.job.stage = read_string(reader.report, node, "`stage`").value_or("test");
  reader.draft.stage_node = &node;
  if (reader.draft.job.stage.size() > kMaxStageName)
    reader.report.error("too-long", node.span(), "a stage's name can have at most 255 characters");
}

/// As `stage` was called until GitLab 15.
void read_type(JobReader& reader, const Node& node) {
  reader.report.warning("removed-keyword", node.span(), "GitLab has no `type` any more").help = "write `stage`";
  if (reader.draft.node->find("stage") == nullptr) read_stage(reader, node);
}

void read_variables_of_job(JobReader& reader, const Node& node) {
  reader.draft.variables = read_variables(reader.report, node, VariablesOf::job);
  // GitLab's documentation: an empty mapping leaves the top level's variables out.
  if (node.is_mapping() && node.entries().empty()) reader.draft.inherits_all_variables = false;
}

void read_when(JobReader& reader, const Node& node) {
  reader.draft.when_node = &node;
  if (node.text() == "never") {
    reader.report.error("when-never", node.span(), "`when: never` can only stand in `rules`").help =
        "write `rules: [{when: never}]`";
    return;
  }
  reader.draft.when = read_word(reader.report, node, "`when`", kWhens).value_or("");
}

void read_start_in(JobReader& reader, const Node& node) {
  reader.draft.start_in = read_delay(reader.report, node);
  reader.draft.start_in_node = &node;
}

void read_allow_failure_of_job(JobReader& reader, const Node& node) {
  reader.draft.allow_failure = read_allow_failure(reader.report, node);
}

void read_rules_of_job(JobReader& reader, const Node& node) { reader.draft.rules = &node; }
void read_only(JobReader& reader, const Node& node) { reader.draft.only = &node; }
void read_except(JobReader& reader, const Node& node) { reader.draft.except = &node; }

void read_timeout(JobReader& reader, const Node& node) {
  reader.draft.job.timeout = read_duration(reader.report, node, "`timeout`");
  if (reader.draft.job.timeout && reader.draft.job.timeout->count() > kLongestTimeout)
    reader.report.error("out-of-range", node.span(), "`timeout` can be at most one month");
}

void read_interruptible(JobReader& reader, const Node& node) {
  reader.draft.job.interruptible = read_bool(reader.report, node, "`interruptible`").value_or(false);
}

void read_tags(JobReader& reader, const Node& node) {
  if (!node.is_sequence()) {
    read_strings(reader.report, node, "`tags`");
    return;
  }
  for (const Node* item : flat_items(node)) {
    if (std::optional<std::string> tag = read_string(reader.report, *item, "a tag"))
      reader.draft.job.tags.push_back(std::move(*tag));
  }
  if (reader.draft.job.tags.size() > kMaxTags)
    reader.report.error("too-many", node.span(), "a job can have at most 49 tags");
}

/// As it is written, variables and all: GitLab runs a job whose group has another name without any.
void check_resource_group(Report& report, const Node& node, std::string_view name) {
  if (is_resource_group_name(name)) return;
  report.error("invalid-name", node.span(), "`" + std::string(name) + "` can't be the name of a resource group").help =
      "use letters, digits, spaces and `-_/.`, no `/` at either end";
}

void read_resource_group(JobReader& reader, const Node& node) {
  const Node* name = &node;
  if (node.is_mapping()) {
    check_keywords(reader.report, node, kResourceGroup, "`resource_group`");
    name = node.find("name");
    if (name == nullptr) return require(reader.report, node, "name", "`resource_group`");
  }
  if (std::optional<std::string> text = read_string(reader.report, *name, "`resource_group`")) {
    check_resource_group(reader.report, *name, *text);
    reader.draft.job.resource_group = ResourceGroup{std::move(*text), {}};
  }
  const Node* mode = node.find("process_mode");
  if (mode != nullptr && reader.draft.job.resource_group) {
    reader.draft.job.resource_group->mode =
        read_word(reader.report, *mode, "`process_mode`", kProcessModes).value_or("");
  }
}

void read_manual_confirmation(JobReader& reader, const Node& node) {
  reader.draft.job.gate.confirmation = read_string(reader.report, node, "`manual_confirmation`").value_or("");
}

/// `inherit` is looked at before all else, and `extends` was before any job is read.
void read_nothing(JobReader&, const Node&) {}

constexpr std::array<JobKeyword, 41> kKeywords = {{
    {"after_script", read_after_script, true},
    {"allow_failure", read_allow_failure_of_job},
    {"artifacts", read_artifacts, true},
    {"before_script", read_before_script, true},
    {"cache", read_cache, true},
    {"coverage", read_coverage},
    {"dast_configuration", read_dast_configuration},
    {"dependencies", read_dependencies},
    {"environment", read_environment},
    {"except", read_except},
    {"extends", read_nothing},
    {"hooks", read_hooks, true},
    {"id_tokens", read_id_tokens, true},
    {"identity", read_identity, true},
    {"image", read_image, true},
    {"inherit", read_nothing},
    {"inputs", read_job_inputs},
    {"interruptible", read_interruptible, true},
    {"manual_confirmation", read_manual_confirmation},
    {"needs", read_needs},
    {"only", read_only},
    {"pages", read_pages},
    {"parallel", read_parallel},
    {"publish", read_publish},
    {"release", read_release},
    {"resource_group", read_resource_group},
    {"retry", read_retry, true},
    {"rollout", read_rollout, false, true},
    {"rules", read_rules_of_job},
    {"run", read_run},
    {"script", read_script_lines},
    {"secrets", read_secrets},
    {"services", read_services, true},
    {"stage", read_stage},
    {"start_in", read_start_in},
    {"tags", read_tags, true},
    {"timeout", read_timeout, true},
    {"trigger", read_trigger},
    {"type", read_type},
    {"variables", read_variables_of_job},
    {"when", read_when},
}};
static_assert(std::is_sorted(kKeywords.begin(), kKeywords.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));

void unknown_keyword(JobReader& reader, const yaml::Entry& entry) {
  std::string_view key = entry.key->text();
  std::vector<std::string_view> names;
  for (const JobKeyword& keyword : kKeywords) {
    if (keyword.read != nullptr && (!keyword.own || reader.own_keywords)) names.push_back(keyword.name);
  }
  Diagnostic& told =
      reader.report.error("unknown-keyword", entry.key->span(), "`" + std::string(key) + "` is not a keyword of a job");
  told.instead = nearest(key, names);
  // A misspelt `script` is told of once, not as a missing one too.
  if (told.instead == "script" || told.instead == "rollout") reader.draft.has_script = true;
  if (key != "rollout") return;
  reader.draft.has_script = true;
  told.label = {};
  told.help =
      "it is Penstock's own, which GitLab doesn't know: write `script: ci deploy ENVIRONMENT`, or move the job to a "
      "file "
      "in `.ci/`";
}

/// What `inherit` says of one kind: all, none or some.
struct Inherited {
  bool all = true;
  std::vector<std::string> some;

  [[nodiscard]] bool has(std::string_view name) const {
    return all || std::find(some.begin(), some.end(), name) != some.end();
  }
};

Inherited read_inherited(Report& report, const Node* inherit, std::string_view kind) {
  const Node* node = inherit == nullptr ? nullptr : inherit->find(kind);
  if (node == nullptr) return {};
  std::string what = "`inherit: " + std::string(kind) + "`";
  if (node->is_sequence()) return {false, read_strings(report, *node, what)};
  return {read_bool(report, *node, what).value_or(true), {}};
}

/// Stands for a `!reference` that was told to lead nowhere: empty, where something was written.
bool is_unresolved(const Report& report, const Node& value) {
  const SourceSpan at = value.span();
  return report.failed() && value.text().empty() && (at.line != at.end_line || at.column != at.end_column);
}

void read_own(JobReader& reader) {
  for (const yaml::Entry& entry : reader.draft.node->entries()) {
    const JobKeyword* keyword = find_job_keyword(entry.key->text());
    if (keyword == nullptr || (keyword->own && !reader.own_keywords)) {
      unknown_keyword(reader, entry);
    } else if (keyword->read == nullptr) {
      reader.report.error("not-built-yet", entry.key->span(),
                          "`" + std::string(keyword->name) + "` is known to GitLab, but not built yet in Penstock");
      if (keyword->name == "trigger" || keyword->name == "run") reader.draft.has_script = true;
    } else if (!entry.value->is_null()) {
      keyword->read(reader, *entry.value);
    } else if (keyword->name == "image" || keyword->name == "services") {
      reader.report.error("missing-value", entry.key->span(), "`" + std::string(keyword->name) + "` is empty");
    } else if (keyword->name == "script") {
      reader.draft.has_script = true;
      if (!reader.report.is_incomplete() && !is_unresolved(reader.report, *entry.value))
        reader.report.error("script-blank", entry.key->span(), "`script` is empty");
    }
  }
}

void check_inherited_defaults(Report& report, const Node& names) {
  if (!names.is_sequence()) return;
  for (const Node* name : flat_items(names)) {
    const JobKeyword* keyword = find_job_keyword(name->text());
    if (keyword != nullptr && keyword->inherited) continue;
    report.error("unknown-keyword", name->span(), "`" + name->to_text() + "` is nothing that `default` can hold");
  }
}

bool says(const Draft& draft, std::string_view keyword) {
  const Node* value = draft.node->find(keyword);
  return value != nullptr && !value->is_null();
}

}  // namespace

std::span<const JobKeyword> job_keywords() { return kKeywords; }

const JobKeyword* find_job_keyword(std::string_view name) {
  auto at = std::lower_bound(kKeywords.begin(), kKeywords.end(), name,
                             [](const JobKeyword& keyword, std::string_view wanted) { return keyword.name < wanted; });
  return at == kKeywords.end() || at->name != name ? nullptr : &*at;
}

void read_job(JobReader& reader, const Defaults& defaults) {
  Report& report = reader.report;
  Draft& draft = reader.draft;
  draft.job.stage = "test";
  const Node* inherit = draft.node->find("inherit");
  if (inherit != nullptr && !check_keywords(report, *inherit, kInherit, "`inherit`")) inherit = nullptr;
  Inherited variables = read_inherited(report, inherit, "variables");
  draft.inherits_all_variables = variables.all;
  draft.inherited_variables = std::move(variables.some);
  Inherited inherited = read_inherited(report, inherit, "default");
  if (!inherited.all) check_inherited_defaults(report, *inherit->find("default"));
  read_own(reader);
  for (const auto& [keyword, value] : defaults.values()) {
    if (keyword->read != nullptr && inherited.has(keyword->name) && !says(draft, keyword->name))
      keyword->read(reader, *value);
  }
  publish_pages(draft);
  place_job_inputs(report, draft);
  if (draft.job.rollout) return check_rollout(reader);
  // Where `extends` is still there, it couldn't be followed, and the script may stand there.
  if (!draft.has_script && !says(draft, "script") && !says(draft, "extends")) {
    report.error("script-missing", draft.key->span(), "job `" + std::string(draft.name) + "` has no `script`");
  }
}

}  // namespace penstock::gitlab
