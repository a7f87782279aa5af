#pragma once

#include <string>
#include <string_view>

#include "cli/style.h"
#include "store/records.h"

namespace penstock {

class JsonWriter;

/// How a run is marked and named in one word: `gate`, the stage that failed, `running`, nothing where it simply passed.
Mark mark_of(const RunSummary& summary);
std::string status_word(const RunSummary& summary);

/// Who did something: `name`, `email`, `proved`.
void write_actor(JsonWriter& json, std::string_view name, const Actor& actor);

/// A run's members as `ci list --json` and `ci show --json` have them (docs/cli.md), in an object that is open.
void write_record_members(JsonWriter& json, const RunHeader& record);

}  // namespace penstock
