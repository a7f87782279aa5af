#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "hosts/host_shell.h"
#include "target_hosts/haproxy_config.h"
#include "target_hosts/proxy.h"
#include "target_hosts/proxy_view.h"

namespace penstock {

/// An HAProxy of the environment's own, in `haproxy/` of its folder on its host, kept running by that host's service
/// manager. Its configuration holds the split as of the last shift.
class OwnHaproxy final : public Proxy {
 public:
  OwnHaproxy(const EnvironmentSpec& spec, HostPool& pool, EnvironmentHost& host, ServiceManager& service);

  /// Writes the configuration with the split that it has now, and makes it run.
  Result<> setup() override;
  Result<> shift(const TrafficSplit& split) override;
  Result<std::map<InstanceAddress, int>> shares() override;
  Result<int> open_requests(const InstanceAddress& instance) override;
  Result<> watch_requests(std::stop_token stop, const std::function<void(const ServedRequest&)>& on_request) override;

 private:
  Result<> apply(const RenderedSplit& wanted, bool anew);
  Result<ProxyConfig> config_for(const RenderedSplit& wanted, bool anew);
  Result<std::string> address_of(const std::string& host, bool anew);
  Result<RenderedSplit> remember();
  Result<> await(const std::string& structure, const std::vector<std::string>& told);
  Result<std::vector<std::string>> alerts();
  Error because(const std::string& alert);
  /// Where instances may stand, and where else they have had traffic since the configuration that is there.
  [[nodiscard]] std::vector<InstanceAddress> places() const;
  Result<ServerNames> names();
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
  std::set<InstanceAddress> had_traffic_;         // by that configuration, or from here
  RequestWatch watch_;
};

}  // namespace penstock
