#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/glob.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut = input.find('\n');
  const std::string_view path = cut == std::string_view::npos ? "a/b" : input.substr(cut + 1);
  for (const auto style : {penstock::GlobStyle::ruby, penstock::GlobStyle::doublestar}) {
    const penstock::Glob glob(input.substr(0, cut), style);
    const size_t slash = path.rfind('/');
    // A match may never lie in a folder that a walk would leave out.
    if (slash != std::string_view::npos && slash != 0 && glob.matches(path) &&
        !glob.may_match_below(path.substr(0, slash))) {
      __builtin_trap();
    }
  }
  return 0;
}
