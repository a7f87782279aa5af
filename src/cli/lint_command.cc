#include <algorithm>
#include <filesystem>
#include <string>

#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/lint_fix.h"
#include "cli/lint_silence.h"
#include "cli/project.h"
#include "os/files.h"

namespace penstock {
namespace {

void tell_sound(const World& world, std::string_view path, size_t count, const std::string& what) {
  world.outputs.out.write(std::string(path) + ": " + std::to_string(count) + " " + what + (count == 1 ? "" : "s") +
                          ", no mistakes found\n");
}

/// What one `ci lint` looks at.
struct Linted {
  Diagnostics findings;
  std::vector<Compiled> pipelines;
  std::optional<EnvironmentsFile> environments;
};

/// The findings of the environments, which each pipeline brings along, are told once.
void add(Linted& linted, Compiled compiled) {
  const bool first = linted.pipelines.empty();
  for (Diagnostic& finding : compiled.diagnostics) {
    const bool shared = finding.span.file && finding.span.file->name == kEnvironmentsPath;
    if (first || !shared) linted.findings.push_back(std::move(finding));
  }
  compiled.diagnostics.clear();
  if (first) linted.environments = std::move(compiled.environments);
  linted.pipelines.push_back(std::move(compiled));
}

/// A file in `.ci/` that has only what others include: no job of its own, and nothing else wrong. It is looked at where
/// it is included.
bool is_part(const Compiled& compiled) {
  return compiled.path.starts_with(".ci/") && has_errors(compiled.diagnostics) &&
         std::all_of(compiled.diagnostics.begin(), compiled.diagnostics.end(), [](const Diagnostic& finding) {
           return finding.name == "no-jobs" || finding.severity != Severity::error;
         });
}

Result<Linted> look_at_pipelines(const LintArguments& arguments, const Project& project, const World& world,
                                 const std::vector<std::string>& names) {
  PENSTOCK_TRY(const std::vector<std::string> secrets, secret_names(project, arguments.choice));
  Linted linted;
  PipelineChoice choice = arguments.choice;
  for (const std::string& name : names) {
    choice.pipeline = name;
    PENSTOCK_TRY(Compiled compiled, compile(project.repository, world, choice, secrets, true));
    if (names.size() > 1 && is_part(compiled)) continue;
    add(linted, std::move(compiled));
  }
  return linted;
}

/// The pipeline or the environments file that was named, else all that the project has.
Result<Linted> look_at(const LintArguments& arguments, const Project& project, const World& world) {
  const std::string& wanted = arguments.choice.pipeline;
  const bool only_environments = wanted == "environments" || wanted == kEnvironmentsPath;
  if (!wanted.empty() && !only_environments) return look_at_pipelines(arguments, project, world, {wanted});
  const bool worktree = arguments.choice.worktree;
  PENSTOCK_TRY(auto names, pipeline_names(project.repository, {.worktree = worktree}));
  // Other dialects are not read yet: they are looked at where they are named.
  std::erase_if(names, [](const std::string& name) { return name.starts_with(".github/"); });
  PENSTOCK_TRY(const std::string head, project.repository.head());
  PENSTOCK_TRY(auto environments, read_environments(project.repository, head, worktree));
  if (only_environments && !environments)
    return Error{Fault::user, "there is no `.ci/environments.yml` in this commit", "commit it, or add --worktree"};
  if (only_environments || (names.empty() && environments))
    return Linted{std::move(environments->diagnostics), {}, std::move(environments->file)};
  if (names.empty()) names.emplace_back();
  return look_at_pipelines(arguments, project, world, names);
}

void tell_sound(const Linted& linted, const World& world) {
  for (const Compiled& compiled : linted.pipelines) {
    if (compiled.plan) {
      tell_sound(world, compiled.path, compiled.plan->jobs.size(), "job");
    } else {
      report_no_pipeline(compiled, world);
    }
  }
  if (linted.environments)
    tell_sound(world, kEnvironmentsPath, linted.environments->environments.size(), "environment");
}

std::vector<std::string> files_of(const Linted& linted) {
  std::vector<std::string> files;
  for (const Compiled& compiled : linted.pipelines) files.push_back(compiled.path);
  if (linted.environments) files.emplace_back(kEnvironmentsPath);
  return files;
}

/// Writes what can be mended into the work tree. Files from elsewhere, and those that have changed meanwhile, stay.
Result<> fix(const LintArguments& arguments, const Project& project, const World& world) {
  PENSTOCK_TRY(const Linted linted, look_at(arguments, project, world));
  for (const FixedSource& source : fix_slips(linted.findings)) {
    const std::filesystem::path relative(source.name);
    if (relative.is_absolute() || *relative.lexically_normal().begin() == "..") continue;
    const std::filesystem::path path = project.repository.top_level() / relative;
    std::error_code problem;
    const std::filesystem::file_status status = std::filesystem::symlink_status(path, problem);
    if (problem || !std::filesystem::is_regular_file(status)) continue;
    PENSTOCK_TRY(const std::string now, os::read_file(path));
    if (now != source.before) continue;
    PENSTOCK_CHECK(os::write_atomically(path, source.after, os::Durability::crash_safe,
                                        static_cast<mode_t>(status.permissions())));
    world.outputs.err.write(source.name + ": " + std::to_string(source.fixes) +
                            (source.fixes == 1 ? " slip mended\n" : " slips mended\n"));
  }
  return success();
}

/// Other programs read a whole document, also where there was nothing to look at.
Diagnostic not_linted(const Error& error) {
  Diagnostic finding;
  finding.name = "not-linted";
  finding.message = error.message;
  finding.help = error.help;
  return finding;
}

Result<int> lint(const LintArguments& arguments, const World& world) {
  PENSTOCK_TRY(const Project project, find_project(world, &arguments.choice));
  if (arguments.fix) PENSTOCK_CHECK(fix(arguments, project, world));
  PENSTOCK_TRY(Linted linted, look_at(arguments, project, world));
  const size_t silenced = drop_silenced(linted.findings, arguments.ignored);
  const bool wrong = has_errors(linted.findings) || (arguments.strict && !linted.findings.empty());
  if (arguments.format != LintFormat::text) {
    world.outputs.out.write(format_findings(linted.findings, files_of(linted), arguments.format));
    return static_cast<int>(wrong ? kMistake : kPassed);
  }
  const bool mistaken = report(linted.findings, world);
  for (const Compiled& compiled : linted.pipelines) {
    for (const std::string& unseen : compiled.unseen_children) world.outputs.err.write("note: " + unseen + "\n");
  }
  if (!mistaken) {
    tell_sound(linted, world);
    if (silenced > 0)
      world.outputs.hint(std::to_string(silenced) + (silenced == 1 ? " warning" : " warnings") + " silenced");
  }
  return static_cast<int>(wrong ? kMistake : kPassed);
}

}  // namespace

int execute(const LintArguments& arguments, World& world) {
  const auto status = lint(arguments, world);
  if (status) return *status;
  if (arguments.format != LintFormat::text)
    world.outputs.out.write(format_findings({not_linted(status.error())}, {}, arguments.format));
  return world.fail(status.error());
}

}  // namespace penstock
