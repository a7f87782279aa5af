#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace penstock {

/// A duration as gitlab-runner's variables give it (Go's form): `90s`, `1h30m`, `1.5h`, `200ms`. Nothing for anything
/// else.
std::optional<Duration> parse_go_duration(std::string_view text);

}  // namespace penstock
