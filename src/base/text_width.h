#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock {

/// How many bytes of `text` make its first character: the length of a well-formed UTF-8 sequence, 1 for anything else.
/// `text` isn't empty. `code_point` is set to the character, or to 0xFFFFFFFF for a byte that is no UTF-8.
size_t next_character(std::string_view text, char32_t& code_point);

/// Terminal cells that `text` (UTF-8, without escape sequences) takes: 0 for combining marks, 2 for wide characters.
size_t display_width(std::string_view text);

/// `text` safe to print: control characters, bytes that are no UTF-8 and the marks that turn the direction of writing
/// are shown as `\t`, `\x1b`, `\u202e`. Line breaks too.
std::string printable(std::string_view text);

}  // namespace penstock
