#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// At most `width` cells, the middle replaced by `…` (`...` in ASCII) where it is too long: names stay recognisable at
/// both ends.
std::string cut_middle(std::string_view text, size_t width, bool unicode);
/// At most `width` cells, cut at the end with `…`.
std::string cut_end(std::string_view text, size_t width, bool unicode);

/// `a, b, c` in lines of at most `width` cells, each with two blanks before it; `width` 0: a line each.
std::string listed_lines(const std::vector<std::string>& items, size_t width);

/// Padded with blanks on the right (or left) to `width` cells.
std::string pad_right(std::string_view text, size_t width);
std::string pad_left(std::string_view text, size_t width);

/// For a locale that isn't UTF-8: our own signs as what ASCII has for them, other characters as `?`.
std::string in_ascii(std::string_view text);

/// What a program printed, made safe to show on one line: escape sequences, control characters and the marks that turn
/// the direction of writing gone, tabs as blanks, bytes that are no UTF-8 as U+FFFD, of a line that was rewritten with
/// carriage returns only what stood there last.
std::string plain_line(std::string_view text);

}  // namespace penstock
