#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock {

/// What a wheel (the bytes of its file) says of itself: its METADATA (PEP 427). Nothing where it isn't a wheel, or one
/// that is packed in an unusual way.
std::optional<std::string> wheel_metadata(std::string_view wheel);

}  // namespace penstock
