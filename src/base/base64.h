#pragma once

#include <string>
#include <string_view>

namespace penstock {

/// RFC 4648: the standard alphabet, and the one for addresses and file names.
inline constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Padded.
std::string to_base64(std::string_view bytes, std::string_view alphabet = kBase64);

}  // namespace penstock
