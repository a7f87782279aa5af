#include "executor_sandbox/system_ssh.h"

#include <sys/stat.h>

#include <array>

#include "executor_sandbox/furnish.h"
#include "os/files.h"

namespace penstock::sandbox {
namespace {

/// Included by /etc/ssh/ssh_config on Debian and its like, on Fedora and its like; the last by one of the first.
constexpr std::array<const char*, 3> kPlaces = {"/etc/ssh/ssh_config.d", "/usr/etc/ssh/ssh_config.d",
                                                "/etc/crypto-policies/back-ends/openssh.config"};
constexpr size_t kLargest = size_t{1} << 20;

/// Follows links: what they lead to may be anybody's.
bool copy_file(const std::string& from, const std::string& to) {
  struct stat status {};
  if (::stat(from.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const Result<std::string> text = os::read_file(from, kLargest);
  return text.ok() && os::write_atomically(to, *text, os::Durability::crash_safe, 0644).ok();
}

bool copy_folder(const std::string& from, const std::string& to) {
  const Result<std::vector<os::FolderEntry>> entries = os::list_folder(from);
  if (!entries.ok() || !os::ensure_folder(to).ok()) return false;
  for (const os::FolderEntry& entry : *entries) copy_file(from + "/" + entry.name, to + "/" + entry.name);
  return true;
}

}  // namespace

void show_system_ssh(const std::string& copies) {
  for (size_t i = 0; i < kPlaces.size(); ++i) {
    const std::string place = kPlaces[i];
    struct stat status {};
    if (::stat(place.c_str(), &status) != 0 || !os::ensure_folder(copies).ok()) continue;
    const std::string copy = copies + "/" + std::to_string(i);
    if (S_ISDIR(status.st_mode) ? copy_folder(place, copy) : copy_file(place, copy)) {
      (void)mount_bind({copy, place, true}).ok();
    }
  }
}

}  // namespace penstock::sandbox
