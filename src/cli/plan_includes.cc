#include "cli/plan_includes.h"

#include "base/json_writer.h"
#include "cli/compile.h"
#include "cli/project.h"
#include "cli/table.h"

namespace penstock {
namespace {

using Outcome = IncludeEntry::Outcome;

std::string_view word_of(Outcome outcome) {
  return outcome == Outcome::taken ? "taken" : outcome == Outcome::left_out ? "left_out" : "missing";
}

std::string as_json(const std::vector<IncludeEntry>& entries) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_array();
  for (const IncludeEntry& entry : entries) {
    json.begin_object().member("file", entry.location.file).member("line", entry.location.line);
    json.member("column", entry.location.column).member("kind", entry.kind).member("name", entry.name);
    json.member("outcome", word_of(entry.outcome)).key("files").begin_array();
    for (const std::string& file : entry.files) json.value(file);
    json.end_array().end_object();
  }
  json.end_array();
  return text + "\n";
}

std::string files_of(const IncludeEntry& entry) {
  if (entry.outcome == Outcome::left_out) return "left out, its rules don't hold";
  if (entry.outcome == Outcome::missing) return "can't be had";
  std::string files;
  for (const std::string& file : entry.files) files += (files.empty() ? "" : ", ") + file;
  return files;
}

std::string as_table(const std::vector<IncludeEntry>& entries, const Output& out) {
  if (entries.empty()) return "nothing is included\n";
  Table table({{"INCLUDED BY", false, true, 28}, {"KIND"}, {"NAME", false, true, 16}, {"FILES", false, true, 16}});
  for (const IncludeEntry& entry : entries) {
    const std::string place = entry.location.file + ":" + std::to_string(entry.location.line);
    table.add({place, entry.kind, entry.name, files_of(entry)});
  }
  return table.render(out.style, out.width());
}

}  // namespace

Result<int> show_includes(const PlanArguments& arguments, const World& world) {
  PENSTOCK_TRY(const Project project, find_project(world, &arguments.choice));
  PENSTOCK_TRY(const std::vector<std::string> secrets, secret_names(project, arguments.choice));
  PENSTOCK_TRY(const Compiled compiled, compile(project.repository, world, arguments.choice, secrets));
  const bool mistaken = report(compiled.diagnostics, world);
  const Output& out = world.outputs.out;
  const bool json = arguments.form == PlanArguments::Form::json;
  out.write(json ? as_json(compiled.includes) : as_table(compiled.includes, out));
  return static_cast<int>(mistaken ? kMistake : kPassed);
}

}  // namespace penstock
