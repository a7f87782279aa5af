#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "delivery/target.h"
#include "environments/environment_spec.h"

namespace penstock {

class EnvironmentHost;
class HostPool;
class ServiceManager;

/// The HAProxy that steers an environment's traffic. One shift at a time; the rest is safe from any thread. Errors name
/// its host.
class Proxy {
 public:
  virtual ~Proxy() = default;

  /// Makes it ready for shifts. In the middle of a rollout the split stays what it is.
  virtual Result<> setup() = 0;
  /// Once it returns, a restart of the proxy, whoever causes it, changes nothing.
  virtual Result<> shift(const TrafficSplit& split) = 0;
  /// The shares that it really sends by, of the instances that get any.
  virtual Result<std::map<InstanceAddress, int>> shares() = 0;
  /// Requests that an instance has open.
  virtual Result<int> open_requests(const InstanceAddress& instance) = 0;
  virtual Result<> watch_requests(std::stop_token stop,
                                  const std::function<void(const ServedRequest&)>& on_request) = 0;
};

/// One of the environment's own, or one that is found running, as its specification says. All of these outlive it.
/// `service` is the one of `host`.
std::unique_ptr<Proxy> make_proxy(const EnvironmentSpec& spec, HostPool& pool, EnvironmentHost& host,
                                  ServiceManager& service);

}  // namespace penstock
