#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace penstock::os {

/// The first executable file `name` on `path` (in the form of $PATH); a name with a slash is returned where it is
/// executable.
std::optional<std::filesystem::path> find_program(const std::string& name, const std::string& path);
/// The same on this process's own $PATH.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// Whether `path`, or its nearest parent that exists, lies on a file system of another machine (NFS, SMB, 9p, Ceph, …)
/// or behind FUSE, where neither locks nor SQLite's shared memory can be relied on.
bool is_network_file_system(const std::filesystem::path& path);

struct User {
  unsigned id = 0;
  std::string name;            ///< The login name; the number where the user database doesn't know it.
  std::filesystem::path home;  ///< $HOME where set, else the user database's, else "/".
};

User current_user();

/// $NAME where it is set to an absolute path, else `home`/`fallback`: the XDG rule.
std::filesystem::path xdg_folder(const char* name, const char* fallback);

/// What this machine calls itself.
std::string host_name();

/// Some `bytes` will be allocated soon: has the C library take them from one place, where a thread faults the pages in
/// ahead of their use. To get them one at a time is a quarter of the time of a large compile. (Huge pages would be
/// quicker still, but where memory is fragmented the first ones take twice that time to make.) 64 MiB at most. The
/// first call counts; nothing happens on a single processor. Not before a fork that wants a single thread.
void expect_large_heap(size_t bytes);

/// Processors that this process may use, at least 1.
unsigned processor_count();

}  // namespace penstock::os
