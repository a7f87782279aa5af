#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/arbiter.h"
#include "engine/event.h"
#include "engine/run.h"

namespace penstock {

class JsonWriter;

/// Stored forms, versioned and frozen: what is written here is read by every later version. Written without a tree,
/// since a transition writes one event and the records of the jobs that it changed.
std::string to_json(const Event& event);
Result<Event> event_from_json(std::string_view text);
std::string to_json(const JobState& state);
Result<JobState> job_state_from_json(std::string_view text);
std::string to_json(const RunRecord& record);
Result<RunRecord> run_record_from_json(std::string_view text);
std::string to_json(const Arbiter& arbiter);
Result<Arbiter> arbiter_from_json(std::string_view text);
/// A person, as a value in an open document.
void write_json(JsonWriter& json, const Actor& actor);

}  // namespace penstock
