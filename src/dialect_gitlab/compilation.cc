#include "dialect_gitlab/compilation.h"

#include <algorithm>
#include <array>

#include "dialect_gitlab/gitlab.h"
#include "dialect_gitlab/sources.h"
#include "plan/check.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

/// Keywords of the top level that are no jobs. Those that are also a job's are an old way to write `default`.
constexpr std::array<std::string_view, 11> kGlobal = {"default",   "include",       "stages",      "types",
                                                      "variables", "workflow",      "spec",        "services",
                                                      "image",     "before_script", "after_script"};

bool is_global(std::string_view name) {
  return std::find(kGlobal.begin(), kGlobal.end(), name) != kGlobal.end() || name == "cache";
}

void report_cycle(Report& report, const Plan& plan, const std::vector<Draft>& drafts) {
  std::vector<std::string> cycle = find_need_cycle(plan);
  if (cycle.empty()) return;
  std::string path;
  for (const std::string& name : cycle) path += (path.empty() ? "`" : " → `") + name + "`";
  const Job* first = find_job(plan, cycle.front());
  for (const Draft& draft : drafts) {
    if (first == nullptr || draft.name != first->group) continue;
    SourceSpan span = draft.needs_span.known() ? draft.needs_span : draft.name_span;
    report.error("needs-cycle", span, "`needs` runs in a circle: " + path);
    return;
  }
}

}  // namespace

Compilation::Compilation(const CompileRequest& request, SourceReader& reader)
    : request_(request), reader_(reader), rules_(report_, reader), predefined_(request.predefined) {}

bool Compilation::load() {
  Scope scope;
  scope.below(request_.pipeline_variables).below(predefined_);
  if (!Sources(report_, arena_, rules_, reader_, scope).load(request_.path, config_)) return false;
  resolve_extends(report_, arena_, config_);
  resolve_references(report_, arena_, config_);
  return true;
}

void Compilation::read_globals() {
  // `default` before the older forms, which it overrides.
  if (const Config::Section* section = config_.find("default"); section != nullptr) read_default(*section->value);
  drafts_.reserve(config_.sections().size());
  for (const Config::Section& section : config_.sections()) read_section(section);
}

void Compilation::read_default(const Node& node) {
  if (node.is_null()) return;
  if (!node.is_mapping()) {
    report_.error("wrong-type", node.span(), "`default` must be a mapping, not " + std::string(node.kind_name()));
    return;
  }
  for (const yaml::Entry& entry : node.entries()) {
    std::string_view key = entry.key->text();
    const JobKeyword* keyword = find_job_keyword(key);
    if (keyword == nullptr || !keyword->inherited) {
      std::vector<std::string_view> names;
      for (const JobKeyword& known : job_keywords()) {
        if (known.inherited && known.read != nullptr) names.push_back(known.name);
      }
      report_.error("unknown-keyword", entry.key->span(), "`" + std::string(key) + "` is not a keyword of `default`")
          .label = suggestion(key, names);
    } else if (keyword->read == nullptr) {
      report_.error("not-built-yet", entry.key->span(),
                    "`" + std::string(key) + "` is known to GitLab, but not built yet in Penstock");
    } else if (!entry.value->is_null()) {
      defaults_.set(*keyword, *entry.value);
    }
  }
}

void Compilation::read_section(const Config::Section& section) {
  std::string_view name = section.key->text();
  if (name.starts_with('.')) return;
  if (name == "stages" || name == "types") stages_node_ = section.value;
  if (name == "workflow") workflow_node_ = section.value;
  if (name == "variables") global_variables_ = read_variables(report_, *section.value, true);
  if (name == "spec") {
    report_.error("not-built-yet", section.key->span(), "`spec` is known to GitLab, but not built yet in Penstock");
  }
  if (is_global(name)) {
    const JobKeyword* keyword = find_job_keyword(name);
    bool taken = keyword == nullptr;
    for (const auto& [known, value] : defaults_.values()) taken = taken || known == keyword;
    if (!taken && keyword->inherited && !section.value->is_null()) defaults_.set(*keyword, *section.value);
    return;
  }
  if (section.value->is_mapping()) {
    Draft& draft = drafts_.emplace_back();
    draft.name = name;
    draft.node = section.value;
    draft.name_span = section.key->span();
    if (name.size() > 255) report_.error("too-long", draft.name_span, "a job's name can have at most 255 characters");
    return;
  }
  std::vector<std::string_view> names(kGlobal.begin(), kGlobal.end());
  names.emplace_back("cache");
  Diagnostic& told =
      report_.error("wrong-type", section.key->span(),
                    "`" + std::string(name) + "` is neither a keyword nor a job (which must be a mapping, not " +
                        std::string(section.value->kind_name()) + ")");
  told.label = suggestion(name, names);
}

