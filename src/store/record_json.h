#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/content_index.h"
#include "store/records.h"

namespace penstock {

/// Stored forms of what has no JSON form elsewhere. Members that this version doesn't know are ignored, missing ones
/// have their default.
std::string to_json(const RunFacts& facts);
Result<RunFacts> run_facts_from_json(std::string_view text);
std::string to_json(const RunSummary& summary);
Result<RunSummary> run_summary_from_json(std::string_view text);
std::string to_json(const EnvironmentRecord& record);
Result<EnvironmentRecord> environment_record_from_json(std::string_view text);
std::string to_json(const KeptArtifact& artifact);
Result<KeptArtifact> kept_artifact_from_json(std::string_view text);

}  // namespace penstock
