#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/json.h"
#include "engine/json_names.h"
#include "engine/json_reader.h"
#include "plan/json_reader.h"

namespace penstock {

using json_reading::Json;
using json_reading::Members;
using json_reading::parse_stored;
using json_reading::read_json;
using json_reading::read_word;
using json_reading::refuse;

namespace {

void check_format(Members& members, int known) {
  int format = 0;
  members.required("format", format);
  if (format < 1 || format > known)
    refuse("its format is " + std::to_string(format) + ", and this ci knows those up to " + std::to_string(known));
}

}  // namespace

void read_json(const Json& json, Status& status) { read_word(json, status, status_from_name); }
void read_json(const Json& json, QueueMode& mode) { read_word(json, mode, queue_mode_from_name); }

void read_json(const Json& json, Actor& actor) {
  Members members(json);
  members.required("name", actor.name);
  members.optional("email", actor.email);
  members.optional("proved", actor.proved);
  members.finish();
}

namespace {

/// Reads the members of the kind of event that is there.
struct EventMembers {
  Members& members;

  void operator()(event::Started&) {}
  void operator()(event::TimeReached&) {}
  void operator()(event::JobStarted& event) { members.required("job", event.job); }
  void operator()(event::ResourceGranted& event) { members.required("job", event.job); }
  void operator()(event::JobFinished& event) {
    members.required("job", event.job);
    members.required("attempt", event.attempt);
    members.required("outcome", event.outcome);
  }
  void operator()(event::JobLost& event) {
    members.required("job", event.job);
    members.required("attempt", event.attempt);
  }
  void operator()(event::JobParked& event) {
    members.required("job", event.job);
    members.required("attempt", event.attempt);
    members.optional("why", event.why);
  }
  void operator()(event::Approved& event) { by_person(event, event.message); }
  void operator()(event::Rejected& event) { by_person(event, event.message); }
  void operator()(event::CancelRequested& event) { by_person(event); }
  void operator()(event::RetryRequested& event) { by_person(event); }
  void operator()(event::JobsAdded& event) {
    members.required("stages", event.stages);
    members.required("jobs", event.jobs);
  }

  template <class PersonsEvent>
  void by_person(PersonsEvent& event) {
    members.optional("job", event.job);
    members.required("by", event.by);
  }
  template <class PersonsEvent>
  void by_person(PersonsEvent& event, std::string& message) {
    by_person(event);
    members.optional("message", message);
  }
};

template <size_t... Index>
void choose_alternative(decltype(Event::what)& what, size_t index, std::index_sequence<Index...>) {
  ((index == Index ? static_cast<void>(what.emplace<Index>()) : void()), ...);
}

}  // namespace

void read_json(const Json& json, Event& event) {
  Members members(json);
  check_format(members, kEventFormat);
  members.required("at", event.at);
  std::string name;
  members.required("event", name);
  const auto found = std::find(kEventNames.begin(), kEventNames.end(), name);
  if (found == kEventNames.end()) refuse("\"" + name + "\" is not one of its words");
  choose_alternative(event.what, static_cast<size_t>(found - kEventNames.begin()),
                     std::make_index_sequence<kEventNames.size()>());
  std::visit(EventMembers{members}, event.what);
  members.finish();
}

void read_json(const Json& json, JobState& state) {
  Members members(json);
  check_format(members, kJobStateFormat);
  members.required("status", state.status);
  members.optional("attempt", state.attempt);
  members.optional("warning", state.warning);
  members.optional("outcome", state.outcome);
  members.optional("ready_at", state.ready_at);
  members.optional("started_at", state.started_at);
  members.optional("ended_at", state.ended_at);
  members.optional("due_at", state.due_at);
  members.optional("opened_by", state.opened_by);
  members.optional("message", state.message);
  members.optional("automatic_retries", state.automatic_retries);
  members.optional("losses", state.losses);
  members.optional("why", state.why);
  members.finish();
}

void read_json(const Json& json, RunRecord& record) {
  Members members(json);
  check_format(members, kRunRecordFormat);
  members.required("started", record.started);
  members.required("status", record.status);
  members.with("stages", [&](const Json& stages) {
    if (!stages.is_object()) refuse("an object is expected");
    for (const auto& item : stages.items()) read_json(item.value(), record.stages[item.key()]);
  });
  members.finish();
}

void read_json(const Json& json, Claim& claim) {
  Members members(json);
  members.required("run", claim.run);
  members.required("job", claim.job);
  members.finish();
}

void read_json(const Json& json, Arbiter::Group& group) {
  Members members(json);
  members.required("mode", group.mode);
  members.optional("capacity", group.capacity);
  members.optional("holders", group.holders);
  members.optional("waiting", group.waiting);
  members.optional("announced", group.announced);
  members.finish();
}

namespace {

template <class T>
Result<T> read_stored(std::string_view text, std::string_view what) {
  return parse_stored(text, what, [](const Json& json) {
    T value;
    read_json(json, value);
    return value;
  });
}

}  // namespace

Result<Event> event_from_json(std::string_view text) { return read_stored<Event>(text, "stored event"); }

Result<JobState> job_state_from_json(std::string_view text) {
  return read_stored<JobState>(text, "stored state of a job");
}

Result<RunRecord> run_record_from_json(std::string_view text) {
  return read_stored<RunRecord>(text, "stored record of a run");
}

Result<Arbiter> arbiter_from_json(std::string_view text) {
  return parse_stored(text, "stored arbiter", [](const Json& json) {
    Members members(json);
    check_format(members, kArbiterFormat);
    std::map<std::string, Arbiter::Group> groups;
    members.with("groups", [&](const Json& stored) {
      if (!stored.is_object()) refuse("an object is expected");
      for (const auto& item : stored.items()) read_json(item.value(), groups[item.key()]);
    });
    members.finish();
    return Arbiter::restore(std::move(groups));
  });
}

}  // namespace penstock
