#include <charconv>
#include <string>
#include <string_view>

#include "base/json_reader.h"
#include "environments/json.h"
#include "environments/words.h"

namespace penstock {

using json_reading::Json;
using json_reading::Members;
using json_reading::read_json;
using json_reading::refuse;

namespace {

using namespace environments;

template <class Enum, size_t kSize>
void read_word(Members& members, std::string_view name, const Words<Enum, kSize>& words, Enum& value) {
  members.with(name, [&](const Json& json) {
    std::string text;
    read_json(json, text);
    const Enum* known = value_of(words, text);
    if (known == nullptr) refuse("\"" + text + "\" is not one of its words");
    value = *known;
  });
}

}  // namespace

static void read_pair(const Json& json, std::pair<std::string, std::string>& pair) {
  Members members(json);
  members.required("name", pair.first);
  members.required("value", pair.second);
  members.finish();
}

template <class T, class Read>
static void read_list(Members& members, std::string_view name, std::vector<T>& list, Read read) {
  members.with(name, [&](const Json& json) {
    if (!json.is_array()) refuse("a list is expected");
    for (const Json& item : json) list.push_back(read(item));
  });
}

static void read_pairs(Members& members, std::string_view name,
                       std::vector<std::pair<std::string, std::string>>& pairs) {
  read_list(members, name, pairs, [](const Json& json) {
    std::pair<std::string, std::string> pair;
    read_pair(json, pair);
    return pair;
  });
}

static void read_json(const Json& json, Amount& amount) {
  std::string text;
  read_json(json, text);
  amount.percent = text.ends_with('%');
  const char* const end = text.data() + text.size() - (amount.percent ? 1 : 0);
  if (std::from_chars(text.data(), end, amount.value).ptr != end || amount.value < 0) refuse("an amount is expected");
}

static void read_json(const Json& json, HostsTarget& hosts) {
  Members members(json);
  read_word(members, "service", kServiceWords, hosts.service);
  members.optional("user_units", hosts.user_units);
  members.optional("folder", hosts.folder);
  members.optional("ssh_options", hosts.ssh_options);
  members.finish();
}

static void read_json(const Json& json, CommandsTarget& commands) {
  Members members(json);
  members.optional("start", commands.start);
  members.optional("stop", commands.stop);
  members.optional("check", commands.check);
  members.optional("shift", commands.shift);
  members.optional("observe", commands.observe);
  members.optional("folder", commands.folder);
  members.finish();
}

static void read_json(const Json& json, ApplicationSpec& application) {
  Members members(json);
  members.optional("artifact", application.artifact);
  members.optional("python", application.python);
  members.optional("constraints", application.constraints);
  members.optional("run", application.run);
  members.optional("prepare", application.prepare);
  read_pairs(members, "variables", application.variables);
  members.optional("secrets", application.secrets);
  members.optional("stop_signal", application.stop_signal);
  members.optional("stop_within_ms", application.stop_within);
  members.finish();
}

static void read_json(const Json& json, Probe::Http& http) {
  Members members(json);
  members.optional("path", http.path);
  members.optional("status", http.status);
  members.optional("body", http.body);
  read_pairs(members, "headers", http.headers);
  members.with("expect_header", [&](const Json& pair) { read_pair(pair, http.expect_header); });
  members.finish();
}

static void read_json(const Json& json, Probe& probe) {
  Members members(json);
  Probe::Http http;
  Probe::Command command;
  probe.what = Probe::Tcp{};
  if (members.optional("http", http)) probe.what = http;
  if (members.optional("command", command.command)) probe.what = command;
  members.finish();
}

static void read_json(const Json& json, HealthPolicy& health) {
  Members members(json);
  members.optional("start_within_ms", health.start_within);
  members.optional("every_ms", health.every);
  members.optional("timeout_ms", health.timeout);
  members.optional("successes", health.successes);
  members.optional("failures", health.failures);
  members.optional("warm_up_ms", health.warm_up);
  members.finish();
}

static void read_json(const Json& json, TrafficSplit::HeaderRoute& route) {
  Members members(json);
  members.required("name", route.name);
  members.required("value", route.value);
  members.finish();
}

namespace strategy {

static void read_json(const Json& json, Rolling& rolling) {
  Members members(json);
  members.optional("max_surge", rolling.max_surge);
  members.optional("max_unavailable", rolling.max_unavailable);
  members.optional("batch", rolling.batch);
  members.optional("wait_ms", rolling.wait);
  members.finish();
}

static void read_json(const Json& json, Recreate&) { Members(json).finish(); }

static void read_json(const Json& json, BlueGreen& colours) {
  Members members(json);
  members.optional("preview", colours.preview);
  members.optional("analysis", colours.analysis);
  members.optional("keep_old_ms", colours.keep_old);
  members.finish();
}

static CanaryStep read_step(const Json& json) {
  Members members(json);
  CanaryStep step{CanaryStep::Weight{}};
  CanaryStep::Weight weight;
  Duration time{};
  TrafficSplit::HeaderRoute route;
  if (members.optional("weight", weight.percent)) step.what = weight;
  if (members.optional("pause_ms", time))
    step.what = CanaryStep::Pause{time.count() < 0 ? std::nullopt : std::optional(time)};
  if (members.optional("analysis_ms", time)) step.what = CanaryStep::Analysis{time};
  if (members.optional("header", route)) step.what = CanaryStep::Header{route};
  members.finish();
  return step;
}

static void read_json(const Json& json, Canary& canary) {
  Members members(json);
  read_list(members, "steps", canary.steps, read_step);
  members.optional("instances", canary.instances);
  members.optional("baseline", canary.baseline);
  members.optional("background_analysis", canary.background_analysis);
  members.finish();
}

static void read_json(const Json& json, Strategy& chosen) {
  Members members(json);
  Rolling rolling;
  Recreate recreate;
  BlueGreen colours;
  Canary canary;
  if (members.optional("rolling", rolling)) chosen = rolling;
  if (members.optional("recreate", recreate)) chosen = recreate;
  if (members.optional("blue-green", colours)) chosen = colours;
  if (members.optional("canary", canary)) chosen = canary;
  members.finish();
}

}  // namespace strategy

static void read_json(const Json& json, HostSlots& slots) {
  Members members(json);
  members.required("host", slots.host);
  members.optional("ports", slots.ports);
  members.finish();
}

static void read_json(const Json& json, HaproxySpec& haproxy) {
  Members members(json);
  members.optional("host", haproxy.host);
  members.optional("listen", haproxy.listen);
  members.optional("preview", haproxy.preview);
  members.optional("socket", haproxy.socket);
  members.optional("backend", haproxy.backend);
  members.optional("http", haproxy.http);
  members.finish();
}

static void read_json(const Json& json, Metric::Limit& limit) {
  Members members(json);
  members.optional("min", limit.min);
  members.optional("max", limit.max);
  members.optional("allowed_failures", limit.allowed_failures);
  members.finish();
}

static void read_json(const Json& json, Metric::Comparison& compare) {
  Members members(json);
  members.optional("significance", compare.significance);
  members.optional("min_effect", compare.min_effect);
  members.optional("min_absolute", compare.min_absolute);
  members.optional("min_samples", compare.min_samples);
  members.optional("quantile", compare.quantile);
  members.finish();
}

static void read_json(const Json& json, Metric& metric) {
  Members members(json);
  members.required("name", metric.name);
  read_word(members, "source", kSourceWords, metric.source);
  members.optional("address", metric.address);
  members.optional("query", metric.query);
  members.optional("command", metric.command);
  members.optional("limit", metric.limit);
  members.optional("compare", metric.compare);
  members.optional("allowed_inconclusive", metric.allowed_inconclusive);
  members.finish();
}

static void read_json(const Json& json, ApprovalRule& rule) {
  Members members(json);
  members.optional("required", rule.required);
  members.optional("from", rule.from);
  members.optional("author", rule.author);
  members.optional("starter", rule.starter);
  members.finish();
}

static void read_json(const Json& json, FreezeWindow& window) {
  Members members(json);
  members.required("name", window.name);
  members.optional("cron", window.cron);
  members.optional("length_ms", window.length);
  members.optional("zone", window.zone);
  members.optional("from_ms", window.from);
  members.optional("to_ms", window.to);
  members.finish();
}

static void read_json(const Json& json, Notification& notification) {
  Members members(json);
  members.required("url", notification.url);
  members.optional("slack", notification.slack);
  members.optional("on", notification.on);
  members.finish();
}

static void read_json(const Json& json, ServiceSpec& service) {
  Members members(json);
  members.required("name", service.name);
  members.optional("after", service.after);
  members.finish();
}

static void read_hooks(const Json& json, EnvironmentSpec& spec) {
  if (!json.is_object()) refuse("an object is expected");
  for (const auto& item : json.items()) read_json(item.value(), spec.hooks[item.key()]);
}

static void read_target(Members& members, EnvironmentSpec& spec) {
  HostsTarget hosts;
  CommandsTarget commands;
  HaproxySpec haproxy;
  TrafficCommand command;
  if (members.optional("hosts_target", hosts)) spec.target = hosts;
  if (members.optional("commands_target", commands)) spec.target = commands;
  if (members.optional("haproxy", haproxy)) spec.traffic = haproxy;
  if (members.optional("traffic_command", command.command)) spec.traffic = command;
}

static void read_rollout(Members& members, RolloutSpec& rollout) {
  members.optional("strategy", rollout.strategy);
  members.optional("hosts", rollout.hosts);
  members.optional("instances", rollout.instances);
  members.optional("steers_traffic", rollout.steers_traffic);
  members.optional("health", rollout.health);
  members.optional("drain_ms", rollout.drain);
  members.optional("deadline_ms", rollout.deadline);
  members.optional("bake_ms", rollout.bake);
  members.optional("analysis_every_ms", rollout.analysis_every);
}

static EnvironmentSpec read_spec(const Json& json) {
  EnvironmentSpec spec;
  Members members(json);
  int format = 0;
  members.required("format", format);
  if (format != 1) refuse("format " + std::to_string(format) + " is not known");
  members.required("name", spec.name);
  members.optional("tier", spec.tier);
  members.optional("url", spec.url);
  read_target(members, spec);
  members.optional("application", spec.application);
  members.optional("readiness", spec.readiness);
  members.optional("liveness", spec.liveness);
  read_rollout(members, spec.rollout);
  members.with("hooks", [&](const Json& hooks) { read_hooks(hooks, spec); });
  members.optional("analysis", spec.analysis.metrics);
  members.optional("approvals", spec.approvals);
  members.optional("freezes", spec.freezes);
  read_word(members, "queue", kQueueWords, spec.queue);
  members.optional("auto_stop_ms", spec.auto_stop);
  members.optional("keep_releases", spec.keep_releases);
  members.optional("notify", spec.notify);
  members.optional("services", spec.services);
  members.finish();
  spec.rollout.environment = spec.name;
  spec.rollout.analyse_bake = !spec.analysis.metrics.empty();
  for (const auto& [point, command] : spec.hooks) spec.rollout.hooks.push_back(point);
  return spec;
}

Result<EnvironmentSpec> environment_from_json(std::string_view text) {
  return json_reading::parse_stored(text, "stored environment", read_spec);
}

}  // namespace penstock
