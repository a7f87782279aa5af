#pragma once

#include <string>
#include <vector>

#include "cli/style.h"
#include "dora/report.h"

namespace penstock {

/// Delivery metrics for a person: a line a figure, with what it stands on, and what wasn't counted.
std::string dora_text(const DoraReport& report, const std::vector<std::string>& environments, const Style& style);
/// The same as JSON (docs/cli.md).
std::string dora_json(const DoraReport& report, const std::vector<std::string>& environments);

}  // namespace penstock
