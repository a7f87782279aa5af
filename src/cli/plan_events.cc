#include "cli/plan_events.h"

#include "cli/compile.h"
#include "cli/event_table.h"
#include "cli/project.h"

namespace penstock {
namespace {

struct Events {
  std::vector<std::string> heads;
  std::vector<Circumstances> circumstances;
  size_t usual = 0;  ///< So many columns are always there; further ones only where they differ.
};

/// Of the branch that was named, or HEAD's.
Result<Events> events_of(const git::Repository& repository, const Circumstances& chosen) {
  PENSTOCK_TRY(const std::optional<std::string> standard, repository.default_branch());
  PENSTOCK_TRY(const std::optional<std::string> here, repository.branch());
  Circumstances named = chosen;
  if (named.branch.empty()) named.branch = here.value_or("");
  Events events;
  for (ProjectEvent& event : project_events(standard.value_or(""), named)) {
    events.heads.push_back(std::move(event.head));
    events.circumstances.push_back(std::move(event.circumstances));
    if (event.usual) ++events.usual;
  }
  return events;
}

bool is_told(const Diagnostics& told, const Diagnostic& one) {
  for (const Diagnostic& known : told) {
    if (location_of(known.span) == location_of(one.span) && known.message == one.message) return true;
  }
  return false;
}

/// A mistake that several events have is told once.
bool report_all(const std::vector<Compiled>& compiled, const World& world) {
  Diagnostics all;
  for (const Compiled& one : compiled) {
    for (const Diagnostic& diagnostic : one.diagnostics) {
      if (!is_told(all, diagnostic)) all.push_back(diagnostic);
    }
  }
  return report(all, world);
}

}  // namespace

Result<int> show_events(const PlanArguments& arguments, const World& world) {
  PENSTOCK_TRY(const Project project, find_project(world));
  PENSTOCK_TRY(const std::vector<std::string> secrets, secret_names(project, arguments.choice));
  PENSTOCK_TRY(const IntakeOptions options, intake_options(world, arguments.choice, secrets));
  PENSTOCK_TRY(const Events events, events_of(project.repository, options.circumstances));
  PENSTOCK_TRY(std::vector<Compiled> fresh, compile_for_events(project.repository, options, events.circumstances));
  // Never destroyed: the program ends next.
  static const auto* const compiled = new std::vector<Compiled>(std::move(fresh));
  const bool json = arguments.form == PlanArguments::Form::json;
  const bool mistaken = report_all(*compiled, world);
  const EventTable table = event_table(events.heads, *compiled, json ? events.heads.size() : events.usual);
  if (!json && mistaken && table.rows.empty()) return static_cast<int>(kMistake);  // nothing is known of any event
  const Output& out = world.outputs.out;
  out.write(json ? to_json(table) : render(table, out.style, out.width()));
  return static_cast<int>(mistaken ? kMistake : kPassed);
}

}  // namespace penstock
