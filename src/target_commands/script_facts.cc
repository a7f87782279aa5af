#include "target_commands/script_facts.h"

#include <algorithm>

#include "environments/environment_spec.h"
#include "target_commands/standing.h"

namespace penstock {

os::Environment ScriptFacts::of_environment() const {
  os::Environment facts = parts_.variables;
  for (const auto& [name, value] : parts_.environment.application.variables) facts[name] = value;
  facts["ENVIRONMENT"] = parts_.environment.name;
  if (!parts_.secrets.empty()) facts["SECRETS"] = secrets_;
  return facts;
}

os::Environment ScriptFacts::of_release(const std::string& id) const {
  os::Environment facts = of_environment();
  facts["RELEASE"] = id;
  facts["ARTIFACTS"] = releases_ / id;
  const auto release =
      std::find_if(parts_.releases.begin(), parts_.releases.end(), [&](const Release& one) { return one.id == id; });
  if (release == parts_.releases.end()) return facts;
  facts["RELEASE_NAME"] = release->name;
  facts["VERSION"] = release->version;
  facts["COMMIT"] = release->commit;
  return facts;
}

os::Environment ScriptFacts::of_instance(const Instance& instance) const {
  os::Environment facts = of_release(instance.release);
  const ApplicationSpec& application = parts_.environment.application;
  facts["HOST"] = instance.address.host;
  facts["PORT"] = std::to_string(instance.address.port);
  facts["INSTANCE"] = name_of(instance);
  facts["GROUP"] = to_string(instance.group);
  facts["STOP_SIGNAL"] = application.stop_signal;
  facts["STOP_WITHIN"] = std::to_string(std::chrono::ceil<std::chrono::seconds>(application.stop_within).count());
  return facts;
}

std::string ScriptFacts::name_of(const Instance& instance) const {
  std::string environment = parts_.environment.name;
  std::replace(environment.begin(), environment.end(), '/', '-');  // it names a file, too
  return environment + "-" + instance.address.host + "-" + std::to_string(instance.address.port);
}

}  // namespace penstock
