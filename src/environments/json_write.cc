#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json_writer.h"
#include "environments/json.h"
#include "environments/words.h"

namespace penstock {
namespace {

using namespace environments;

constexpr int kFormat = 1;

/// Writes the members of an environment, each only where it differs from its default.
class SpecWriter {
 public:
  explicit SpecWriter(std::string& output) : json_(output) {}

  void write(const EnvironmentSpec& spec);

 private:
  void target(const EnvironmentSpec& spec);
  void application(const ApplicationSpec& application);
  void write(const Probe& probe);
  void health(const HealthPolicy& health);
  void rollout(const RolloutSpec& rollout);
  void strategy(const Strategy& strategy);
  void write(const strategy::CanaryStep& step);
  void traffic(const EnvironmentSpec& spec);
  void write(const Metric& metric);
  void approvals(const ApprovalRule& rule);
  void write(const FreezeWindow& window);
  void write(const Notification& notification);
  void write(const HostSlots& slots);
  void write(const std::string& value) { json_.value(value); }
  void write(int value) { json_.value(value); }
  void write(const std::pair<std::string, std::string>& pair);

  template <class T>
  void member(std::string_view name, const T& value, const T& usual = {}) {
    if (value != usual) json_.member(name, value);
  }
  void word(std::string_view name, std::string_view value, std::string_view usual) {
    if (value != usual) json_.member(name, value);
  }
  void time(std::string_view name, Duration value, Duration usual = {}) {
    if (value != usual) json_.member(name, static_cast<int64_t>(value.count()));
  }
  void amount(std::string_view name, Amount value, Amount usual);
  template <class T>
  void list(std::string_view name, const std::vector<T>& items) {
    if (items.empty()) return;
    json_.key(name).begin_array();
    for (const T& item : items) write(item);
    json_.end_array();
  }

