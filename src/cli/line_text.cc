#include "cli/line_text.h"

#include <algorithm>

#include "base/text_width.h"

namespace penstock {
namespace {

/// The longest beginning of at most `width` cells, in bytes.
size_t bytes_that_fit(std::string_view text, size_t width) {
  size_t used = 0;
  size_t position = 0;
  while (position < text.size()) {
    char32_t code = 0;
    const size_t bytes = next_character(text.substr(position), code);
    used += display_width(text.substr(position, bytes));
    if (used > width) break;
    position += bytes;
  }
  return position;
}

/// Where the longest end of at most `width` cells begins.
size_t tail_that_fits(std::string_view text, size_t width) {
  size_t skipped = 0;
  size_t rest = display_width(text);
  while (rest > width && skipped < text.size()) {
    char32_t code = 0;
    const size_t bytes = next_character(text.substr(skipped), code);
    rest -= display_width(text.substr(skipped, bytes));
    skipped += bytes;
  }
  return skipped;
}

/// The length of the escape sequence that `text` begins with (`ESC [ … letter`, `ESC ] … BEL`, `ESC x`).
size_t escape_length(std::string_view text) {
  if (text.size() < 2) return text.size();
  if (text[1] == ']') {
    const size_t end = text.find_first_of("\a\x1b", 2);
    if (end == std::string_view::npos) return text.size();
    return text[end] == '\a' ? end + 1 : std::min(end + 2, text.size());
  }
  if (text[1] != '[') return 2;
  for (size_t i = 2; i < text.size(); ++i) {
    if (text[i] >= 0x40 && text[i] <= 0x7E) return i + 1;
  }
  return text.size();
}

}  // namespace

std::string cut_middle(std::string_view text, size_t width, bool unicode) {
  if (display_width(text) <= width) return std::string(text);
  const std::string_view mark = unicode ? "…" : "...";
  const size_t mark_width = unicode ? 1 : 3;
  if (width <= mark_width) return std::string(text.substr(0, bytes_that_fit(text, width)));
  const size_t rest = width - mark_width;
  const size_t front = (rest + 1) / 2;
  std::string result(text.substr(0, bytes_that_fit(text, front)));
  result += mark;
  result += text.substr(tail_that_fits(text, rest - front));
  return result;
}

std::string cut_end(std::string_view text, size_t width, bool unicode) {
  if (display_width(text) <= width) return std::string(text);
  const std::string_view mark = unicode ? "…" : "...";
  const size_t mark_width = unicode ? 1 : 3;
  if (width <= mark_width) return std::string(text.substr(0, bytes_that_fit(text, width)));
  return std::string(text.substr(0, bytes_that_fit(text, width - mark_width))) + std::string(mark);
}

std::string listed_lines(const std::vector<std::string>& items, size_t width) {
  std::string text;
  size_t used = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string item = items[i] + (i + 1 < items.size() && width != 0 ? "," : "");
    const size_t wide = display_width(item);
    if (used == 0 || used + 1 + wide > width) {
      text += (used == 0 ? "  " : "\n  ") + item;
      used = 2 + wide;
    } else {
      text += " " + item;
      used += 1 + wide;
    }
  }
  return items.empty() ? text : text + "\n";
}

std::string pad_right(std::string_view text, size_t width) {
  std::string result(text);
  const size_t used = display_width(text);
  if (used < width) result.append(width - used, ' ');
  return result;
}

std::string pad_left(std::string_view text, size_t width) {
  const size_t used = display_width(text);
  return std::string(used < width ? width - used : 0, ' ') + std::string(text);
}

std::string in_ascii(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    char32_t code_point = 0;
    const size_t length = next_character(text, code_point);
    if (code_point < 0x80) {
      result += text.front();
    } else if (code_point == U'\u00b7' || code_point == U'\u2013') {  // a middle dot, a dash
      result += '-';
    } else {
      result.append(std::max<size_t>(display_width(text.substr(0, length)), 1), '?');
    }
    text.remove_prefix(length);
  }
  return result;
}

std::string plain_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (const size_t last = text.rfind('\r'); last != std::string_view::npos) text.remove_prefix(last + 1);
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '\x1B') {
      i += escape_length(text.substr(i));
      continue;
    }
    char32_t code = 0;
    const std::string_view character = text.substr(i, next_character(text.substr(i), code));
    i += character.size();
    if (code == U'\t') {
      result += "  ";
    } else if (code == 0xFFFFFFFF) {
      // Two such bytes could become a control character once what stood between them is gone.
      result += "\uFFFD";
    } else if (code < 0x80 ? code >= 0x20 && code != 0x7F : printable(character) == character) {
      result += character;
    }
  }
  return result;
}

}  // namespace penstock
