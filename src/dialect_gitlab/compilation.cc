#include "dialect_gitlab/compilation.h"

#include <algorithm>
#include <array>

#include "dialect_gitlab/advice.h"
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

/// Whether a name goes on behind another job's like those of its instances (`test: [3.12]`, `test 1/2`). Where none
/// does, no two instances are called the same: their names begin with their jobs'.
bool may_be_an_instance(std::string_view name) {
  return name.find(": [") != std::string_view::npos ||
         (name.find('/') != std::string_view::npos && name.find(' ') != std::string_view::npos);
}

void report_cycle(Report& report, const Plan& plan, const Jobs& jobs) {
  std::vector<std::string> cycle = find_need_cycle(plan);
  if (cycle.empty()) return;
  std::string path;
  for (const std::string& name : cycle) path += (path.empty() ? "`" : " → `") + name + "`";
  const Job* first = find_job(plan, cycle.front());
  for (const WrittenJob& written : jobs.written) {
    if (first == nullptr || written.name != first->group) continue;
    const Node* place = written.needs != nullptr ? written.needs : written.key;
    report.error("needs-cycle", place->span(), "`needs` runs in a circle: " + path);
    return;
  }
}

/// GitLab takes blanks at both ends of a pipeline's name away.
std::string without_blanks(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

/// Sorts by stage, each stage's jobs as they were written. They nearly always stand so already.
std::vector<Job> in_stage_order(std::vector<Job> jobs,
                                const std::unordered_map<std::string_view, size_t>& stage_index) {
  std::vector<std::vector<size_t>> by_stage(stage_index.size());
  for (size_t i = 0; i < jobs.size(); ++i) by_stage[stage_index.at(jobs[i].stage)].push_back(i);
  std::vector<size_t> order;
  order.reserve(jobs.size());
  for (const std::vector<size_t>& stage : by_stage) order.insert(order.end(), stage.begin(), stage.end());
  if (std::is_sorted(order.begin(), order.end())) return jobs;
  std::vector<Job> sorted;
  sorted.reserve(jobs.size());
  for (size_t index : order) sorted.push_back(std::move(jobs[index]));
  return sorted;
}

}  // namespace

Compilation::Compilation(const CompileRequest& request, SourceReader& reader, View view)
    : request_(request),
      reader_(reader),
      rules_(report_, reader),
      predefined_(request.predefined),
      view_(std::move(view)) {
  for (const PipelineKind* kind : view_.kinds) kinds_.push_back({kind, VariableLayer(kind->predefined)});
}

Compilation::~Compilation() = default;

bool Compilation::load() {
  Scope scope;
  scope.below(request_.pipeline_variables).below(predefined_);
  GivenInputs given;
  for (const auto& [name, value] : request_.inputs) given.push_back({name, nullptr, value, {}});
  Sources sources(report_, arena_, rules_, reader_, scope);
  if (request_.advise && !request_.locked) sources.advise_on_pins();
  if (!kinds_.empty()) sources.compare_kinds(kinds_, request_.pipeline_variables);
  sources.take(view_.taken);
  const bool loaded = sources.load(request_.path, given, config_);
  includes_ = sources.entries();
  if (!loaded) return false;
  resolve_extends(report_, arena_, config_);
  resolve_references(report_, arena_, config_);
  return true;
}

void Compilation::read_globals() {
  // `default` before the older forms, which it overrides.
  if (const Config::Section* section = config_.find("default"); section != nullptr) read_default(*section->value);
  jobs_.written.reserve(config_.sections().size());
  for (const Config::Section& section : config_.sections()) read_section(section);
  check_defaults();
}

/// What is wrong in them is wrong also where no job takes them. A job that does says nothing twice.
void Compilation::check_defaults() {
  Draft draft;
  JobReader reader{report_, rules_, draft, request_.own_keywords};
  for (const auto& [keyword, value] : defaults_.values()) {
    if (keyword->read != nullptr) keyword->read(reader, *value);
  }
}

