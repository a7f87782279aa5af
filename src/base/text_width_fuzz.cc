#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text_width.h"

/// Whatever a program printed can be shown: nothing that a terminal would obey is left, and no byte that is no UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string shown = penstock::printable(input);
  if (penstock::printable(shown) != shown) __builtin_trap();
  if (penstock::display_width(shown) > shown.size()) __builtin_trap();
  for (std::string_view rest = shown; !rest.empty();) {
    char32_t character = 0;
    const size_t length = penstock::next_character(rest, character);
    if (length == 0 || length > rest.size() || character == 0xFFFFFFFF) __builtin_trap();
    if (character < 0x20 || (character >= 0x7F && character < 0xA0)) __builtin_trap();
    rest.remove_prefix(length);
  }
  return 0;
}
