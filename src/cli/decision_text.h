#pragma once

#include <string>

#include "plan/plan.h"

namespace penstock {

class JsonWriter;

/// Why a job is in a pipeline or not: a line a clause of its rules, `  rules[0]  if $CI_COMMIT_TAG   no: CI_COMMIT_TAG
/// is not set`, then what came of it and where it stands.
/// Where that is longer than `width` (0: no bound), what came of a clause stands below it.
std::string decision_text(const Decision& decision, const SourceLocation& location, size_t width);

/// The members `rules` and `summary` of the object that is open.
void write_decision(JsonWriter& json, const Decision& decision);

}  // namespace penstock
