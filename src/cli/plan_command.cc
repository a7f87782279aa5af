#include <algorithm>
#include <future>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/text_width.h"
#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/line_text.h"
#include "cli/plan_events.h"
#include "cli/plan_includes.h"
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

std::string counted(std::string_view name, size_t count) {
  return std::string(name) + " (" + std::to_string(count) + ")";
}

void add(std::string& list, const std::string& item) {
  if (item.empty()) return;
  list += (list.empty() ? "" : ", ") + item;
}

using Groups = std::unordered_map<std::string_view, std::string_view>;  // by the job's name

/// `build, unit (12)`: instances of one job are told as one.
std::string needs_text(const Job& job, const Groups& groups) {
  if (!job.needs) return {};
  if (job.needs->empty()) return "starts at once";
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>> needed;
  for (const Need& need : *job.needs) {
    const auto group = groups.find(need.job);
    const std::string_view name = group == groups.end() ? need.job : group->second;
    auto known = std::find_if(needed.begin(), needed.end(), [&](const auto& one) { return one.first == name; });
    if (known == needed.end()) known = needed.insert(needed.end(), {name, {}});
    known->second.push_back(need.job);
  }
  std::string names;
  for (size_t i = 0; i < needed.size() && i < 4; ++i) {
    const auto& [group, instances] = needed[i];
    add(names, instances.size() == 1 ? std::string(instances.front()) : counted(group, instances.size()));
  }
  if (needed.size() > 4) names += " and " + std::to_string(needed.size() - 4) + " more";
  return "needs " + names;
}

std::string facts(const Job& job, const Groups& groups) {
  std::string text;
  if (job.gate.kind == Gate::Kind::manual) add(text, job.allow_failure.always ? "manual (optional)" : "manual");
  if (job.gate.kind == Gate::Kind::delayed) add(text, "after " + to_words(job.gate.delay));
  add(text, std::string(word_of(job.condition)));
  if (job.allow_failure.always && job.gate.kind != Gate::Kind::manual) add(text, "may fail");
  if (job.environment) add(text, (job.rollout ? "rollout to " : "environment ") + job.environment->name);
  if (job.trigger) add(text, "starts " + job.trigger->name + (job.trigger->waits ? " and waits for it" : ""));
  if (job.resource_group) add(text, "resource group " + job.resource_group->name);
  add(text, needs_text(job, groups));
  return text;
}

struct Line {
  const Job* job;
  std::string about;
  size_t instances = 1;
};

