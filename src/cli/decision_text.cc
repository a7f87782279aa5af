#include "cli/decision_text.h"

#include <algorithm>

#include "base/json_writer.h"
#include "base/text_width.h"
#include "cli/line_text.h"

namespace penstock {
namespace {

std::string_view answer(Clause::Outcome outcome) {
  switch (outcome) {
    case Clause::Outcome::yes:
      return "yes";
    case Clause::Outcome::no:
      return "no";
    default:
      return "not reached";
  }
}

size_t widest_clause(const Decision& decision) {
  size_t width = 0;
  for (const Decision::Rule& rule : decision.rules) {
    for (const Clause& clause : rule.clauses) width = std::max(width, display_width(printable(clause.text)));
  }
  return std::min<size_t>(width, 60);
}

/// `  rules[0]  if $CI_COMMIT_TAG   no: CI_COMMIT_TAG is not set`, one line a clause.
std::string rules_text(const Decision& decision, size_t width) {
  size_t labels = 0;
  for (const Decision::Rule& rule : decision.rules) labels = std::max(labels, display_width(rule.label));
  const size_t clauses = widest_clause(decision);
  std::string text;
  for (const Decision::Rule& rule : decision.rules) {
    std::string label = rule.label;
    if (rule.clauses.empty()) text += "  " + pad_right(label, labels) + "  no condition: always matches\n";
    for (const Clause& clause : rule.clauses) {
      const std::string asked = "  " + pad_right(label, labels) + "  " + printable(clause.text);
      std::string told = std::string(answer(clause.outcome));
      if (!clause.detail.empty()) told += ": " + printable(clause.detail);
      const size_t begin = 4 + labels + clauses + 3;
      const bool below = width != 0 && begin + display_width(told) > width;
      text += below ? asked + "\n" + std::string(labels + 6, ' ') : pad_right(asked, begin);
      text += told + "\n";
      label.clear();
    }
  }
  return text;
}

std::string place(const SourceLocation& location) {
  return location.file.empty() ? std::string() : " (" + location.file + ":" + std::to_string(location.line) + ")";
}

}  // namespace

std::string decision_text(const Decision& decision, const SourceLocation& location, size_t width) {
  std::string text = rules_text(decision, width);
  if (!decision.summary.empty()) text += "  " + printable(decision.summary) + place(location) + "\n";
  return text;
}

void write_decision(JsonWriter& json, const Decision& decision) {
  json.key("rules").begin_array();
  for (const Decision::Rule& rule : decision.rules) {
    json.begin_object().member("label", rule.label).member("matched", rule.matched).key("clauses").begin_array();
    for (const Clause& clause : rule.clauses) {
      json.begin_object()
          .member("text", clause.text)
          .member("outcome", answer(clause.outcome))
          .member("detail", clause.detail)
          .end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().member("summary", decision.summary);
}

}  // namespace penstock
