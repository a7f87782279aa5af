#pragma once

#include <string>
#include <string_view>

namespace penstock {

/// RFC 4648, the standard alphabet, padded.
std::string to_base64(std::string_view bytes);

}  // namespace penstock
