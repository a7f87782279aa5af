#include "cli/why_planned.h"

#include <vector>

#include "base/json_writer.h"
#include "base/suggest.h"
#include "base/text_width.h"
#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/decision_text.h"

namespace penstock {
namespace {

/// A job of the plan or one that was left out.
struct Planned {
  const std::string* name;
  const Decision* decision;
  const SourceLocation* location;
  bool included;
};

/// The instances of a parallel job answer to its name, too.
std::vector<Planned> jobs_called(const Plan& plan, const std::string& name) {
  std::vector<Planned> found;
  for (const Job& job : plan.jobs) {
    if (job.name == name || job.group == name) found.push_back({&job.name, &*job.decision, &job.location, true});
  }
  for (const LeftOutJob& job : plan.left_out) {
    if (job.name == name || job.group == name) found.push_back({&job.name, &*job.decision, &job.location, false});
  }
  return found;
}

Error no_such_job(const Plan& plan, const std::string& name) {
  Error error{Fault::user, plan.source + " has no job `" + name + "`", "see its jobs with: ci plan"};
  std::vector<std::string_view> names;
  for (const Job& job : plan.jobs) names.emplace_back(job.name);
  for (const LeftOutJob& job : plan.left_out) names.emplace_back(job.name);
  if (const auto near = did_you_mean(name, names)) error.help = "did you mean `" + *near + "`?";
  return error;
}

std::string in_json(const std::string& name, std::string_view status, const Decision& decision) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_object().member("job", name).member("status", status);
  write_decision(json, decision);
  json.end_object();
  return text + "\n";
}

}  // namespace

Result<int> why_planned(const Project& project, const World& world, const std::string& name, bool json,
                        const std::optional<Error>& unknown) {
  const PipelineChoice choice;
  PENSTOCK_TRY(const std::vector<std::string> secrets, secret_names(project, choice));
  PENSTOCK_TRY(const Compiled compiled, compile(project.repository, world, choice, secrets));
  if (has_errors(compiled.diagnostics)) {
    report(compiled.diagnostics, world);
    return static_cast<int>(kMistake);
  }
  if (!compiled.plan) {
    report_no_pipeline(compiled, world);
    if (json) world.outputs.out.write(in_json(name, "no_pipeline", compiled.workflow));
    return static_cast<int>(kPassed);
  }
  const std::vector<Planned> found = jobs_called(*compiled.plan, name);
  if (found.empty()) return unknown ? *unknown : no_such_job(*compiled.plan, name);
  if (json) {
    const Planned& job = found.front();
    world.outputs.out.write(in_json(*job.name, job.included ? "planned" : "left_out", *job.decision));
    return static_cast<int>(kPassed);
  }
  std::string text;
  for (const Planned& job : found) {
    if (!text.empty() && job.decision->rules == found.front().decision->rules) continue;  // an instance as the first
    text += printable(*job.name) +
            (job.included ? " is part of the pipeline for a " : " is left out of the pipeline for a ") +
            printable(in_words(compiled.circumstances)) + "\n" +
            decision_text(*job.decision, *job.location, world.outputs.out.width());
  }
  world.outputs.out.write(text);
  return static_cast<int>(kPassed);
}

}  // namespace penstock
