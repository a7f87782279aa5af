#include "runner/machine_fault.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "os/files.h"
#include "runner/job_context.h"

namespace penstock {

bool is_full(int folder) {
  constexpr uint64_t kNothing = 64 << 10;
  struct statvfs status {};
  if (::fstatvfs(folder, &status) != 0 || status.f_blocks == 0) return false;
  const bool no_files = status.f_files != 0 && status.f_favail == 0;
  return no_files || uint64_t{status.f_bavail} * status.f_frsize < kNothing;
}

bool is_disk_full(const Error& error) {
  for (const int number : {ENOSPC, EDQUOT}) {
    if (error.message.find(::strerrordesc_np(number)) != std::string::npos) return true;
  }
  return false;
}

Result<> empty_folder(int folder) {
  PENSTOCK_TRY(const auto entries, os::list_folder(folder));
  const std::string here = "/proc/self/fd/" + std::to_string(folder) + "/";
  for (const os::FolderEntry& entry : entries) PENSTOCK_CHECK(os::remove_tree(here + entry.name));
  return success();
}

}  // namespace penstock
