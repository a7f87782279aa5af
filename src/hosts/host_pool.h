#pragma once

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
  explicit HostPool(std::vector<std::string> ssh_options = {});

  /// `local` is this machine, any other name is ssh's. Nothing is connected yet. A name that ssh would take for an
  /// option is refused.
  Result<std::shared_ptr<HostShell>> at(const std::string& host);

 private:
  std::vector<std::string> ssh_options_;
  std::mutex mutex_;
  std::optional<os::TempFolder> folder_;  // of the sockets; outlives the hosts below
  std::map<std::string, std::shared_ptr<HostShell>> hosts_;
};

}  // namespace penstock
