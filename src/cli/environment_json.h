#pragma once

#include <string>
#include <vector>

#include "cli/environment_facts.h"

namespace penstock {

class JsonWriter;
struct LiveHealth;

/// An environment as `ci env --json` and `ci env show --json` have it (docs/cli.md). `asked`: how it is now; null where
/// nobody was asked.
void write_environment(JsonWriter& json, const EnvironmentFacts& facts, const LiveHealth* asked = nullptr);

}  // namespace penstock
