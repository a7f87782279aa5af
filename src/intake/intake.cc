#include "intake/intake.h"

#include "intake/children.h"
#include "intake/find.h"
#include "intake/predefined.h"
#include "intake/prepared.h"

namespace penstock {
namespace {

constexpr size_t kShortId = 8;

Result<CommitFacts> read_commit(const git::Repository& repository) {
  CommitFacts facts;
  PENSTOCK_TRY(std::string head, repository.head());
  PENSTOCK_TRY(facts.commit, repository.commit(head));
  PENSTOCK_TRY(std::optional<std::string> branch, repository.branch());
  facts.short_id = head.substr(0, kShortId);
  facts.branch = branch.value_or("");
  if (branch) return facts;
  PENSTOCK_TRY(std::vector<std::string> tags, repository.tags_at(head));
  if (!tags.empty()) facts.tag = tags.back();
  return facts;
}

Result<Prepared> prepare(const git::Repository& repository, const IntakeOptions& options) {
  PENSTOCK_TRY(CommitFacts commit, read_commit(repository));
  RepositorySources sources(repository, commit.commit.id, options.worktree);
  Prepared prepared{repository, std::move(sources), std::move(commit), {}, {}, {}, {}, {}, nullptr};
  PENSTOCK_TRY(prepared.found, find_pipeline(prepared.sources, options.pipeline));
  PENSTOCK_TRY(prepared.lock, read_lock(prepared.sources));
  CompileRequest& request = prepared.request;
  request.every_include = options.relock.has_value();
  request.with_children = options.children;
  if (prepared.lock && !options.relock) use_lock(*prepared.lock, request);
  request.path = prepared.found.path;
  request.own_keywords = prepared.found.own_keywords;
  request.pipeline_variables = options.variables;
  request.inputs = options.inputs;
  PENSTOCK_TRY(prepared.project,
               project_variables(repository, prepared.commit, prepared.found.path, options.environment));
  PENSTOCK_TRY(prepared.environments, read_environments(repository, prepared.commit.commit.id, options.worktree));
  request.advise = options.advise;
  if (prepared.environments) request.environments = declared(*prepared.environments);
  return prepared;
}

void append(Variables more, Variables& variables) {
  variables.insert(variables.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// The pipelines that the project usually has, whatever this one is.
Result<std::vector<PipelineKind>> kinds(const Prepared& prepared) {
  Circumstances named;
  named.tag = "v1.0.0";  // the newest one would have to be looked for
  std::vector<PipelineKind> all;
  for (ProjectEvent& event : project_events(value_of(prepared.project, "CI_DEFAULT_BRANCH"), named)) {
    if (!event.usual) break;
    PipelineKind& kind = all.emplace_back();
    kind.name = event.in_words;
    PENSTOCK_TRY(const Circumstances settled, settle(std::move(event.circumstances), prepared.repository, {}, {}));
    kind.predefined = prepared.project;
    append(event_variables(prepared.commit, settled, prepared.project, {}), kind.predefined);
    if (settled.is_merge_request()) kind.of = PipelineKind::Of::merge_request;
    if (event.open_branch) {
      kind.of = PipelineKind::Of::open_branch;
      const std::string path = value_of(prepared.project, "CI_PROJECT_PATH");
      kind.predefined.push_back({"CI_OPEN_MERGE_REQUESTS", path + "!1", true, false, false});
    }
  }
  return all;
}

Result<Compiled> compile_for(Prepared& prepared, const IntakeOptions& options, const Circumstances& wanted) {
  PENSTOCK_CHECK(reach_outside(prepared, options));
  Compiled compiled;
  compiled.commit = prepared.commit;
  compiled.path = prepared.found.path;
  compiled.name = prepared.found.name;
  PENSTOCK_TRY(compiled.circumstances,
               settle(wanted, prepared.repository, prepared.commit.branch, prepared.commit.tag));
  prepared.sources.compile_for(compiled.circumstances);
  PENSTOCK_TRY(const EventFacts facts, event_facts(prepared.repository, prepared.sources, compiled.circumstances));
  CompileRequest request = prepared.request;
  request.predefined = prepared.project;
  append(event_variables(prepared.commit, compiled.circumstances, prepared.project, facts), request.predefined);
  if (options.advise) {
    PENSTOCK_TRY(request.kinds, kinds(prepared));
  }
  CompileResult result = compile_request(prepared, options, request, compiled);
  if (!result.children.empty()) look_into_children(prepared, options, request, std::move(result.children), compiled);
  return compiled;
}

}  // namespace

void expect_pipeline(const git::Repository& repository, const std::string& pipeline, bool worktree) {
  const Result<std::string> head = repository.head();
  if (!head.ok()) return;
  std::vector<std::string> paths;
  if (!worktree) {
    paths = first_candidates(pipeline);
    paths.emplace_back(kEnvironmentsPath);
    paths.emplace_back(kLockPath);
  }
  repository.expect(*head, paths);
}

Result<Compiled> compile_pipeline(const git::Repository& repository, const IntakeOptions& options) {
  PENSTOCK_TRY(Prepared prepared, prepare(repository, options));
  return compile_for(prepared, options, options.circumstances);
}

Result<std::vector<Compiled>> compile_for_events(const git::Repository& repository, const IntakeOptions& options,
                                                 const std::vector<Circumstances>& events) {
  PENSTOCK_TRY(Prepared prepared, prepare(repository, options));
  std::vector<Compiled> all;
  for (const Circumstances& event : events) {
    PENSTOCK_TRY(Compiled compiled, compile_for(prepared, options, event));
    all.push_back(std::move(compiled));
  }
  return all;
}

Result<std::vector<std::string>> pipeline_names(const git::Repository& repository, const IntakeOptions& options) {
  PENSTOCK_TRY(std::string head, repository.head());
  RepositorySources sources(repository, head, options.worktree);
  return list_pipelines(sources);
}

}  // namespace penstock
