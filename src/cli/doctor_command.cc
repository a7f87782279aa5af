#include <algorithm>
#include <string>

#include "base/json_writer.h"
#include "cli/commands.h"
#include "cli/line_text.h"
#include "cli/project.h"
#include "cli/run_machine.h"
#include "executor_sandbox/clean_environment.h"
#include "executor_sandbox/sandbox_executor.h"
#include "os/machine.h"
#include "workspace/folders.h"

namespace penstock {
namespace {

/// One thing that was looked at.
struct Finding {
  Mark mark = Mark::passed;
  std::string what;
  std::string fact;
  std::string fix;
};

std::string rung_words(sandbox::Rung rung) {
  switch (rung) {
    case sandbox::Rung::root:
      return "root: namespaces and overlays without limits";
    case sandbox::Rung::user_namespace:
      return "user namespace: a pristine overlay for each job";
    case sandbox::Rung::copy:
      return "copy: each job gets a copy in a folder of its own; slower, and paths differ";
  }
  return {};
}

Result<std::vector<Finding>> look_at_sandbox(Project& project, const World& world) {
  RunMachine::Options options;
  options.job_environment = sandbox::clean_environment(world.environment, {});
  PENSTOCK_TRY(const std::unique_ptr<RunMachine> machine, RunMachine::make(project, world, std::move(options)));
  PENSTOCK_TRY(const sandbox::ProbeReport report, machine->executor().probe());
  std::vector<Finding> findings;
  findings.push_back(
      {report.rung == sandbox::Rung::copy ? Mark::warning : Mark::passed, "sandbox", rung_words(report.rung), ""});
  for (const sandbox::RungRefusal& refusal : report.refused) {
    findings.push_back({Mark::skipped, "not " + std::string(sandbox::name_of(refusal.rung)),
                        refusal.step + ": " + refusal.meaning, refusal.fix});
  }
  PENSTOCK_TRY(const workspace::LayerFolder layers, workspace::layer_folder(project.repository));
  findings.push_back({layers.overlay ? Mark::passed : Mark::warning, "layers",
                      layers.path.string() + (layers.reason.empty() ? "" : ": " + layers.reason), ""});
  return findings;
}

void look_at_programs(std::vector<Finding>& findings) {
  const auto program = [&](const char* name, const char* lack, const char* fix) {
    const auto path = os::find_program(name);
    findings.push_back(
        {path ? Mark::passed : Mark::warning, name, path ? path->string() : std::string(lack), path ? "" : fix});
  };
  program("git", "not found: nothing works without it", "install git");
  program("bash", "not found: scripts run in sh", "install bash");
  program("git-lfs", "not found: files kept with LFS stay pointers", "install git-lfs, if the repository uses it");
}

Result<std::vector<Finding>> look(const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(std::vector<Finding> findings, look_at_sandbox(project, world));
  findings.push_back({Mark::passed, "state", project.state.string(), ""});
  look_at_programs(findings);
  return findings;
}

std::string to_json(const std::vector<Finding>& findings) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const Finding& finding : findings) {
    const char* state = finding.mark == Mark::passed ? "ok" : finding.mark == Mark::skipped ? "lacks" : "warning";
    json.begin_object()
        .member("what", finding.what)
        .member("state", state)
        .member("fact", finding.fact)
        .member("fix", finding.fix)
        .end_object();
  }
  json.end_array();
  return text + "\n";
}

}  // namespace

int execute(const DoctorArguments& arguments, World& world) {
  const auto findings = look(world);
  if (!findings) return world.fail(findings.error());
  const Output& out = world.outputs.out;
  if (arguments.json) {
    out.write(to_json(*findings));
    return kPassed;
  }
  size_t width = 0;
  for (const Finding& finding : *findings) width = std::max(width, finding.what.size());
  for (const Finding& finding : *findings) {
    out.write(out.style.mark(finding.mark) + " " + out.style.bold(pad_right(finding.what, width)) + "  " +
              finding.fact + "\n");
    if (!finding.fix.empty()) out.write("    " + out.style.dim("fix:") + " " + finding.fix + "\n");
  }
  return kPassed;
}

}  // namespace penstock