  JsonWriter json_;
};

void SpecWriter::amount(std::string_view name, Amount value, Amount usual) {
  if (value == usual) return;
  json_.member(name, std::to_string(value.value) + (value.percent ? "%" : ""));
}

void SpecWriter::write(const std::pair<std::string, std::string>& pair) {
  json_.begin_object().member("name", pair.first).member("value", pair.second).end_object();
}

void SpecWriter::target(const EnvironmentSpec& spec) {
  if (const auto* hosts = std::get_if<HostsTarget>(&spec.target)) {
    json_.key("hosts_target").begin_object();
    word("service", word_of(kServiceWords, hosts->service), "systemd");
    member("user_units", hosts->user_units);
    member("folder", hosts->folder);
    list("ssh_options", hosts->ssh_options);
    json_.end_object();
  }
  if (const auto* commands = std::get_if<CommandsTarget>(&spec.target)) {
    json_.key("commands_target").begin_object();
    member("start", commands->start);
    member("stop", commands->stop);
    member("check", commands->check);
    member("shift", commands->shift);
    member("observe", commands->observe);
    member("folder", commands->folder);
    json_.end_object();
  }
}

void SpecWriter::application(const ApplicationSpec& application) {
  static const ApplicationSpec usual;
  if (application == usual) return;
  json_.key("application").begin_object();
  member("artifact", application.artifact);
  member("python", application.python, usual.python);
  member("constraints", application.constraints);
  member("run", application.run);
  member("prepare", application.prepare);
  list("variables", application.variables);
  list("secrets", application.secrets);
  member("stop_signal", application.stop_signal, usual.stop_signal);
  time("stop_within_ms", application.stop_within, usual.stop_within);
  json_.end_object();
}

void SpecWriter::write(const Probe& probe) {
  json_.begin_object();
  if (const auto* http = std::get_if<Probe::Http>(&probe.what)) {
    json_.key("http").begin_object();
    member("path", http->path, std::string("/"));
    member("status", http->status);
    member("body", http->body);
    list("headers", http->headers);
    if (!http->expect_header.first.empty()) {
      json_.key("expect_header");
      write(http->expect_header);
    }
    json_.end_object();
  }
  if (const auto* command = std::get_if<Probe::Command>(&probe.what)) json_.member("command", command->command);
  json_.end_object();
}

void SpecWriter::health(const HealthPolicy& health) {
  static const HealthPolicy usual;
  if (health == usual) return;
  json_.key("health").begin_object();
  time("start_within_ms", health.start_within, usual.start_within);
  time("every_ms", health.every, usual.every);
  time("timeout_ms", health.timeout, usual.timeout);
  member("successes", health.successes, usual.successes);
  member("failures", health.failures, usual.failures);
  time("warm_up_ms", health.warm_up);
  json_.end_object();
}

void SpecWriter::write(const strategy::CanaryStep& step) {
  using Step = strategy::CanaryStep;
  json_.begin_object();
  if (const auto* weight = std::get_if<Step::Weight>(&step.what)) json_.member("weight", weight->percent);
  if (const auto* pause = std::get_if<Step::Pause>(&step.what))
    json_.member("pause_ms", static_cast<int64_t>(pause->time ? pause->time->count() : -1));
  if (const auto* analysis = std::get_if<Step::Analysis>(&step.what))
    json_.member("analysis_ms", static_cast<int64_t>(analysis->time.count()));
  if (const auto* header = std::get_if<Step::Header>(&step.what)) {
    json_.key("header").begin_object().member("name", header->route.name).member("value", header->route.value);
    json_.end_object();
  }
  json_.end_object();
}

void SpecWriter::strategy(const Strategy& strategy) {
  json_.key("strategy").begin_object();
  if (std::holds_alternative<strategy::Recreate>(strategy)) json_.key("recreate").begin_object();
  if (const auto* rolling = std::get_if<strategy::Rolling>(&strategy)) {
    static const strategy::Rolling usual;
    json_.key("rolling").begin_object();
    amount("max_surge", rolling->max_surge, usual.max_surge);
    amount("max_unavailable", rolling->max_unavailable, usual.max_unavailable);
    amount("batch", rolling->batch, usual.batch);
    time("wait_ms", rolling->wait);
  }
  if (const auto* colours = std::get_if<strategy::BlueGreen>(&strategy)) {
    json_.key("blue-green").begin_object();
    member("preview", colours->preview);
    member("analysis", colours->analysis);
    time("keep_old_ms", colours->keep_old, strategy::BlueGreen().keep_old);
  }
  if (const auto* canary = std::get_if<strategy::Canary>(&strategy)) {
    json_.key("canary").begin_object();
    list("steps", canary->steps);
    amount("instances", canary->instances, {});
    member("baseline", canary->baseline);
    member("background_analysis", canary->background_analysis);
  }
  json_.end_object().end_object();
}

void SpecWriter::write(const HostSlots& slots) {
  json_.begin_object().member("host", slots.host);
  list("ports", slots.ports);
  json_.end_object();
}

void SpecWriter::rollout(const RolloutSpec& rollout) {
  static const RolloutSpec usual;
  strategy(rollout.strategy);
  list("hosts", rollout.hosts);
  member("instances", rollout.instances, usual.instances);
  member("steers_traffic", rollout.steers_traffic);
  health(rollout.health);
  time("drain_ms", rollout.drain, usual.drain);
  time("deadline_ms", rollout.deadline, usual.deadline);
  time("bake_ms", rollout.bake);
  time("analysis_every_ms", rollout.analysis_every, usual.analysis_every);
}

void SpecWriter::traffic(const EnvironmentSpec& spec) {
  if (const auto* haproxy = std::get_if<HaproxySpec>(&spec.traffic)) {
    json_.key("haproxy").begin_object();
    member("host", haproxy->host);
    member("listen", haproxy->listen);
    member("preview", haproxy->preview);
    member("socket", haproxy->socket);
    member("backend", haproxy->backend);
    member("http", haproxy->http, true);
    json_.end_object();
  }
  if (const auto* command = std::get_if<TrafficCommand>(&spec.traffic))
    json_.member("traffic_command", command->command);
}

void SpecWriter::write(const Metric& metric) {
  json_.begin_object().member("name", metric.name).member("source", word_of(kSourceWords, metric.source));
  member("address", metric.address);
  member("query", metric.query);
  member("command", metric.command);
  if (metric.limit) {
    json_.key("limit").begin_object();
    if (metric.limit->min) json_.member("min", *metric.limit->min);
    if (metric.limit->max) json_.member("max", *metric.limit->max);
    member("allowed_failures", metric.limit->allowed_failures);
    json_.end_object();
  }
  if (metric.compare) {
    static const Metric::Comparison usual;
    json_.key("compare").begin_object();
    member("significance", metric.compare->significance, usual.significance);
    member("min_effect", metric.compare->min_effect, usual.min_effect);
    member("min_absolute", metric.compare->min_absolute);
    member("min_samples", metric.compare->min_samples, usual.min_samples);
    member("quantile", metric.compare->quantile);
    json_.end_object();
  }
  member("allowed_inconclusive", metric.allowed_inconclusive);
  json_.end_object();
}

void SpecWriter::approvals(const ApprovalRule& rule) {
  if (rule == ApprovalRule{}) return;
  json_.key("approvals").begin_object();
  member("required", rule.required);
  list("from", rule.from);
  if (rule.author) json_.member("author", *rule.author);
  if (rule.starter) json_.member("starter", *rule.starter);
  json_.end_object();
}

void SpecWriter::write(const FreezeWindow& window) {
  json_.begin_object().member("name", window.name);
  member("cron", window.cron);
  time("length_ms", window.length);
  member("zone", window.zone, std::string("UTC"));
  if (window.from) json_.member("from_ms", static_cast<int64_t>(window.from->time_since_epoch().count()));
  if (window.to) json_.member("to_ms", static_cast<int64_t>(window.to->time_since_epoch().count()));
  json_.end_object();
}

void SpecWriter::write(const Notification& notification) {
  json_.begin_object().member("url", notification.url);
  member("slack", notification.slack);
  list("on", notification.on);
  json_.end_object();
}

void SpecWriter::write(const EnvironmentSpec& spec) {
  static const EnvironmentSpec usual;
  json_.begin_object().member("format", kFormat).member("name", spec.name);
  member("tier", spec.tier);
  member("url", spec.url);
  target(spec);
  application(spec.application);
  if (spec.readiness != usual.readiness) {
    json_.key("readiness");
    write(spec.readiness);
  }
  if (spec.liveness) {
    json_.key("liveness");
    write(*spec.liveness);
  }
  rollout(spec.rollout);
  traffic(spec);
  if (!spec.hooks.empty()) {
    json_.key("hooks").begin_object();
    for (const auto& [point, command] : spec.hooks) json_.member(point, command);
    json_.end_object();
  }
  list("analysis", spec.analysis.metrics);
  approvals(spec.approvals);
  list("freezes", spec.freezes);
  word("queue", word_of(kQueueWords, spec.queue), word_of(kQueueWords, usual.queue));
  if (spec.auto_stop) json_.member("auto_stop_ms", static_cast<int64_t>(spec.auto_stop->count()));
  member("keep_releases", spec.keep_releases, usual.keep_releases);
  list("notify", spec.notify);
  if (!spec.services.empty()) {
    json_.key("services").begin_array();
    for (const ServiceSpec& service : spec.services) {
      json_.begin_object().member("name", service.name).key("after").begin_array();
      for (const std::string& other : service.after) json_.value(other);
      json_.end_array().end_object();
    }
    json_.end_array();
  }
  json_.end_object();
}

}  // namespace

std::string to_json(const EnvironmentSpec& spec) {
  std::string output;
  SpecWriter(output).write(spec);
  return output;
}

Digest configuration_digest(const EnvironmentSpec& spec) { return sha256(to_json(spec)); }

}  // namespace penstock