void Compilation::read_jobs() {
  for (Draft& draft : drafts_) read_job(report_, rules_, defaults_, draft);
  if (drafts_.empty() && !report_.failed()) {
    auto file = std::make_shared<const SourceFile>(SourceFile{request_.path, {}});
    SourceSpan span =
        config_.sections().empty() ? SourceSpan{file, 1, 1, 1, 1} : config_.sections().front().key->span();
    report_.error("no-jobs", span, "this pipeline has no job").help =
        "a job is a name with a `script`; names that start with `.` are hidden";
  }
}

void Compilation::check_stages() {
  stages_ = read_stages(report_, stages_node_);
  for (size_t i = 0; i < stages_.size(); ++i) stage_index_[stages_[i]] = i;
  std::vector<std::string_view> names(stages_.begin(), stages_.end());
  for (const Draft& draft : drafts_) {
    if (stage_index_.contains(draft.job.stage)) continue;
    SourceSpan span = draft.stage_span.known() ? draft.stage_span : draft.name_span;
    Diagnostic& told =
        report_.error("unknown-stage", span,
                      "stage `" + draft.job.stage + "` of job `" + std::string(draft.name) + "` doesn't exist");
    told.label = suggestion(draft.job.stage, names);
    for (const std::string& stage : stages_)
      told.help += (told.help.empty() ? "stages are " : ", ") + ("`" + stage + "`");
  }
}

Plan Compilation::make_plan() {
  Plan plan;
  plan.dialect = "gitlab";
  plan.source = request_.path;
  plan.variables = request_.predefined;
  plan.pipeline_variables = request_.pipeline_variables;
  plan.auto_cancel = workflow_.auto_cancel;
  plan.workflow = workflow_.decision;
  Scope scope;
  scope.below(request_.pipeline_variables).below(globals_).below(predefined_);
  plan.name = expand(workflow_.name, scope, Unknown::empty);
  if (!plan.name.empty()) plan.variables.push_back({"CI_PIPELINE_NAME", plan.name, true, false, false});
  std::stable_sort(instances_.begin(), instances_.end(), [&](const Instance& a, const Instance& b) {
    return stage_index_.at(a.job.stage) < stage_index_.at(b.job.stage);
  });
  bool middle = std::any_of(instances_.begin(), instances_.end(), [](const Instance& instance) {
    return instance.job.stage != ".pre" && instance.job.stage != ".post";
  });
  plan.jobs.reserve(instances_.size());
  for (Instance& instance : instances_) {
    if (!middle) {
      instance.job.decision.summary = "a pipeline of nothing but jobs in `.pre` and `.post` does not run";
      left_out_.push_back(
          {instance.job.name, instance.job.stage, instance.job.location, std::move(instance.job.decision)});
      continue;
    }
    if (plan.stages.empty() || plan.stages.back() != instance.job.stage) plan.stages.push_back(instance.job.stage);
    plan.jobs.push_back(std::move(instance.job));
  }
  plan.left_out = std::move(left_out_);
  return plan;
}

CompileResult Compilation::run() {
  CompileResult result;
  if (load()) {
    read_globals();
    globals_.add(global_variables_);
    Scope scope;
    scope.below(request_.pipeline_variables).below(globals_).below(predefined_);
    workflow_ = decide_workflow(report_, rules_, workflow_node_, scope);
    globals_.add(workflow_.variables);
    read_jobs();
    check_stages();
    decide_jobs();
    resolve_needs(report_, instances_, left_out_, drafts_, stage_index_);
  }
  result.workflow = workflow_.decision;
  if (!report_.failed() && workflow_.runs) {
    Plan plan = make_plan();
    report_cycle(report_, plan, drafts_);
    if (!report_.failed()) result.plan = std::move(plan);
  }
  result.diagnostics = report_.take();
  return result;
}

}  // namespace penstock::gitlab

namespace penstock {

CompileResult GitLabDialect::compile(const CompileRequest& request, SourceReader& reader) const {
  return gitlab::Compilation(request, reader).run();
}

}  // namespace penstock
