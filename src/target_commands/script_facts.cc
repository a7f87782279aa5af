#include "target_commands/script_facts.h"

#include <algorithm>

#include "delivery/ledger.h"
#include "environments/environment_spec.h"
#include "rollout/group_name.h"
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
  const std::optional<Release> release = known(id);
  if (!release) return facts;
  facts["RELEASE_NAME"] = release->name;
  facts["VERSION"] = release->version;
  facts["COMMIT"] = release->commit;
  return facts;
}

std::optional<Release> ScriptFacts::known(const std::string& release) const {
  const auto here = std::find_if(parts_.releases.begin(), parts_.releases.end(),
                                 [&](const Release& one) { return one.id == release; });
  if (here != parts_.releases.end()) return *here;
  const std::lock_guard lock(mutex_);
  const auto told = told_.find(release);
  if (told != told_.end()) return told->second;
  const auto manifest = parts_.ledger.manifest(release);
  if (!manifest.ok()) return std::nullopt;  // it is asked again
  std::optional<Release>& found = told_[release];
  if (!*manifest) return found;
  auto read = release_from_json(**manifest);
  if (read.ok()) found = *std::move(read);
  return found;
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
