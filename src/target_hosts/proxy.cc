#include "target_hosts/proxy.h"

#include "target_hosts/found_haproxy.h"
#include "target_hosts/haproxy.h"

namespace penstock {

std::unique_ptr<Proxy> make_proxy(const EnvironmentSpec& spec, HostPool& pool, EnvironmentHost& host,
                                  ServiceManager& service) {
  if (!std::get<HaproxySpec>(spec.traffic).socket.empty()) return std::make_unique<FoundHaproxy>(spec, pool, host);
  return std::make_unique<OwnHaproxy>(spec, pool, host, service);
}

}  // namespace penstock
