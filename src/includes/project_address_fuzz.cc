#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "includes/project_address.h"

/// Any remote's URL gives an address; a password in one never gets into it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ProjectAddress address = parse_remote(text, "folder");
  if (address.host.empty() || address.path.empty()) std::abort();
  if (text.find_first_of("@/\\?#") != std::string_view::npos) return 0;
  const ProjectAddress with_password =
      parse_remote("https://user:hunter2" + std::string(text) + "@host/path", "folder");
  for (const std::string* part : {&with_password.host, &with_password.path, &with_password.clone_url}) {
    if (part->find("hunter2") != std::string::npos) std::abort();
  }
  return 0;
}
