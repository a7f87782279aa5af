#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "hosts/host_shell.h"

namespace penstock {

struct LeaseHolder;

/// One environment's folder on one host. What is in it:
///   files/DIGEST            contents, each once; those that no release links to are cleaned away
///   releases/ID/            ID: the release's first 16 digits. `wheels/` links into files/, `venv/`, other artifacts
///                           unpacked or as they are; `complete` is written last
///   instances/PORT/         `facts` (release, group, stamp), `run` (what the service manager starts), `env` and
///                           `secrets/`, which only their reader may open
///   log/NAME.log            under supervisor
///   supervisor/, haproxy/   configuration and sockets of those
///   fence, fence.lock       delivery/fence.h
///   ledger/                 delivery/folder_ledger.h
class EnvironmentHost {
 public:
  EnvironmentHost(std::shared_ptr<HostShell> shell, std::string folder, std::string environment);

  struct Script {
    std::string text;  ///< Runs in the environment's folder ($folder), with kHostFunctions, and `set -e`.
    std::vector<std::string> arguments = {};
    std::string input = {};
    Duration timeout{std::chrono::seconds(60)};
    bool changes = false;  ///< What stands there: not where somebody newer has the environment (`carry`).
  };
  /// Runs it; an exit status other than 0 is an Error that says the host, `what` and the script's last line.
  Result<std::string> must(std::string_view what, const Script& script);
  /// The folder's absolute path; asked for once.
  Result<std::string> folder();
  /// Nobody older changes anything there from here on, and our scripts nothing once somebody newer comes. Gives the
  /// newest fence there.
  Result<int64_t> raise_fence(const LeaseHolder& holder);
  /// Who has the environment since, once a script was refused.
  [[nodiscard]] std::optional<std::string> refused_for();
  /// For a connection of one's own.
  [[nodiscard]] HostShell& shell() { return *shell_; }
  [[nodiscard]] const std::string& name() const { return shell_->host(); }
  [[nodiscard]] HostScript host_script(const Script& script) const;

 private:
  std::shared_ptr<HostShell> shell_;
  std::string spec_folder_;
  std::string environment_;
  std::mutex mutex_;
  std::string folder_;
  std::atomic<int64_t> fence_ = 0;
  std::optional<std::string> refused_for_;
};

}  // namespace penstock
