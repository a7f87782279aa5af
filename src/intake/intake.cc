#include "intake/intake.h"

#include "dialect_gitlab/gitlab.h"
#include "intake/find.h"
#include "intake/predefined.h"
#include "intake/sources.h"

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

/// What a pipeline must know of them. Of a file with mistakes nothing is known: any name will do, since its mistakes
/// are told anyway.
std::vector<DeclaredEnvironment> declared(const CompiledEnvironments& environments) {
  if (!environments.file) return {{"*", "", "", true}};
  std::vector<DeclaredEnvironment> all;
  for (const EnvironmentSpec& spec : environments.file->environments) {
    all.push_back({spec.name, spec.tier, spec.url, !std::holds_alternative<std::monostate>(spec.target),
                   spec.approvals.required});
  }
  return all;
}

}  // namespace

void expect_pipeline(const git::Repository& repository, const std::string& pipeline, bool worktree) {
  const Result<std::string> head = repository.head();
  if (!head.ok()) return;
  std::vector<std::string> paths;
  if (!worktree) {
    paths = first_candidates(pipeline);
    paths.emplace_back(kEnvironmentsPath);
  }
  repository.expect(*head, paths);
}

Result<Compiled> compile_pipeline(const git::Repository& repository, const IntakeOptions& options) {
  Compiled compiled;
  PENSTOCK_TRY(compiled.commit, read_commit(repository));
  RepositorySources sources(repository, compiled.commit.commit.id, compiled.commit.branch, options.worktree);
  PENSTOCK_TRY(FoundPipeline found, find_pipeline(sources, options.pipeline));
  CompileRequest request;
  request.path = found.path;
  request.own_keywords = found.own_keywords;
  request.pipeline_variables = options.variables;
  request.inputs = options.inputs;
  PENSTOCK_TRY(request.predefined, predefined_variables(repository, compiled.commit, found.path, options.environment));
  PENSTOCK_TRY(std::optional<CompiledEnvironments> environments,
               read_environments(repository, compiled.commit.commit.id, options.worktree));
  if (environments) request.environments = declared(*environments);
  CompileResult result = GitLabDialect().compile(request, sources);
  compiled.path = std::move(found.path);
  compiled.name = std::move(found.name);
  compiled.plan = std::move(result.plan);
  compiled.diagnostics = std::move(result.diagnostics);
  if (environments) {
    Diagnostics& more = environments->diagnostics;
    if (has_errors(more)) compiled.plan.reset();
    compiled.diagnostics.insert(compiled.diagnostics.end(), std::make_move_iterator(more.begin()),
                                std::make_move_iterator(more.end()));
    compiled.environments = std::move(environments->file);
  }
  compiled.workflow = std::move(result.workflow);
  return compiled;
}

Result<std::vector<std::string>> pipeline_names(const git::Repository& repository, const IntakeOptions& options) {
  PENSTOCK_TRY(std::string head, repository.head());
  RepositorySources sources(repository, head, {}, options.worktree);
  return list_pipelines(sources);
}

}  // namespace penstock
