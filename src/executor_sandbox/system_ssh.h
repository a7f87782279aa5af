#pragma once

#include <string>

namespace penstock::sandbox {

/// In a user namespace root's files seem to belong to nobody (65534), and OpenSSH refuses to read the files that the
/// system's configuration includes unless root or the caller owns them. Shows copies that the caller owns in their
/// places, read-only, in this process's mount namespace and all that are copied from it. `copies` is a folder to be
/// made for them. What can't be shown stays as it is: that is for ssh alone to complain about.
void show_system_ssh(const std::string& copies);

}  // namespace penstock::sandbox
