#include <array>

#include "base/variable_name.h"
#include "dialect_gitlab/read.h"

namespace penstock::gitlab {
namespace {

using yaml::Node;

constexpr std::array<Keyword, 4> kGlobal = {{{"value"}, {"description"}, {"options"}, {"expand"}}};
constexpr std::array<Keyword, 2> kOfJob = {{{"value"}, {"expand"}}};

/// Whether the default is one of the options, where there are any.
void check_options(Report& report, const Node& definition, const std::string& name) {
  const Node* options = definition.find("options");
  if (options == nullptr) return;
  std::vector<std::string> allowed = read_strings(report, *options, "`options` of variable `" + name + "`");
  const Node* value = definition.find("value");
  if (value == nullptr) {
    report.error("missing-value", options->span(), "variable `" + name + "` has `options`, but no `value`");
    return;
  }
  for (const std::string& option : allowed) {
    if (option == value->to_text()) return;
  }
  report.error("unknown-value", value->span(),
               "`" + value->to_text() + "` is none of the `options` of variable `" + name + "`");
}

}  // namespace

void check_variable_name(Report& report, const Node& key) {
  const std::string name = key.to_text();
  if (is_variable_name(name)) return;
  report.warning("invalid-name", key.span(), "a shell can't use a variable named `" + name + "`").help =
      "use letters, digits and `_`, no digit first";
}

Variables read_variables(Report& report, const Node& node, VariablesOf place) {
  Variables variables;
  if (node.is_null()) return variables;
  if (!node.is_mapping()) {
    wrong_type(report, node, "`variables`", "a mapping");
    return variables;
  }
  variables.reserve(node.entries().size());
  for (const yaml::Entry& entry : node.entries()) {
    Variable variable;
    variable.name = entry.key->to_text();
    check_variable_name(report, *entry.key);
    const Node* value = entry.value;
    if (value->is_mapping() && place != VariablesOf::rule) {
      const bool global = place == VariablesOf::file;
      std::span<const Keyword> keywords = global ? std::span<const Keyword>(kGlobal) : std::span<const Keyword>(kOfJob);
      check_keywords(report, *value, keywords, global ? "a variable" : "a job's variable");
      check_options(report, *value, variable.name);
      if (const Node* description = value->find("description"); description != nullptr && !description->is_null())
        read_string(report, *description, "`description` of variable `" + variable.name + "`");
      if (const Node* expanded = value->find("expand"))
        variable.raw = !read_bool(report, *expanded, "`expand`").value_or(true);
      value = value->find("value");
    }
    if (value != nullptr && !value->is_scalar()) {
      wrong_type(report, *value, "variable `" + variable.name + "`", "a string or a number");
      continue;
    }
    if (value != nullptr) variable.value = value->is_string() ? std::string(value->text()) : value->to_text();
    variables.push_back(std::move(variable));
  }
  return variables;
}

}  // namespace penstock::gitlab
