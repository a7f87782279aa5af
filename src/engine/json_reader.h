#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/json_reader.h"
#include "engine/status.h"

namespace penstock {

struct Actor;
/// Read what others keep of the engine's values (throw Mismatch, as everything in base/json_reader.h).
void read_json(const nlohmann::json& json, Status& status);
void read_json(const nlohmann::json& json, Actor& actor);

}  // namespace penstock
