#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "includes/lock_file.h"

/// Any text; what is read is read again the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  const Result<LockFile> lock = parse_lock(std::string(reinterpret_cast<const char*>(data), size));
  if (!lock.ok()) return 0;
  const Result<LockFile> again = parse_lock(to_text(*lock));
  if (!again.ok() || again->pins != lock->pins) std::abort();
  return 0;
}
