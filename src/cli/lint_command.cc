#include <string>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/project.h"

namespace penstock {
namespace {

std::string_view word_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    default:
      return "note";
  }
}

void write_span(JsonWriter& json, const SourceSpan& span) {
  json.member("file", span.file ? span.file->name : std::string()).member("line", static_cast<uint64_t>(span.line));
  json.member("column", static_cast<uint64_t>(span.column)).member("end_line", static_cast<uint64_t>(span.end_line));
  json.member("end_column", static_cast<uint64_t>(span.end_column));
}

std::string to_json(const Diagnostics& diagnostics) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const Diagnostic& diagnostic : diagnostics) {
    json.begin_object().member("name", diagnostic.name).member("severity", word_of(diagnostic.severity));
    write_span(json, diagnostic.span);
    json.member("message", diagnostic.message).member("label", diagnostic.label).member("help", diagnostic.help);
    json.key("notes").begin_array();
    for (const DiagnosticNote& note : diagnostic.notes) {
      json.begin_object();
      write_span(json, note.span);
      json.member("message", note.message).end_object();
    }
    json.end_array().key("included_from").begin_array();
    for (const SourceSpan& span : diagnostic.include_chain) {
      json.begin_object();
      write_span(json, span);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
  return text + "\n";
}

void tell_sound(const World& world, std::string_view path, size_t count, const std::string& what) {
  world.outputs.out.write(std::string(path) + ": " + std::to_string(count) + " " + what + (count == 1 ? "" : "s") +
                          ", no mistakes found\n");
}

/// The environments file alone.
Result<std::optional<CompiledEnvironments>> environments_of(const Project& project, bool worktree) {
  PENSTOCK_TRY(const std::string head, project.repository.head());
  return read_environments(project.repository, head, worktree);
}

int lint_environments(const LintArguments& arguments, const World& world, const CompiledEnvironments& environments) {
  if (arguments.json) {
    world.outputs.out.write(to_json(environments.diagnostics));
    return has_errors(environments.diagnostics) ? kMistake : kPassed;
  }
  if (report(environments.diagnostics, world)) return kMistake;
  tell_sound(world, kEnvironmentsPath, environments.file->environments.size(), "environment");
  return kPassed;
}

Result<int> lint(const LintArguments& arguments, const World& world) {
  PENSTOCK_TRY(const Project project, open_project(world));
  const std::string& wanted = arguments.choice.pipeline;
  if (wanted.empty() || wanted == "environments" || wanted == kEnvironmentsPath) {
    // Alone where it was asked for, and where there is no pipeline beside it.
    const bool worktree = arguments.choice.worktree;
    PENSTOCK_TRY(const auto environments, environments_of(project, worktree));
    PENSTOCK_TRY(const auto names, pipeline_names(project.repository, {.worktree = worktree}));
    if (environments && (!wanted.empty() || names.empty())) return lint_environments(arguments, world, *environments);
    if (!wanted.empty())
      return Error{Fault::user, "there is no `.ci/environments.yml` in this commit", "commit it, or add --worktree"};
  }
  PENSTOCK_TRY(const std::vector<std::string> secrets, secret_names(project, arguments.choice));
  PENSTOCK_TRY(const Compiled compiled, compile(project.repository, world, arguments.choice, secrets));
  if (arguments.json) {
    world.outputs.out.write(to_json(compiled.diagnostics));
    return has_errors(compiled.diagnostics) ? kMistake : kPassed;
  }
  if (report(compiled.diagnostics, world)) return static_cast<int>(kMistake);
  if (!compiled.plan) {
    report_no_pipeline(compiled, world);
    return static_cast<int>(kPassed);
  }
  tell_sound(world, compiled.path, compiled.plan->jobs.size(), "job");
  if (compiled.environments)
    tell_sound(world, kEnvironmentsPath, compiled.environments->environments.size(), "environment");
  return static_cast<int>(kPassed);
}

}  // namespace

int execute(const LintArguments& arguments, World& world) {
  const auto status = lint(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
