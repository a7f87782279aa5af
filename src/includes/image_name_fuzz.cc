#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "includes/image_name.h"
#include "includes/image_registry.h"

/// Any text: a name's parts make up the name again and can stand in an address; a challenge's parameter is a part of
/// it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = parse_image_name(text)) {
    const std::string again = (name->registry.empty() ? "" : name->registry + "/") + name->path +
                              (name->tag.empty() ? "" : ":" + name->tag) +
                              (name->sha256.empty() ? "" : "@sha256:" + name->sha256);
    if (again != text || ("/" + name->path + "/").find("/../") != std::string::npos) std::abort();
    if (again.find_first_of("?#% \r\n") != std::string::npos) std::abort();
  }
  if (text.find(challenge_parameter(text, "realm")) == std::string_view::npos) std::abort();
  return 0;
}
