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

/// What one `ci lint` looks at.
struct Linted {
  Diagnostics diagnostics;
  std::vector<Compiled> pipelines;
};

/// The mistakes of the environments, which each pipeline brings along, are told once.
void add(Linted& linted, Compiled compiled) {
  const bool first = linted.pipelines.empty();
  for (Diagnostic& diagnostic : compiled.diagnostics) {
    const bool shared = diagnostic.span.file && diagnostic.span.file->name == kEnvironmentsPath;
    if (first || !shared) linted.diagnostics.push_back(std::move(diagnostic));
  }
  compiled.diagnostics.clear();
  linted.pipelines.push_back(std::move(compiled));
}

/// The pipeline that was named, else all that the project has.
Result<Linted> look_at(const LintArguments& arguments, const Project& project, const World& world,
                       const std::vector<std::string>& names) {
  PENSTOCK_TRY(const std::vector<std::string> secrets, secret_names(project, arguments.choice));
  Linted linted;
  PipelineChoice choice = arguments.choice;
  for (const std::string& name : names) {
    choice.pipeline = name;
    PENSTOCK_TRY(Compiled compiled, compile(project.repository, world, choice, secrets));
    add(linted, std::move(compiled));
  }
  return linted;
}

int tell(const Linted& linted, const World& world) {
  if (report(linted.diagnostics, world)) return kMistake;
  for (const Compiled& compiled : linted.pipelines) {
    if (compiled.plan) {
      tell_sound(world, compiled.path, compiled.plan->jobs.size(), "job");
    } else {
      report_no_pipeline(compiled, world);
    }
  }
  const auto& environments = linted.pipelines.front().environments;
  if (environments) tell_sound(world, kEnvironmentsPath, environments->environments.size(), "environment");
  return kPassed;
}

Result<int> lint(const LintArguments& arguments, const World& world) {
  PENSTOCK_TRY(const Project project, open_project(world));
  const std::string& wanted = arguments.choice.pipeline;
  std::vector<std::string> names{wanted};
  if (wanted.empty() || wanted == "environments" || wanted == kEnvironmentsPath) {
    // Alone where it was asked for, and where there is no pipeline beside it.
    const bool worktree = arguments.choice.worktree;
    PENSTOCK_TRY(const auto environments, environments_of(project, worktree));
    PENSTOCK_TRY(auto known, pipeline_names(project.repository, {.worktree = worktree}));
    if (environments && (!wanted.empty() || known.empty())) return lint_environments(arguments, world, *environments);
    if (!wanted.empty())
      return Error{Fault::user, "there is no `.ci/environments.yml` in this commit", "commit it, or add --worktree"};
    // Other dialects are not read yet: they are looked at where they are named.
    std::erase_if(known, [](const std::string& name) { return name.starts_with(".github/"); });
    if (!known.empty()) names = std::move(known);
  }
  PENSTOCK_TRY(const Linted linted, look_at(arguments, project, world, names));
  if (!arguments.json) return tell(linted, world);
  world.outputs.out.write(to_json(linted.diagnostics));
  return static_cast<int>(has_errors(linted.diagnostics) ? kMistake : kPassed);
}

}  // namespace

int execute(const LintArguments& arguments, World& world) {
  const auto status = lint(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
