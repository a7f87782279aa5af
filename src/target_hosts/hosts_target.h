#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "delivery/target.h"
#include "environments/environment_spec.h"

namespace penstock {

class BlobStore;
class HostPool;

/// What a target on hosts works with. All of it outlives the target.
struct HostsTargetParts {
  const EnvironmentSpec& environment;  ///< Its target is a HostsTarget.
  HostPool& pool;                      ///< With the target's ssh_options.
  BlobStore& blobs;                    ///< Has the releases' files.
  /// By name, for instances that are started. They reach them as files in the folder $CREDENTIALS_DIRECTORY.
  std::vector<std::pair<std::string, std::string>> secrets;
};

/// Instances on machines over ssh, or on this one. Nothing need be there but `sh`, coreutils, util-linux and the
/// service manager; Python where the application is a wheel; haproxy where it steers the traffic.
class TargetOnHosts : public Target {
 public:
  /// Makes the hosts ready for instances, and the proxy run. Idempotent; a set-up in the middle of a rollout leaves
  /// traffic as it is. All hosts at a time; an Error names the one that could not be made ready.
  Result<> setup() override = 0;
};

std::unique_ptr<TargetOnHosts> make_hosts_target(HostsTargetParts parts);

}  // namespace penstock
