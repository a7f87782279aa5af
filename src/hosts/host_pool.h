#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hosts/host_shell.h"
#include "os/files.h"

namespace penstock {

/// The hosts that one command deals with, each made when it is first asked for. Thread-safe.
class HostPool {
 public:
  /// `ssh_options`: `-X` as ssh(1) takes it, or `Option=value`; they win over the user's configuration.
  /// `on_slow`: given the name of a host that ssh hasn't reached after two seconds, once for each, on the thread that
  /// waits for it.
  explicit HostPool(std::vector<std::string> ssh_options = {}, std::function<void(const std::string&)> on_slow = {});

  /// `local` is this machine, any other name is ssh's. Nothing is connected yet. A name that ssh would take for an
  /// option is refused.
  Result<std::shared_ptr<HostShell>> at(const std::string& host);

 private:
  std::vector<std::string> ssh_options_;
  std::function<void(const std::string&)> on_slow_;
  std::mutex mutex_;
  std::optional<os::TempFolder> folder_;  // of the sockets; outlives the hosts below
  std::map<std::string, std::shared_ptr<HostShell>> hosts_;
};

}  // namespace penstock
