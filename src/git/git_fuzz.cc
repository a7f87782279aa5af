#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "git/commit.h"
#include "git/config.h"
#include "git/refs.h"
#include "os/files.h"

using namespace penstock;

namespace {

/// Where the quick look into packed refs finds something, it is what stands there.
void look_up_refs(std::string_view text) {
  static const os::TempFolder folder = [] {
    os::TempFolder made = std::move(os::TempFolder::make()).value();
    std::filesystem::create_directories(made.path() / "refs");
    return made;
  }();
  std::ofstream(folder.path() / "packed-refs", std::ios::binary) << text;
  std::ofstream(folder.path() / "HEAD", std::ios::binary) << text.substr(0, text.find('\n'));
  const git::Location location{{}, folder.path(), folder.path()};
  (void)git::read_head(location);
  const auto all = git::read_all_refs(location);
  if (!all.ok() || !*all) return;
  for (const auto& [name, ref] : **all) {
    const auto found = git::read_ref(location, name);
    if (found && !git::is_object_id(*found)) std::abort();
  }
}

}  // namespace

/// What we read of a repository ourselves, without git: the first byte says what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 3) {
    case 0:
      if (const auto commit = git::parse_commit("c0ffee", text); commit.ok()) {
        (void)commit->title();
        (void)commit->description();
        if (git::to_iso8601(commit->author).empty()) std::abort();
      }
      break;
    case 1:
      for (const git::ConfigEntry& entry : git::parse_config(text)) {
        if (entry.key.empty()) std::abort();
      }
      break;
    default:
      look_up_refs(text);
  }
  return 0;
}
