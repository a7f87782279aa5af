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

/// The members of each kind of event, beside `at` and `event`.
struct EventMembers {
  JsonWriter& json;

  void operator()(const event::Started&) {}
  void operator()(const event::TimeReached&) {}
  void operator()(const event::JobStarted& event) { json.member("job", event.job); }
  void operator()(const event::ResourceGranted& event) { json.member("job", event.job); }
  void operator()(const event::JobFinished& event) {
    json.member("job", event.job).member("attempt", event.attempt);
    write_json(json.key("outcome"), event.outcome);
  }
  void operator()(const event::JobLost& event) { json.member("job", event.job).member("attempt", event.attempt); }
  void operator()(const event::JobParked& event) {
    json.member("job", event.job).member("attempt", event.attempt).optional("why", event.why);
  }
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
    write_json(json.optional("job", job).key("by"), by);
    json.optional("message", message);
  }
};

void claims(JsonWriter& json, std::string_view name, const std::vector<Claim>& list) {
  if (list.empty()) return;
  json.key(name).begin_array();
  for (const Claim& claim : list) json.begin_object().member("run", claim.run).member("job", claim.job).end_object();
  json.end_array();
}

}  // namespace

void write_json(JsonWriter& json, const Actor& actor) {
  json.begin_object().member("name", actor.name).optional("email", actor.email);
  json.optional("proved", actor.proved).end_object();
}

std::string to_json(const Event& event) {
  std::string output;
  JsonWriter json(output);
  json.begin_object().member("format", kEventFormat).member("at", event.at);
  json.member("event", kEventNames[event.what.index()]);
  std::visit(EventMembers{json}, event.what);
  json.end_object();
  return output;
}

std::string to_json(const JobState& state) {
  std::string output;
  JsonWriter json(output);
  json.begin_object().member("format", kJobStateFormat).member("status", name_of(state.status));
  json.optional("attempt", state.attempt).optional("warning", state.warning);
  if (state.outcome) write_json(json.key("outcome"), *state.outcome);
  json.optional("ready_at", state.ready_at).optional("started_at", state.started_at);
  json.optional("ended_at", state.ended_at).optional("due_at", state.due_at);
  if (state.opened_by) write_json(json.key("opened_by"), *state.opened_by);
  json.optional("message", state.message).optional("automatic_retries", state.automatic_retries);
  json.optional("losses", state.losses).optional("why", state.why).end_object();
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
