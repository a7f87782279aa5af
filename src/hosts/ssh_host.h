#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hosts/host_shell.h"

namespace penstock {

/// A host over ssh: `name` as ssh knows it (an alias of the user's configuration, a name, `USER@NAME`). Host keys are
/// checked as the user's configuration says, nothing is ever asked. `folder` is private to this host, with a short
/// path. `options` as in HostsTarget::ssh_options, `on_slow` (or null) as in HostPool.
std::shared_ptr<HostShell> make_ssh_host(const std::string& name, const std::vector<std::string>& options,
                                         const std::filesystem::path& folder,
                                         std::function<void(const std::string&)> on_slow);

}  // namespace penstock