/// A line a job. Many instances of one job that are alike make one line.
std::vector<Line> lines_of(const Plan& plan) {
  constexpr size_t kMany = 4;
  Groups groups;
  for (const Job& job : plan.jobs) groups.emplace(job.name, job.group);
  std::vector<Line> lines;
  for (size_t i = 0; i < plan.jobs.size();) {
    Line line{&plan.jobs[i], facts(plan.jobs[i], groups)};
    size_t end = i + 1;
    while (end < plan.jobs.size() && plan.jobs[end].group == line.job->group &&
           plan.jobs[end].stage == line.job->stage && facts(plan.jobs[end], groups) == line.about)
      ++end;
    if (end - i > kMany) line.instances = end - i;
    i += line.instances;
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string name_of(const Line& line) {
  return printable(line.instances == 1 ? line.job->name : counted(line.job->group, line.instances));
}

/// Names, those of one parallel job together.
std::vector<std::string> names_of(const std::vector<LeftOutJob>& jobs) {
  std::vector<std::string> names;
  for (size_t i = 0; i < jobs.size();) {
    size_t end = i + 1;
    while (end < jobs.size() && jobs[end].group == jobs[i].group) ++end;
    names.push_back(printable(end - i == 1 ? jobs[i].name : counted(jobs[i].group, end - i)));
    i = end;
  }
  return names;
}

/// Stages with their jobs, what each waits for, and what was left out.
std::string graph(const Plan& plan, const std::string& circumstances, const Output& out) {
  const Style& style = out.style;
  const size_t total = out.width();
  const std::vector<Line> lines = lines_of(plan);
  size_t width = 0;
  for (const Line& line : lines) width = std::max(width, display_width(name_of(line)));
  width = std::min<size_t>(width, total == 0 || total >= 80 ? 40 : total / 2);
  std::string text = style.bold(plan.source) + (plan.name.empty() ? "" : " · " + printable(plan.name)) + " · " +
                     printable(circumstances) + " · " + std::to_string(plan.jobs.size()) +
                     (plan.jobs.size() == 1 ? " job in " : " jobs in ") + std::to_string(plan.stages.size()) +
                     (plan.stages.size() == 1 ? " stage\n" : " stages\n");
  std::string_view stage;
  for (const Line& line : lines) {
    if (line.job->stage != stage) text += printable(line.job->stage) + "\n";
    stage = line.job->stage;
    const std::string name =
        line.about.empty() && total == 0 ? name_of(line) : cut_middle(name_of(line), width, style.unicode);
    std::string about = printable(line.about);
    if (total > width + 4) about = cut_end(about, total - width - 4, style.unicode);
    text += "  " + (about.empty() ? name : pad_right(name, width) + "  " + style.dim(about)) + "\n";
  }
  if (plan.jobs.empty()) text += "no job is left, so there is no pipeline\n";
  if (plan.left_out.empty()) return text;
  constexpr size_t kFew = 8;
  const std::vector<std::string> left_out = names_of(plan.left_out);
  return text + style.dim("left out") + "\n" + style.dim(listed_lines(left_out, left_out.size() > kFew ? total : 0));
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

/// Two pieces at a time: the second is made beside the first.
void write_json(const Plan& plan, const Output& out) {
  const PlanPieces pieces(plan);
  std::string one;
  std::string other;
  for (size_t number = 0; number < pieces.count(); number += 2) {
    std::future<void> beside;
    if (number + 1 < pieces.count()) beside = std::async(std::launch::async, [&] { pieces.write(number + 1, other); });
    pieces.write(number, one);
    out.write(one);
    if (!beside.valid()) break;
    beside.get();
    out.write(other);
  }
  out.write("\n");
}

/// For other programs: a plan of no jobs, whose `workflow` says why.
Plan without_pipeline(const Compiled& compiled) {
  Plan none;
  none.dialect = "gitlab";
  none.source = compiled.path;
  none.workflow = compiled.workflow;
  return none;
}

Result<int> show_plan(const PlanArguments& arguments, const World& world) {
  PENSTOCK_TRY(const Project project, find_project(world, &arguments.choice));
  PENSTOCK_TRY(const std::vector<std::string> secrets, secret_names(project, arguments.choice));
  PENSTOCK_TRY(Compiled fresh, compile(project.repository, world, arguments.choice, secrets));
  // Never destroyed: the program ends next, and to take ten thousand jobs apart would cost a tenth of its time.
  static const auto* const kept = new Compiled(std::move(fresh));
  const Compiled& compiled = *kept;
  if (report(compiled.diagnostics, world)) return static_cast<int>(kMistake);
  const Output& out = world.outputs.out;
  if (!compiled.plan) {
    report_no_pipeline(compiled, world);
    if (arguments.form == PlanArguments::Form::json) write_json(without_pipeline(compiled), out);
    if (arguments.form == PlanArguments::Form::dot) out.write(dot(without_pipeline(compiled)));
    return static_cast<int>(kPassed);
  }
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
      write_json(*plan, out);
      break;
    case PlanArguments::Form::dot:
      out.write(dot(*plan));
      break;
  }
  return static_cast<int>(kPassed);
}

}  // namespace

int execute(const PlanArguments& arguments, World& world) {
  const auto status = arguments.events     ? show_events(arguments, world)
                      : arguments.includes ? show_includes(arguments, world)
                                           : show_plan(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
