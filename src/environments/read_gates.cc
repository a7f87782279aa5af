#include <algorithm>
#include <array>

#include "base/words.h"
#include "environments/readers.h"

namespace penstock::environments {
namespace {

constexpr std::array<std::string_view, 2> kForms = {"json", "slack"};
constexpr std::array<std::string_view, 5> kNews = {"started", "waiting", "promoted", "taken_back", "failed"};
constexpr std::array<std::string_view, 5> kPoints = {"before", "after_step", "before_switch", "after", "on_failure"};
constexpr int kMostApprovals = 100;

}  // namespace

void read_approvals(Fields& fields, EnvironmentSpec& spec) {
  const Node* node = fields.find("approvals");
  if (node == nullptr) return;
  ApprovalRule& rule = spec.approvals;
  if (node->is_scalar()) {
    rule.required = read_number(fields.report(), *node, "`approvals`", 0, kMostApprovals).value_or(0);
    return;
  }
  Fields approvals(fields.report(), *node, "`approvals`");
  rule.required = 1;
  approvals.number("required", rule.required, 0, kMostApprovals);
  approvals.texts("from", rule.from);
  approvals.flag("author", rule.author);
  approvals.flag("starter", rule.starter);
  approvals.finish();
}

void read_hooks(Fields& fields, EnvironmentSpec& spec) {
  const Node* node = fields.find("hooks");
  if (node == nullptr) return;
  Fields hooks(fields.report(), *node, "`hooks`");
  for (std::string_view point : kPoints) {
    std::string command;
    if (!hooks.text(point, command) || command.empty()) continue;
    spec.hooks[std::string(point)] = std::move(command);
  }
  for (const auto& [point, command] : spec.hooks) spec.rollout.hooks.push_back(point);
  hooks.finish();
}

void read_notify(Fields& fields, EnvironmentSpec& spec) {
  const Node* node = fields.find("notify");
  if (node == nullptr) return;
  Report& report = fields.report();
  if (!node->is_sequence()) return wrong_type(report, *node, "`notify`", "a list");
  for (const Node* item : node->items()) {
    Notification notification;
    Fields entry(report, *item, "an entry of `notify`");
    if (!entry.text("url", notification.url)) entry.missing("url", "add `url: $SLACK_URL` or an address");
    const std::string& url = notification.url;
    if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://") && !url.starts_with('$')) {
      report.error("invalid-address", entry.find("url")->span(),
                   "`url` must begin with `http://` or `https://`, or name a secret such as `$SLACK_URL`");
    }
    std::string form = "json";
    entry.word("form", form, kForms);
    notification.slack = form == "slack";
    if (const Node* on = entry.find("on")) {
      const Node* const self = on;
      for (const Node* word : on->is_sequence() ? on->items() : std::span(&self, 1)) {
        if (auto news = read_word(report, *word, "`on`", kNews)) notification.on.push_back(std::move(*news));
      }
    }
    entry.finish();
    spec.notify.push_back(std::move(notification));
  }
}

}  // namespace penstock::environments
