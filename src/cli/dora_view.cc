#include "cli/dora_view.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "base/json_writer.h"
#include "base/text_width.h"

namespace penstock {
namespace {

std::string formatted(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string time_words(const DoraFigure& figure) {
  return figure.value ? to_words(Duration(std::llround(*figure.value * 1000))) : "–";
}

std::string share_words(const DoraFigure& figure) {
  return figure.value ? formatted("%.1f", *figure.value * 100) + "%" : "–";
}

/// Rates below one a day read better by the week or the month.
std::string frequency_words(const DoraFigure& figure) {
  if (!figure.value) return "–";
  const double a_day = *figure.value;
  if (a_day >= 1 || a_day == 0) return formatted("%.3g", a_day) + " a day";
  return a_day * 7 >= 1 ? formatted("%.2g", a_day * 7) + " a week" : formatted("%.2g", a_day * 30) + " a month";
}

std::string counted(int64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

struct Line {
  const char* name;
  std::string value;
  std::string stands_on;
  std::string class_name;
};

std::vector<Line> lines_of(const DoraReport& report) {
  const bool of_deployments = report.definition == DoraDefinition::gitlab;
  const char* const restored =
      report.definition == DoraDefinition::dora2026 ? "failed deployment recovery" : "time to restore";
  std::vector<Line> lines = {
      {"deployment frequency", frequency_words(report.deployments_a_day),
       counted(report.deployments_a_day.samples, "deployment", "deployments"), report.deployments_a_day.class_name},
      {"lead time for changes", time_words(report.lead_time),
       "median of " + (of_deployments ? counted(report.lead_time.samples, "deployment", "deployments")
                                      : counted(report.lead_time.samples, "commit", "commits")),
       report.lead_time.class_name},
      {"change failure rate", share_words(report.failure_rate),
       "of " + counted(report.failure_rate.samples, "deployment", "deployments"), report.failure_rate.class_name},
      {restored, time_words(report.recovery_time),
       "median of " + counted(report.recovery_time.samples, "failure", "failures"), report.recovery_time.class_name}};
  if (report.definition == DoraDefinition::dora2026)
    lines.push_back({"rework rate", share_words(report.rework_rate),
                     "of " + counted(report.rework_rate.samples, "deployment", "deployments"), ""});
  return lines;
}

/// What happened and is in no figure.
std::string not_counted(const DoraReport& report) {
  std::string text;
  const auto add = [&](int64_t count, const char* one, const char* many) {
    if (count > 0) text += (text.empty() ? "" : ", ") + counted(count, one, many);
  };
  if (report.definition == DoraDefinition::dora2026) {
    add(report.redeploys, "re-deploy", "re-deploys");
    add(report.rollbacks, "rollback", "rollbacks");
  }
  add(report.never_live, "rollout that never was live", "rollouts that never were live");
  return text;
}

std::string date(Instant at) { return to_iso8601(at).substr(0, 10); }

void write_figure(JsonWriter& json, const char* name, const DoraFigure& figure) {
  json.key(name).begin_object().key("value");
  figure.value ? json.value(*figure.value) : json.null();
  json.member("samples", figure.samples);
  if (!figure.class_name.empty()) json.member("class", figure.class_name);
  json.end_object();
}

}  // namespace

std::string dora_text(const DoraReport& report, const std::vector<std::string>& environments, const Style& style) {
  std::string text;
  for (const std::string& environment : environments) text += (text.empty() ? "" : ", ") + printable(environment);
  text = style.bold(text) + " · " + date(report.from) + " to " + date(report.to) + " · as " +
         std::string(to_string(report.definition)) + " defines it\n";
  for (const Line& line : lines_of(report)) {
    const std::string name(line.name);
    text += "  " + name + std::string(28 - name.size(), ' ');
    text += line.value + std::string(line.value.size() < 14 ? 14 - display_width(line.value) : 1, ' ');
    text += style.dim(line.stands_on);
    if (!line.class_name.empty()) text += style.dim(" · ") + line.class_name;
    text += "\n";
  }
  if (const std::string rest = not_counted(report); !rest.empty()) text += style.dim("  not counted: " + rest) + "\n";
  return text;
}

std::string dora_json(const DoraReport& report, const std::vector<std::string>& environments) {
  std::string text;
  JsonWriter json(text, 2);
  json.begin_object().member("definition", to_string(report.definition));
  json.key("environments").begin_array();
  for (const std::string& environment : environments) json.value(environment);
  json.end_array().member("from", to_iso8601(report.from)).member("to", to_iso8601(report.to));
  write_figure(json, "deployments_a_day", report.deployments_a_day);
  write_figure(json, "lead_time_seconds", report.lead_time);
  write_figure(json, "change_failure_rate", report.failure_rate);
  write_figure(json, "recovery_time_seconds", report.recovery_time);
  if (report.definition == DoraDefinition::dora2026) write_figure(json, "rework_rate", report.rework_rate);
  json.key("happened").begin_object().member("releases", report.releases);
  json.member("configurations", report.configurations).member("redeploys", report.redeploys);
  json.member("rollbacks", report.rollbacks).member("never_live", report.never_live);
  json.member("incidents", report.incidents).end_object().end_object();
  return text + "\n";
}

}  // namespace penstock
