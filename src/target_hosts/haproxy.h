#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "delivery/target.h"
#include "environments/environment_spec.h"
#include "hosts/host_shell.h"
#include "target_hosts/haproxy_config.h"

namespace penstock {

class EnvironmentHost;
class HostPool;
class ServiceManager;

/// An HAProxy of the environment's own, in `haproxy/` of its folder on its host, kept running by that host's service
/// manager. Its configuration holds the split as of the last shift, so a restart, whoever causes it, changes nothing.
/// One shift at a time; the rest is safe from any thread.
class Haproxy {
 public:
  /// All of these outlive it. `service` is the one of `host`.
  Haproxy(const EnvironmentSpec& spec, HostPool& pool, EnvironmentHost& host, ServiceManager& service);

  /// Writes the configuration with the split that it has now, and makes it run.
  Result<> setup();
  /// `incoming`: who gets the requests with the split's header.
  Result<> shift(const TrafficSplit& split, const std::vector<InstanceAddress>& incoming);
  /// The shares that it really sends by, of the instances that get any.
  Result<std::map<InstanceAddress, int>> shares();
  /// Requests that an instance has open.
  Result<int> open_requests(const InstanceAddress& instance);
  Result<> watch_requests(std::stop_token stop, const std::function<void(const ServedRequest&)>& on_request);

 private:
  Result<> apply(const RenderedSplit& wanted, bool anew);
  Result<ProxyConfig> config_for(const RenderedSplit& wanted, bool anew);
  Result<std::string> address_of(const std::string& host, bool anew);
  Result<RenderedSplit> remember();
  Result<> await(const std::string& structure, const std::vector<std::string>& told);
  Result<std::vector<std::string>> alerts();
  Error because(const std::string& alert);
  Result<Endpoint> socket();
  Error about(const Error& error) const;

  const EnvironmentSpec& spec_;
  const HaproxySpec& haproxy_;
  HostPool& pool_;
  EnvironmentHost& host_;
  ServiceManager& service_;
  std::mutex mutex_;                              // one shift at a time
  std::map<std::string, std::string> addresses_;  // by host
  bool remembered_ = false;                       // those of the configuration that is there are in it
  std::mutex reload_mutex_;
  std::stop_source until_reload_;
};

}  // namespace penstock
