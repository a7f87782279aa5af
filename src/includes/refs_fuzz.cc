#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "includes/refs.h"

/// Any listing and any ref; what is picked is a commit's id.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(text.find('\n'), text.size());
  const RefList refs = RefList::parse(text.substr(line));
  for (const bool versions : {false, true}) {
    const auto picked = refs.pick(std::string(text.substr(0, line)), versions);
    if (picked && !is_commit_id(picked->commit)) std::abort();
  }
  return 0;
}
