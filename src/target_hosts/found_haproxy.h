#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "hosts/host_shell.h"
#include "target_hosts/proxy.h"
#include "target_hosts/proxy_view.h"

namespace penstock {

/// An HAProxy that runs already. Its own configuration declares a server for each place where an instance may stand, in
/// one backend, and loads that backend's state from a file in the environment's folder; each shift writes this file
/// first, then tells HAProxy by its runtime API. Nothing else of it is touched.
class FoundHaproxy final : public Proxy {
 public:
  FoundHaproxy(const EnvironmentSpec& spec, HostPool& pool, EnvironmentHost& host);

  /// Finds the servers, and checks that the configuration is as it must be; else an Error with the lines for it.
  Result<> setup() override;
  /// A server that is none of ours keeps what it has.
  Result<> shift(const TrafficSplit& split) override;
  Result<std::map<InstanceAddress, int>> shares() override;
  Result<int> open_requests(const InstanceAddress& instance) override;
  Result<> watch_requests(std::stop_token stop, const std::function<void(const ServedRequest&)>& on_request) override;

 private:
  Result<std::string> states();
  Result<ServerNames> names();
  Result<ServerNames> find_servers(const std::string& states);
  std::vector<std::string> addresses_of(const std::string& host);
  /// Keeps them, then sends these commands from the host; false where that must be done from here.
  Result<bool> keep(const ServerNames& names, const std::string& states, const std::vector<std::string>& commands);
  Error lacking(const std::vector<InstanceAddress>& slots, const std::string& state_file);
  Result<Endpoint> socket();
  Error about(const Error& error) const;

  const EnvironmentSpec& spec_;
  const HaproxySpec& haproxy_;
  HostPool& pool_;
  EnvironmentHost& host_;
  std::mutex shift_mutex_;  // one shift at a time
  std::mutex names_mutex_;
  ServerNames names_;  // once known
  RequestWatch watch_;
};

}  // namespace penstock
