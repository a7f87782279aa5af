#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delivery/target.h"
#include "hosts/host_shell.h"
#include "rollout/instance.h"

namespace penstock {

/// Instances by the names of their servers in a proxy.
using ServerNames = std::map<std::string, InstanceAddress, std::less<>>;

/// The shares that a running proxy's backend sends by, of the instances that get any. Nobody gets anything of one that
/// doesn't run.
std::map<InstanceAddress, int> ask_shares(const Endpoint& socket, std::string_view backend, const ServerNames& names);

/// Requests that a server has open, in a backend, or in all where none is named.
Result<int> ask_open_requests(const Endpoint& socket, std::string_view backend, std::string_view server);

/// Tells the requests that a proxy writes into its ring `requests` (haproxy_config.h has the format).
class RequestWatch {
 public:
  /// Until a stop is asked for. An Error where the proxy has no such ring.
  Result<> follow(const Endpoint& socket, const ServerNames& names, const std::stop_token& stop,
                  const std::function<void(const ServedRequest&)>& on_request);
  /// Those who follow turn to the new worker: it alone tells of the requests that come to it.
  void reloaded();

 private:
  std::mutex mutex_;
  std::stop_source until_reload_;
};

}  // namespace penstock