void Compilation::read_default(const Node& node) {
  if (node.is_null()) return;
  if (!node.is_mapping()) {
    wrong_type(report_, node, "`default`", "a mapping");
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
          .instead = nearest(key, names);
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
  // The old word for `stages` is a list; a mapping of that name is somebody's job.
  const bool is_job = name == "types" && section.value->is_mapping();
  if (name == "stages" || (name == "types" && !is_job)) stages_node_ = section.value;
  if (name == "workflow") workflow_node_ = section.value;
  if (name == "variables") global_variables_ = read_variables(report_, *section.value, VariablesOf::file);
  if (is_global(name) && !is_job) {
    const JobKeyword* keyword = find_job_keyword(name);
    bool taken = keyword == nullptr;
    for (const auto& [known, value] : defaults_.values()) taken = taken || known == keyword;
    if (!taken && keyword->inherited && !section.value->is_null()) defaults_.set(*keyword, *section.value);
    return;
  }
  if (section.value->is_mapping()) {
    jobs_.written.push_back({name, section.key, section.value});
    names_may_clash_ = names_may_clash_ || may_be_an_instance(name);
    if (is_too_long(name)) {
      report_.error("too-long", section.key->span(), "a job's name can have at most 255 characters");
    }
    if (name.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      report_.error("empty-name", section.key->span(), "a job must have a name");
    } else if (section.key->as_bool() || section.key->is_null()) {
      report_.error("wrong-type", section.key->span(),
                    "a job can be called `" + std::string(name) + "` only in quotes");
    }
    return;
  }
  std::vector<std::string_view> names(kGlobal.begin(), kGlobal.end());
  names.emplace_back("cache");
  Diagnostic& told =
      report_.error("wrong-type", section.key->span(),
                    "`" + std::string(name) + "` is neither a keyword nor a job (which must be a mapping, not " +
                        std::string(section.value->kind_name()) + ")");
  told.instead = nearest(name, names);
}

void Compilation::place_stages() {
  jobs_.stages = read_stages(report_, stages_node_);
  for (size_t i = 0; i < jobs_.stages.size(); ++i) jobs_.stage_index[jobs_.stages[i]] = i;
}

void Compilation::read_jobs() {
  jobs_.included.reserve(jobs_.written.size());
  jobs_.asks.reserve(jobs_.written.size());
  for (size_t i = 0; i < jobs_.written.size(); ++i) {
    WrittenJob& written = jobs_.written[i];
    Draft draft;
    draft.name = written.name;
    draft.key = written.key;
    draft.node = written.node;
    JobReader reader{report_, rules_, draft, request_.own_keywords};
    read_job(reader, defaults_);
    written.needs = draft.needs_node;
    written.rules = draft.rules != nullptr ? draft.rules : draft.only != nullptr ? draft.only : draft.except;
    check_draft(draft);
    if (advice_) advice_->look_at(draft);
    if (view_.plan) decide_instances(draft, i);
  }
  if (jobs_.written.empty() && !report_.failed()) {
    auto file = std::make_shared<const SourceFile>(SourceFile{request_.path, {}});
    const std::vector<Config::Section>& sections = config_.sections();
    SourceSpan span = sections.empty() ? SourceSpan{file, 1, 1, 1, 1} : sections.front().key->span();
    report_.error("no-jobs", span, "this pipeline has no job").help =
        "a job is a name with a `script`; names that start with `.` are hidden";
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
  plan.name = without_blanks(expand(workflow_.name, scope, Unknown::empty));
  if (!plan.name.empty()) plan.variables.push_back({"CI_PIPELINE_NAME", plan.name, true, false, false});
  bool middle = std::any_of(jobs_.included.begin(), jobs_.included.end(),
                            [](const Job& job) { return job.stage != ".pre" && job.stage != ".post"; });
  if (middle) {
    plan.jobs = in_stage_order(std::move(jobs_.included), jobs_.stage_index);
  } else {
    for (Job& job : jobs_.included) {
      Decision decision = *job.decision;
      decision.summary = "a pipeline of nothing but jobs in `.pre` and `.post` does not run";
      job.decision = std::move(decision);
      leave_out(std::move(job));
    }
  }
  for (const Job& job : plan.jobs) {
    if (plan.stages.empty() || plan.stages.back() != job.stage) plan.stages.push_back(job.stage);
  }
  plan.left_out = std::move(jobs_.left_out);
  return plan;
}

std::vector<const PipelineKind*> Compilation::kinds_apart() const {
  std::vector<const PipelineKind*> apart;
  for (const KindScope& one : kinds_) {
    if (one.apart) apart.push_back(one.kind);
  }
  return apart;
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
    place_stages();
    if (request_.advise) {
      advice_ = std::make_unique<Advice>(report_, rules_, request_, global_variables_, workflow_node_, kinds_);
      advice_->look_at(defaults_);
    }
    read_jobs();
    if (view_.plan) resolve_needs(report_, jobs_);
    if (!report_.is_incomplete()) check_stop_jobs(report_, jobs_.written);
    // What a part that is missing would say of the jobs isn't known.
    if (advice_ && !report_.failed()) advice_->compare(jobs_);
  }
  result.workflow = workflow_.decision;
  if (!report_.failed() && workflow_.runs && view_.plan) {
    Plan plan = make_plan();
    report_cycle(report_, plan, jobs_);
    if (!report_.failed()) result.plan = std::move(plan);
  }
  result.images.assign(images_.begin(), images_.end());
  result.children = std::move(children_);
  result.includes = std::move(includes_);
  return result;
}

}  // namespace penstock::gitlab

namespace penstock {

CompileResult GitLabDialect::compile(const CompileRequest& request, SourceReader& reader) const {
  gitlab::Compilation::View view;
  for (const PipelineKind& kind : request.kinds) {
    if (request.advise) view.kinds.push_back(&kind);
  }
  gitlab::Compilation compilation(request, reader, std::move(view));
  CompileResult result = compilation.run();
  if (compilation.advice() != nullptr && !compilation.failed()) gitlab::advise_on_kinds(request, reader, compilation);
  if (request.every_include) gitlab::survey_includes(request, reader, compilation, result);
  result.diagnostics = compilation.take_diagnostics();
  return result;
}

}  // namespace penstock
