#include <string>

#include "base/text_width.h"
#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/line_text.h"
#include "cli/plan_events.h"
#include "cli/project.h"
#include "plan/check.h"
#include "plan/json.h"

namespace penstock {
namespace {

std::string_view word_of(Condition condition) {
  switch (condition) {
    case Condition::on_failure:
      return "on failure";
    case Condition::always:
      return "always";
    default:
      return {};
  }
}

void add(std::string& list, const std::string& item) {
  if (item.empty()) return;
  list += (list.empty() ? "" : ", ") + item;
}

std::string needs_text(const Job& job) {
  if (!job.needs) return {};
  if (job.needs->empty()) return "starts at once";
  std::string names;
  for (size_t i = 0; i < job.needs->size() && i < 4; ++i) add(names, (*job.needs)[i].job);
  if (job.needs->size() > 4) names += " and " + std::to_string(job.needs->size() - 4) + " more";
  return "needs " + names;
}

std::string facts(const Job& job) {
  std::string text = needs_text(job);
  if (job.gate.kind == Gate::Kind::manual) add(text, job.allow_failure.always ? "manual (optional)" : "manual");
  if (job.gate.kind == Gate::Kind::delayed) add(text, "after " + to_words(job.gate.delay));
  add(text, std::string(word_of(job.condition)));
  if (job.allow_failure.always && job.gate.kind != Gate::Kind::manual) add(text, "may fail");
  if (job.environment) add(text, (job.rollout ? "rollout to " : "environment ") + job.environment->name);
  if (job.trigger) add(text, "starts " + job.trigger->name + (job.trigger->waits ? " and waits for it" : ""));
  if (job.resource_group) add(text, "resource group " + job.resource_group->name);
  return text;
}

/// Stages with their jobs, what each waits for, and what was left out.
std::string graph(const Plan& plan, const std::string& circumstances, const Output& out) {
  const Style& style = out.style;
  size_t width = 0;
  for (const Job& job : plan.jobs) width = std::max(width, display_width(printable(job.name)));
  width = std::min<size_t>(width, 40);
  std::string text = style.bold(plan.source) + (plan.name.empty() ? "" : " · " + printable(plan.name)) + " · " +
                     printable(circumstances) + " · " + std::to_string(plan.jobs.size()) +
                     (plan.jobs.size() == 1 ? " job in " : " jobs in ") + std::to_string(plan.stages.size()) +
                     (plan.stages.size() == 1 ? " stage\n" : " stages\n");
  for (const std::string& stage : plan.stages) {
    text += printable(stage) + "\n";
    for (const Job& job : plan.jobs) {
      if (job.stage != stage) continue;
      const std::string about = facts(job);
      const std::string name = cut_middle(printable(job.name), width, style.unicode);
      text += "  " + (about.empty() ? name : pad_right(name, width) + "  " + style.dim(printable(about))) + "\n";
    }
  }
  if (plan.jobs.empty()) text += "no job is left, so there is no pipeline\n";
  if (plan.left_out.empty()) return text;
  std::vector<std::string> left_out;
  for (const LeftOutJob& job : plan.left_out) left_out.push_back(printable(job.name));
  constexpr size_t kFew = 8;
  return text + style.dim("left out") + "\n" +
         style.dim(listed_lines(left_out, left_out.size() > kFew ? out.width() : 0));
}

std::string dot_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// One cluster a stage; an edge a need. Jobs without `needs` hang on the stage before by an invisible edge, so that
/// stages stand in order.
std::string dot(const Plan& plan) {
  std::string text =
      "digraph " + dot_quoted(plan.source) + " {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  std::string previous;
  for (size_t i = 0; i < plan.stages.size(); ++i) {
    text += "  subgraph cluster_" + std::to_string(i) + " {\n    label=" + dot_quoted(plan.stages[i]) + ";\n";
    std::string first;
    for (const Job& job : plan.jobs) {
      if (job.stage != plan.stages[i]) continue;
      if (first.empty()) first = dot_quoted(job.name);
      text += "    " + dot_quoted(job.name) + (job.gate.kind == Gate::Kind::manual ? " [style=dashed]" : "") + ";\n";
    }
    text += "  }\n";
    if (!previous.empty() && !first.empty()) text += "  " + previous + " -> " + first + " [style=invis];\n";
    if (!first.empty()) previous = first;
  }
  for (const Job& job : plan.jobs) {
    if (!job.needs) continue;
    for (const Need& need : *job.needs) text += "  " + dot_quoted(need.job) + " -> " + dot_quoted(job.name) + ";\n";
  }
  return text + "}\n";
}

Result<int> show_plan(const PlanArguments& arguments, const World& world) {
  PENSTOCK_TRY(const Project project, open_project(world, &arguments.choice));
  PENSTOCK_TRY(const std::vector<std::string> secrets, secret_names(project, arguments.choice));
  PENSTOCK_TRY(Compiled fresh, compile(project.repository, world, arguments.choice, secrets));
  // Never destroyed: the program ends next, and to take ten thousand jobs apart would cost a tenth of its time.
  static const auto* const kept = new Compiled(std::move(fresh));
  const Compiled& compiled = *kept;
  if (report(compiled.diagnostics, world)) return static_cast<int>(kMistake);
  if (!compiled.plan) {
    report_no_pipeline(compiled, world);
    return static_cast<int>(kPassed);
  }
  const Output& out = world.outputs.out;
  Plan reduced;
  const Plan* plan = &*compiled.plan;
  if (!arguments.jobs.empty()) {
    PENSTOCK_TRY(reduced, select(*plan, arguments.jobs, true));
    plan = &reduced;
  }
  switch (arguments.form) {
    case PlanArguments::Form::graph:
      out.write(graph(*plan, in_words(compiled.circumstances), out));
      break;
    case PlanArguments::Form::json:
      write_json(*plan, [&](std::string_view piece) { out.write(piece); });
      out.write("\n");
      break;
    case PlanArguments::Form::dot:
      out.write(dot(*plan));
      break;
  }
  return static_cast<int>(kPassed);
}

}  // namespace

int execute(const PlanArguments& arguments, World& world) {
  const auto status = arguments.events ? show_events(arguments, world) : show_plan(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
