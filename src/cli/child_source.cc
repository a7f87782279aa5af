#include "cli/child_source.h"

#include <algorithm>

#include "blobs/tree.h"
#include "cli/run_context.h"
#include "runner/variables.h"

namespace penstock {
namespace {

constexpr uint64_t kLargestMade = 5U << 20;

/// The text of a file among what a job has kept; nothing where it isn't.
Result<std::optional<std::string>> made_by(BlobStore& blobs, const JobResult& result, const std::string& path) {
  for (const KeptArtifact& artifact : result.artifacts) {
    if (artifact.kind != "archive") continue;
    PENSTOCK_TRY(const Tree tree, get_tree(blobs, artifact.tree));
    for (const TreeEntry& entry : tree) {
      if (entry.path != path || entry.kind != TreeEntry::Kind::file) continue;
      PENSTOCK_TRY(std::string text, get(blobs, entry.content, kLargestMade));
      return std::optional(std::move(text));
    }
  }
  return std::optional<std::string>();
}

Result<std::string> made_text(Project& project, BlobStore& blobs, const StoredRun& parent, const MadeSource& made) {
  for (size_t i = 0; i < parent.run.size(); ++i) {
    const Job& job = parent.run.job(i);
    if (job.name != made.job && job.group != made.job) continue;
    PENSTOCK_TRY(const std::optional<AttemptRecord> attempt, project.store().last_attempt(parent.header.id, job.name));
    if (!attempt || !attempt->result) continue;
    PENSTOCK_TRY(std::optional<std::string> text, made_by(blobs, *attempt->result, made.path));
    if (text) return *std::move(text);
  }
  return Error{Fault::user, "`" + made.job + "` has not made `" + made.path + "`, which the child is to be made of",
               "keep it with `artifacts: paths`, in a job of an earlier stage"};
}

/// The child's variables with their values of this moment. A secret's is not at hand: it stays a reference.
Result<Variables> variables_of(const JobSpec& spec) {
  Variables known = spec.variables;
  std::vector<std::string> secrets;
  for (Variable& variable : known) {
    if (!variable.secret) continue;
    secrets.push_back("$" + variable.name);
    variable = {variable.name, secrets.back(), true, false, false};
  }
  std::erase_if(known, [](const Variable& variable) { return variable.file; });
  Values files;
  PENSTOCK_TRY(const Values values, compose_variables({known}, {}, files));
  Variables handed;
  for (const Variable& variable : spec.trigger->variables) {
    const auto value = values.find(variable.name);
    Variable& one = handed.emplace_back(variable);
    if (variable.file || value == values.end()) continue;
    one.value = value->second;
    one.raw = std::none_of(secrets.begin(), secrets.end(),
                           [&](const std::string& secret) { return one.value.find(secret) != std::string::npos; });
  }
  return handed;
}

}  // namespace

Result<Compiled> compile_child_of(Project& project, BlobStore& blobs, const StoredRun& parent, const JobSpec& spec) {
  const Plan& plan = parent.run.plan();
  ChildOptions options;
  options.commit = spec.commit;
  options.worktree = parent.header.facts.worktree;
  PENSTOCK_TRY(const Sealer sealer, open_sealer());
  PENSTOCK_TRY(RunContext context, unseal_context(parent.sealed_context, sealer));
  options.offline = context.offline;
  options.changed = std::move(context.changed);
  options.name = spec.trigger->name;
  options.source = spec.trigger->source;
  for (const MadeSource& made : spec.trigger->made) {
    PENSTOCK_TRY(std::string text, made_text(project, blobs, parent, made));
    options.made.emplace_back(made.path, std::move(text));
  }
  options.predefined = plan.variables;
  PENSTOCK_TRY(options.variables, variables_of(spec));
  for (const Variable& variable : plan.pipeline_variables) {
    if (variable.secret || spec.trigger->forwards) options.variables.push_back(variable);
  }
  // Its own: questions to git from several threads would have to wait for each other.
  PENSTOCK_TRY(const git::Repository repository, git::Repository::open(project.repository.top_level()));
  return compile_child(repository, options);
}

}  // namespace penstock
