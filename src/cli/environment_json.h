#pragma once

#include <string>
#include <vector>

#include "cli/environment_facts.h"

namespace penstock {

class JsonWriter;

/// An environment as `ci env --json` and `ci env show --json` have it (docs/cli.md).
void write_environment(JsonWriter& json, const EnvironmentFacts& facts);

}  // namespace penstock
