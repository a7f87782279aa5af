#include <array>

#include "base/words.h"
#include "environments/readers.h"

namespace penstock::environments {
namespace {

constexpr std::array<std::string_view, 5> kStrategies = {"rolling", "recreate", "blue-green", "canary", "blue_green"};
constexpr std::span<const std::string_view> kTold(kStrategies.data(), 4);
constexpr size_t kMostSteps = 100;
constexpr Duration kWeek = 7 * kDay;

strategy::Rolling read_rolling(Fields& fields) {
  strategy::Rolling rolling;
  fields.amount("max_surge", rolling.max_surge);
  fields.amount("max_unavailable", rolling.max_unavailable);
  const bool in_batches = fields.amount("batch", rolling.batch, "hosts", 1);
  fields.duration("wait", rolling.wait, Duration(0), kDay);
  if (!in_batches && rolling.wait > Duration(0)) {
    fields.report()
        .error("missing-value", fields.find("wait")->span(), "`wait` is between batches, and there is only one of them")
        .help = "say how many hosts are taken at a time: `batch: 1`";
  }
  return rolling;
}

strategy::BlueGreen read_blue_green(Fields& fields) {
  strategy::BlueGreen colours;
  fields.flag("preview", colours.preview);
  fields.flag("analysis", colours.analysis);
  fields.duration("keep_old", colours.keep_old, Duration(0), kWeek);
  return colours;
}

int last_weight(const std::vector<strategy::CanaryStep>& steps) {
  int last = -1;
  for (const strategy::CanaryStep& step : steps) {
    if (const auto* weight = std::get_if<strategy::CanaryStep::Weight>(&step.what)) last = weight->percent;
  }
  return last;
}

void add_weight(Report& report, const Node& node, std::vector<strategy::CanaryStep>& steps) {
  std::string_view text = node.text();
  if (text.ends_with('%')) text.remove_suffix(1);
  int percent = -1;
  for (size_t i = 0; node.is_scalar() && i < text.size() && i < 4; ++i) {
    if (text[i] < '0' || text[i] > '9') {
      percent = -1;
      break;
    }
    percent = std::max(percent, 0) * 10 + (text[i] - '0');
  }
  if (percent < 0 || percent > 100) {
    report.error("out-of-range", node.span(), "`weight` must be a whole percentage between 0 and 100");
    return;
  }
  const int last = last_weight(steps);
  if (percent <= last) {
    report.error(
        "falling-weight", node.span(),
        "the weights of a canary must rise: " + std::to_string(percent) + " comes after " + std::to_string(last));
  }
  steps.push_back({strategy::CanaryStep::Weight{percent}});
}

void add_pause(Report& report, const Node& node, std::vector<strategy::CanaryStep>& steps) {
  strategy::CanaryStep::Pause pause;
  if (node.text() == "person") {
    steps.push_back({pause});
    return;
  }
  pause.time = read_duration(report, node, "`pause`", Duration(0), kWeek);
  if (pause.time == Duration(0)) {
    report.error("out-of-range", node.span(), "`pause` can't be 0s").help =
        "leave it out, or write `pause: person` where it is to wait for somebody";
  }
  if (pause.time) steps.push_back({pause});
}

void add_header(Report& report, const Node& node, std::vector<strategy::CanaryStep>& steps) {
  const Pairs pairs = read_pairs(report, node, "`header`");
  if (pairs.size() == 1) {
    steps.push_back({strategy::CanaryStep::Header{{pairs.front().first, pairs.front().second}}});
  } else if (node.is_mapping()) {
    report.error("wrong-type", node.span(), "`header` must hold one header").help =
        "write it like `header: {X-Beta: \"1\"}`";
  }
}

/// The keys of a step are steps of their own, in the order in which they are written.
void read_step(Report& report, const Node& node, std::vector<strategy::CanaryStep>& steps) {
  Fields fields(report, node, "a step");
  if (node.entries().empty()) fields.missing("weight", "write it like `- {weight: 10, pause: 5m}`");
  for (std::string_view key : {"weight", "pause", "analysis", "header"}) fields.find(key);
  for (const yaml::Entry& entry : node.entries()) {
    const std::string_view key = entry.key->text();
    if (key == "weight") add_weight(report, *entry.value, steps);
    if (key == "pause") add_pause(report, *entry.value, steps);
    if (key == "header") add_header(report, *entry.value, steps);
    if (key != "analysis") continue;
    const auto time = read_duration(report, *entry.value, "`analysis`", Duration(1000), kWeek);
    if (time) steps.push_back({strategy::CanaryStep::Analysis{*time}});
  }
  fields.finish();
}

strategy::Canary read_canary(Fields& fields) {
  strategy::Canary canary;
  Report& report = fields.report();
  fields.flag("baseline", canary.baseline);
  fields.flag("background_analysis", canary.background_analysis);
  fields.amount("instances", canary.instances, "instances", 1);
  const Node* steps = fields.find("steps");
  if (steps == nullptr) {
    fields.missing("steps", "add `steps: [{weight: 10, pause: 5m}, {weight: 50, pause: 5m}]`");
  } else if (!steps->is_sequence()) {
    wrong_type(report, *steps, "`steps`", "a list");
  } else if (steps->items().size() > kMostSteps) {
    report.error("too-many", steps->span(), "a canary can have at most 100 steps");
  } else {
    for (const Node* step : steps->items()) read_step(report, *step, canary.steps);
    if (steps->items().empty()) report.error("missing-value", steps->span(), "a canary needs at least one step");
  }
  return canary;
}

/// A strategy that is only named.
void use_plain(Report& report, std::string_view name, const Node& at, Strategy& strategy) {
  if (name == "recreate") strategy = strategy::Recreate{};
  if (name == "blue-green" || name == "blue_green") strategy = strategy::BlueGreen{};
  if (name == "canary") {
    report.error("missing-value", at.span(), "a canary needs `steps`").help =
        "write `strategy: {canary: {steps: [{weight: 10, pause: 5m}, {weight: 50, pause: 5m}]}}`";
  }
}

void read_settings(Report& report, std::string_view name, const Node& node, Strategy& strategy) {
  Fields fields(report, node, quoted(name));
  if (!fields.readable()) return;
  if (name == "rolling") strategy = read_rolling(fields);
  if (name == "recreate") strategy = strategy::Recreate{};
  if (name == "blue-green" || name == "blue_green") strategy = read_blue_green(fields);
  if (name == "canary") strategy = read_canary(fields);
  fields.finish();
}

}  // namespace

void read_strategy(Fields& fields, EnvironmentSpec& spec) {
  Strategy& strategy = spec.rollout.strategy;
  strategy = strategy::Rolling{};
  const Node* node = fields.find("strategy");
  if (node == nullptr) return;
  Report& report = fields.report();
  if (!node->is_mapping()) {
    const std::span<const std::string_view> words = node->text() == "blue_green" ? std::span(kStrategies) : kTold;
    if (const auto name = read_word(report, *node, "`strategy`", words)) use_plain(report, *name, *node, strategy);
    return;
  }
  Fields choice(report, *node, "`strategy`");
  const std::optional<std::string_view> name = choice.one_of(kStrategies);
  if (name) read_settings(report, *name, *choice.find(*name), strategy);
  if (node->entries().empty()) choice.missing("rolling", "write it like `strategy: rolling`");
  choice.finish();
  // `recreate:` with nothing behind it names it as well.
  for (const yaml::Entry& entry : node->entries()) {
    if (!name && entry.value->is_null()) use_plain(report, entry.key->text(), *entry.key, strategy);
  }
}

}  // namespace penstock::environments
