#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/delivery_store.h"

namespace penstock {

/// Stored forms, as in record_json.h.
std::string to_json(const RolloutFacts& facts);
Result<RolloutFacts> rollout_facts_from_json(std::string_view text);
std::string to_json(const RolloutSummary& summary);
Result<RolloutSummary> rollout_summary_from_json(std::string_view text);
std::string to_json(const rollout_event::Steered& steered);
Result<rollout_event::Steered> steered_from_json(std::string_view text);

}  // namespace penstock
