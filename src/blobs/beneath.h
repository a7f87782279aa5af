#pragma once

#include <sys/types.h>

#include <string>

#include "os/unique_fd.h"

namespace penstock {

/// As openat, but never leaves the open folder `root`: not by `..`, an absolute path, a symbolic link or a magic link
/// of /proc. Invalid with errno set where it fails; `leads_out` tells whether that is why. Links that stay inside are
/// followed (unless O_NOFOLLOW, for the last).
os::UniqueFd open_beneath(int root, const std::string& path, int flags, mode_t mode = 0);

/// Whether this errno of open_beneath means that the path leads out of the folder.
bool leads_out(int number);

}  // namespace penstock
