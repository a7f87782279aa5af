#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "cli/project.h"
#include "cli/world.h"
#include "deployments/deployments.h"

namespace penstock {

class BlobStore;

/// Puts the target and the ledger of an environment together, of the kind that it declares.
class EnvironmentOpener {
 public:
  /// All of these outlive it.
  /// `on_slow`: as in HostPool.
  EnvironmentOpener(Project& project, const World& world, BlobStore& blobs,
                    std::function<void(const std::string&)> on_slow);
  ~EnvironmentOpener();

  /// With these versions of the application's secrets; an error where one has no value here.
  Result<EnvironmentAccess> open(const EnvironmentSpec& spec, const SecretVersions& secrets);
  /// For whoever looks, approves or unpins, and may know none of its secrets: nothing can be started with it.
  Result<EnvironmentAccess> open_to_look(const EnvironmentSpec& spec);
  /// The versions that the application's secrets have now; an error where one has no value here.
  Result<SecretVersions> newest_secrets(const EnvironmentSpec& spec);
  /// The value of a secret for what isn't the application's: the newest that is kept, else the variable of that name.
  Result<std::string> secret(const std::string& name);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock
