#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/json_reader.h"

namespace penstock {

enum class EndReason;
struct Job;
struct JobOutcome;
/// Read a job in the plan's form, and how one ended (throw Mismatch, as everything in base/json_reader.h).
void read_json(const nlohmann::json& json, Job& job);
void read_json(const nlohmann::json& json, EndReason& reason);
void read_json(const nlohmann::json& json, JobOutcome& outcome);

}  // namespace penstock
