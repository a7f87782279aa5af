#include <cstddef>
#include <cstdint>
#include <string_view>

#include "releases/wheel_metadata.h"

/// Whatever the bytes: no read outside of them, and no more text than a wheel may say.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto metadata = penstock::wheel_metadata({reinterpret_cast<const char*>(data), size});
  if (metadata && metadata->size() > (size_t{4} << 20)) __builtin_trap();
  return 0;
}
