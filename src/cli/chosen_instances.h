#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "rollout/instance.h"

namespace penstock {

class Target;
struct EnvWork;

/// `web-1:8101`
std::string instance_name(const InstanceAddress& address);

/// The instances that stand there and that `-i` means, by host and port: `HOST:PORT`, a host, a port; all of them
/// without it, or for `all`. Fault::user where there is none.
Result<std::vector<Instance>> chosen_instances(const EnvWork& work, Target& target);

}  // namespace penstock
