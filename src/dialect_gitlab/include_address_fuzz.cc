#include <cstdlib>

#include "dialect_gitlab/include_address.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock::gitlab;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = parse_component_address(text)) {
    const std::string again = address->host + "/" + address->project + "/" + address->name + "@" + address->reference;
    if (again != text || ("/" + address->project + "/").find("/../") != std::string::npos) std::abort();
  }
  if (const auto digest = parse_integrity(text)) {
    if (parse_integrity(to_integrity(*digest)) != digest) std::abort();
  }
  return 0;
}
