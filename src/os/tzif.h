#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time_zone.h"

namespace penstock::os {

/// Reads a compiled time zone (TZif, RFC 8536, version 2 or later): its list of transitions, and the rule in its footer
/// for all that come later. An Error (Fault::machine) says what is wrong with the data.
Result<std::shared_ptr<const TimeZone>> parse_tzif(std::string name, std::string_view data);

}  // namespace penstock::os
