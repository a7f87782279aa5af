#include "hosts/host_pool.h"

#include "base/words.h"
#include "hosts/local_host.h"
#include "hosts/ssh_host.h"

namespace penstock {

HostPool::HostPool(std::vector<std::string> ssh_options, std::function<void(const std::string&)> on_slow)
    : ssh_options_(std::move(ssh_options)), on_slow_(std::move(on_slow)) {}

Result<std::shared_ptr<HostShell>> HostPool::at(const std::string& host) {
  const std::lock_guard lock(mutex_);
  auto known = hosts_.find(host);
  if (known != hosts_.end()) return known->second;
  if (host == "local") return hosts_[host] = make_local_host();
  if (host.empty() || host.starts_with('-') || host.find_first_of(" \t\n") != std::string::npos) {
    return Error{Fault::user, quoted(host) + " is no name of a host", "write it as ssh takes it: NAME or USER@NAME"};
  }
  // /tmp and not $TMPDIR: the path of a socket has at most 107 bytes, and ssh adds some of its own to it.
  if (!folder_) {
    PENSTOCK_TRY(folder_, os::TempFolder::make_after_dead("ci-hosts-", "/tmp"));
  }
  const std::filesystem::path own = folder_->path() / std::to_string(hosts_.size());
  PENSTOCK_CHECK(os::ensure_folder(own, 0700));
  return hosts_[host] = make_ssh_host(host, ssh_options_, own, on_slow_);
}

}  // namespace penstock
