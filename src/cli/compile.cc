#include "cli/compile.h"

#include <algorithm>

#include "base/diagnostic.h"
#include "base/variable_name.h"
#include "secrets/secret_file.h"

namespace penstock {

Result<IntakeOptions> intake_options(const World& world, const PipelineChoice& choice,
                                     const std::vector<std::string>& secrets) {
  IntakeOptions options;
  options.pipeline = choice.pipeline;
  options.worktree = choice.worktree;
  options.offline = choice.offline;
  options.environment = world.environment;
  for (const std::string& name : secrets) {
    Variable variable;
    variable.name = name;
    variable.secret = true;
    options.variables.push_back(std::move(variable));
  }
  for (const auto& [name, value] : choice.variables) {
    if (!is_variable_name(name)) {
      return Error{Fault::user, "`" + name + "` can't be the name of a variable",
                   "use letters, digits and underscores, beginning with a letter"};
    }
    Variable variable;
    variable.name = name;
    variable.value = value;
    options.variables.push_back(std::move(variable));
  }
  options.inputs = choice.inputs;
  options.circumstances = {choice.event, choice.branch, choice.tag, choice.target_branch, choice.changed};
  return options;
}

Result<Compiled> compile(const git::Repository& repository, const World& world, const PipelineChoice& choice,
                         const std::vector<std::string>& secrets, bool advise) {
  PENSTOCK_TRY(IntakeOptions options, intake_options(world, choice, secrets));
  options.advise = options.children = advise;
  Result<Compiled> compiled = compile_pipeline(repository, options);
  if (compiled.ok() || options.worktree || compiled.error().fault != Fault::user) return compiled;
  // The first pipeline of a project is often just written, and not committed yet.
  options.worktree = true;
  const Result<Compiled> uncommitted = compile_pipeline(repository, options);
  if (!uncommitted) return compiled;
  Error error = compiled.error();
  error.help = "`" + uncommitted->path + "` is not committed yet: commit it, or add --worktree";
  return error;
}

bool report(const Diagnostics& diagnostics, const World& world) {
  if (diagnostics.empty()) return false;
  world.outputs.err.write(render(diagnostics, RenderOptions{world.outputs.err.style.color}));
  return has_errors(diagnostics);
}

void report_no_pipeline(const Compiled& compiled, const World& world) {
  std::string text = compiled.path + ": there is no pipeline for this commit";
  if (!compiled.workflow.summary.empty()) text += ": " + compiled.workflow.summary;
  world.outputs.err.write(text + "\n");
  for (const Decision::Rule& rule : compiled.workflow.rules) {
    for (const Clause& clause : rule.clauses) {
      world.outputs.err.write("  " + rule.label + "  " + clause.text + "   " +
                              (clause.outcome == Clause::Outcome::yes ? "yes" : "no") +
                              (clause.detail.empty() ? "" : ": " + clause.detail) + "\n");
    }
  }
}

Result<std::vector<std::string>> secret_names(const Project& project, const PipelineChoice& choice) {
  PENSTOCK_TRY(const std::vector<SecretFile::Entry> kept, SecretFile(project.secrets_file()).list());
  std::vector<std::string> names;
  for (const auto& entry : kept) names.push_back(entry.name);
  for (const std::string& word : choice.secrets) {
    const std::string name = word.substr(0, word.find('='));
    if (!is_variable_name(name)) {
      return Error{Fault::user, "`" + name + "` can't be the name of a secret",
                   "use letters, digits and underscores, beginning with a letter"};
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace penstock
