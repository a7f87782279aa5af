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

}  // namespace

Result<Compiled> compile_pipeline(const git::Repository& repository, const IntakeOptions& options) {
  Compiled compiled;
  PENSTOCK_TRY(compiled.commit, read_commit(repository));
  RepositorySources sources(repository, compiled.commit.commit.id, compiled.commit.branch, options.worktree);
  PENSTOCK_TRY(FoundPipeline found, find_pipeline(sources, options.pipeline));
  CompileRequest request;
  request.path = found.path;
  request.own_keywords = found.own_keywords;
  request.pipeline_variables = options.variables;
  PENSTOCK_TRY(request.predefined, predefined_variables(repository, compiled.commit, found.path, options.environment));
  CompileResult result = GitLabDialect().compile(request, sources);
  compiled.path = std::move(found.path);
  compiled.name = std::move(found.name);
  compiled.plan = std::move(result.plan);
  compiled.diagnostics = std::move(result.diagnostics);
  compiled.workflow = std::move(result.workflow);
  return compiled;
}

Result<std::vector<std::string>> pipeline_names(const git::Repository& repository, const IntakeOptions& options) {
  PENSTOCK_TRY(std::string head, repository.head());
  RepositorySources sources(repository, head, {}, options.worktree);
  return list_pipelines(sources);
}

}  // namespace penstock
