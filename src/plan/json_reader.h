#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/json_reader.h"

namespace penstock {

struct Job;
/// Reads a job in the plan's form (throws Mismatch, as everything in base/json_reader.h).
void read_json(const nlohmann::json& json, Job& job);

}  // namespace penstock
