#include "cli/chosen_instances.h"

#include "cli/env_commands.h"
#include "delivery/target.h"

namespace penstock {
namespace {

bool is_meant(const std::string& word, const InstanceAddress& address) {
  return word.empty() || word == "all" || word == instance_name(address) || word == address.host ||
         word == std::to_string(address.port);
}

}  // namespace

std::string instance_name(const InstanceAddress& address) { return address.host + ":" + std::to_string(address.port); }

Result<std::vector<Instance>> chosen_instances(const EnvWork& work, Target& target) {
  PENSTOCK_TRY(const auto standing, target.observe());
  std::vector<Instance> meant;
  std::string known;
  for (const auto& each : standing) {
    known += (known.empty() ? "" : ", ") + instance_name(each.instance.address);
    if (is_meant(work.arguments.instance, each.instance.address)) meant.push_back(each.instance);
  }
  if (!meant.empty()) return meant;
  if (known.empty()) {
    return Error{Fault::user, "no instance stands in " + work.arguments.name,
                 "deploy something first: ci deploy " + work.arguments.name};
  }
  return Error{Fault::user, "`" + work.arguments.instance + "` is no instance of " + work.arguments.name,
               "what stands there: " + known};
}

}  // namespace penstock
