#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text_width.h"
#include "cli/line_text.h"

using namespace penstock;

/// What a job printed fits the line that it is shown on, and steers no terminal.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t width = data[0];
  const std::string line = plain_line({reinterpret_cast<const char*>(data + 1), size - 1});
  if (printable(line) != line) std::abort();
  if (plain_line(line) != line) std::abort();
  for (const std::string& cut :
       {cut_middle(line, width, true), cut_middle(line, width, false), cut_end(line, width, true)}) {
    if (display_width(cut) > width) std::abort();
  }
  if (display_width(pad_right(line, width)) < width || display_width(pad_left(line, width)) < width) std::abort();
  for (const char c : in_ascii(line)) {
    if (static_cast<unsigned char>(c) >= 0x80) std::abort();
  }
  return 0;
}
