#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/json_writer.h"
#include "engine/json.h"
#include "engine/json_names.h"
#include "plan/json.h"

namespace penstock {
namespace {

void text(JsonWriter& json, std::string_view name, std::string_view value) {
  if (!value.empty()) json.member(name, value);
}

void number(JsonWriter& json, std::string_view name, int value) {
  if (value != 0) json.member(name, value);
}

int64_t milliseconds(Instant instant) { return instant.time_since_epoch().count(); }

void instant(JsonWriter& json, std::string_view name, const std::optional<Instant>& value) {
  if (value) json.member(name, milliseconds(*value));
}

void actor(JsonWriter& json, std::string_view name, const Actor& value) {
  json.key(name).begin_object().member("name", value.name);
  text(json, "email", value.email);
  if (value.proved) json.member("proved", true);
  json.end_object();
}

void outcome(JsonWriter& json, const JobOutcome& value) {
  json.key("outcome").begin_object().member("reason", name_of(value.reason));
  if (value.exit_code) json.member("exit_code", *value.exit_code);
  text(json, "detail", value.detail);
  json.end_object();
}

/// The members of each kind of event, beside `at` and `event`.
struct EventMembers {
  JsonWriter& json;

  void operator()(const event::Started&) {}
  void operator()(const event::TimeReached&) {}
  void operator()(const event::JobStarted& event) { json.member("job", event.job); }
  void operator()(const event::ResourceGranted& event) { json.member("job", event.job); }
  void operator()(const event::JobFinished& event) {
    json.member("job", event.job).member("attempt", event.attempt);
    outcome(json, event.outcome);
  }
  void operator()(const event::JobLost& event) { json.member("job", event.job).member("attempt", event.attempt); }
  void operator()(const event::Approved& event) { by_person(event.job, event.by, event.message); }
  void operator()(const event::Rejected& event) { by_person(event.job, event.by, event.message); }
  void operator()(const event::CancelRequested& event) { by_person(event.job, event.by, {}); }
  void operator()(const event::RetryRequested& event) { by_person(event.job, event.by, {}); }
  void operator()(const event::JobsAdded& event) {
    json.key("stages").begin_array();
    for (const std::string& stage : event.stages) json.value(stage);
    json.end_array().key("jobs").begin_array();
    for (const Job& job : event.jobs) json.raw(to_json(job));
    json.end_array();
  }

  void by_person(const std::string& job, const Actor& by, const std::string& message) {
    text(json, "job", job);
    actor(json, "by", by);
    text(json, "message", message);
  }
};

void claims(JsonWriter& json, std::string_view name, const std::vector<Claim>& list) {
  if (list.empty()) return;
  json.key(name).begin_array();
  for (const Claim& claim : list) json.begin_object().member("run", claim.run).member("job", claim.job).end_object();
  json.end_array();
}

}  // namespace

std::string to_json(const Event& event) {
  std::string output;
  JsonWriter json(output);
  json.begin_object().member("format", kEventFormat).member("at", milliseconds(event.at));
  json.member("event", kEventNames[event.what.index()]);
  std::visit(EventMembers{json}, event.what);
  json.end_object();
  return output;
}

std::string to_json(const JobState& state) {
  std::string output;
  JsonWriter json(output);
  json.begin_object().member("format", kJobStateFormat).member("status", name_of(state.status));
  number(json, "attempt", state.attempt);
  if (state.warning) json.member("warning", true);
  if (state.outcome) outcome(json, *state.outcome);
  instant(json, "ready_at", state.ready_at);
  instant(json, "started_at", state.started_at);
  instant(json, "ended_at", state.ended_at);
  instant(json, "due_at", state.due_at);
  if (state.opened_by) actor(json, "opened_by", *state.opened_by);
  text(json, "message", state.message);
  number(json, "automatic_retries", state.automatic_retries);
  number(json, "losses", state.losses);
  text(json, "why", state.why);
  json.end_object();
  return output;
}

std::string to_json(const RunRecord& record) {
  std::string output;
  JsonWriter json(output);
  json.begin_object().member("format", kRunRecordFormat).member("started", record.started);
  json.member("status", name_of(record.status));
  if (!record.stages.empty()) {
    json.key("stages").begin_object();
    for (const auto& [stage, status] : record.stages) json.member(stage, name_of(status));
    json.end_object();
  }
  json.end_object();
  return output;
}

std::string to_json(const Arbiter& arbiter) {
  std::string output;
  JsonWriter json(output);
  json.begin_object().member("format", kArbiterFormat).key("groups").begin_object();
  for (const auto& [name, group] : arbiter.groups()) {
    json.key(name).begin_object().member("mode", kQueueModeNames[static_cast<size_t>(group.mode)]);
    if (group.capacity != 1) json.member("capacity", group.capacity);
    claims(json, "holders", group.holders);
    claims(json, "waiting", group.waiting);
    claims(json, "announced", group.announced);
    json.end_object();
  }
  json.end_object().end_object();
  return output;
}

}  // namespace penstock
