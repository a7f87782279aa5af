#include "cli/open_environment.h"

#include <algorithm>
#include <utility>

#include "blobs/blob_store.h"
#include "cli/service_requests.h"
#include "delivery/folder_ledger.h"
#include "delivery/target.h"
#include "hosts/host_pool.h"
#include "os/clock.h"
#include "secrets/secret_file.h"
#include "target_commands/commands_target.h"
#include "target_hosts/hosts_target.h"

namespace penstock {
namespace {

constexpr size_t kReleases = 1000;

using Secrets = std::vector<std::pair<std::string, std::string>>;  ///< Name → value.

/// What belongs to an environment's target for as long as that lives.
class OwningTarget {
 public:
  OwningTarget(EnvironmentSpec a_spec, std::vector<std::string> ssh_options,
               std::function<void(const std::string&)> on_slow)
      : spec(std::move(a_spec)), pool(std::move(ssh_options), std::move(on_slow)) {}

  EnvironmentSpec spec;
  HostPool pool;
};

/// Where the ledger of a target of commands lies: `PATH` or `HOST:PATH`.
std::pair<std::string, std::string> host_and_folder(const std::string& folder) {
  const size_t colon = folder.find(':');
  if (colon == std::string::npos || folder.find('/') < colon) return {"local", folder};
  return {folder.substr(0, colon), folder.substr(colon + 1)};
}

}  // namespace

struct EnvironmentOpener::State {
  Project& project;
  const World& world;
  BlobStore& blobs;
  std::function<void(const std::string&)> on_slow;
  std::vector<std::unique_ptr<OwningTarget>> opened;

  /// The values of the application's secrets, of the versions that are asked for, else the newest.
  Result<Secrets> secrets_of(const EnvironmentSpec& spec, const SecretVersions& versions);
  Result<EnvironmentAccess> open(const EnvironmentSpec& spec, Secrets secrets);
  Result<EnvironmentAccess> open_hosts(OwningTarget& owned, const HostsTarget& hosts, Secrets secrets);
  Result<EnvironmentAccess> open_commands(OwningTarget& owned, const CommandsTarget& commands, Secrets secrets);
};

EnvironmentOpener::EnvironmentOpener(Project& project, const World& world, BlobStore& blobs,
                                     std::function<void(const std::string&)> on_slow)
    : state_(new State{project, world, blobs, std::move(on_slow), {}}) {}
EnvironmentOpener::~EnvironmentOpener() = default;

Result<Secrets> EnvironmentOpener::State::secrets_of(const EnvironmentSpec& spec, const SecretVersions& versions) {
  Secrets values;
  if (spec.application.secrets.empty()) return values;
  PENSTOCK_TRY(const Sealer sealer, open_sealer());
  const SecretFile file(project.secrets_file());
  for (const std::string& name : spec.application.secrets) {
    const auto version =
        std::find_if(versions.begin(), versions.end(), [&](const auto& one) { return one.first == name; });
    const bool newest = version == versions.end();
    PENSTOCK_TRY(const std::optional<std::string> kept,
                 newest ? file.get(sealer, name) : file.get(sealer, name, version->second));
    if (kept) {
      values.emplace_back(name, *kept);
    } else if (!newest) {
      return Error{Fault::user,
                   "version " + std::to_string(version->second) + " of the secret `" + name + "` isn't kept any more",
                   "set it again to what it was, and deploy: ci secrets set " + name};
    } else if (const auto variable = world.environment.find(name); variable != world.environment.end()) {
      values.emplace_back(name, variable->second);
    } else {
      return Error{Fault::user, "there is no value for the secret `" + name + "` of " + spec.name,
                   "keep it: ci secrets set " + name + ", or export " + name};
    }
  }
  return values;
}

Result<EnvironmentAccess> EnvironmentOpener::State::open_commands(OwningTarget& owned, const CommandsTarget& commands,
                                                                  Secrets secrets) {
  const auto [host, folder] = host_and_folder(commands.folder);
  PENSTOCK_TRY(const std::shared_ptr<HostShell> shell, owned.pool.at(host));
  EnvironmentAccess access;
  access.ledger = make_folder_ledger(shell, folder, owned.spec.name);
  PENSTOCK_TRY(std::vector<Release> releases, project.store().releases(kReleases));
  CommandsTargetParts parts{owned.spec,
                            *access.ledger,
                            blobs,
                            world.clock,
                            project.state / "environments" / owned.spec.name,
                            project.repository.top_level(),
                            world.environment,
                            std::move(releases),
                            std::move(secrets)};
  PENSTOCK_TRY(access.target, make_commands_target(std::move(parts)));
  return access;
}

Result<EnvironmentAccess> EnvironmentOpener::State::open_hosts(OwningTarget& owned, const HostsTarget& hosts,
                                                               Secrets secrets) {
  if (owned.spec.rollout.hosts.empty()) return Error{Fault::internal, owned.spec.name + " has no hosts", {}};
  PENSTOCK_TRY(const std::shared_ptr<HostShell> first, owned.pool.at(owned.spec.rollout.hosts.front().host));
  EnvironmentAccess access;
  access.ledger = make_folder_ledger(first, hosts.folder, owned.spec.name);
  access.target = make_hosts_target({owned.spec, owned.pool, blobs, std::move(secrets)});
  return access;
}

Result<SecretVersions> EnvironmentOpener::newest_secrets(const EnvironmentSpec& spec) {
  SecretVersions versions;
  if (spec.application.secrets.empty()) return versions;
  PENSTOCK_TRY(const std::vector<SecretFile::Entry> kept, SecretFile(state_->project.secrets_file()).list());
  for (const SecretFile::Entry& entry : kept) {
    const auto& wanted = spec.application.secrets;
    if (std::find(wanted.begin(), wanted.end(), entry.name) != wanted.end()) {
      versions.emplace_back(entry.name, entry.version);
    }
  }
  PENSTOCK_CHECK(state_->secrets_of(spec, versions));
  return versions;
}

Result<std::string> EnvironmentOpener::secret(const std::string& name) {
  PENSTOCK_TRY(const Sealer sealer, open_sealer());
  PENSTOCK_TRY(const std::optional<std::string> kept, SecretFile(state_->project.secrets_file()).get(sealer, name));
  if (kept) return *kept;
  const auto variable = state_->world.environment.find(name);
  if (variable != state_->world.environment.end()) return variable->second;
  return Error{Fault::user, "there is no value for the secret `" + name + "`",
               "keep it: ci secrets set " + name + ", or export " + name};
}

Result<EnvironmentAccess> EnvironmentOpener::State::open(const EnvironmentSpec& spec, Secrets secrets) {
  std::vector<std::string> ssh_options;
  if (const auto* hosts = std::get_if<HostsTarget>(&spec.target)) ssh_options = hosts->ssh_options;
  opened.push_back(std::make_unique<OwningTarget>(spec, std::move(ssh_options), on_slow));
  OwningTarget& owned = *opened.back();
  if (const auto* commands = std::get_if<CommandsTarget>(&owned.spec.target))
    return open_commands(owned, *commands, std::move(secrets));
  if (const auto* hosts = std::get_if<HostsTarget>(&owned.spec.target))
    return open_hosts(owned, *hosts, std::move(secrets));
  if (!spec.services.empty()) return name_a_service(spec, "has no target itself");
  return Error{Fault::user, "environment `" + spec.name + "` has no `target`, so Penstock can't deploy there",
               "give it one in .ci/environments.yml (docs/environments.md)"};
}

Result<EnvironmentAccess> EnvironmentOpener::open(const EnvironmentSpec& spec, const SecretVersions& versions) {
  PENSTOCK_TRY(Secrets secrets, state_->secrets_of(spec, versions));
  return state_->open(spec, std::move(secrets));
}

Result<EnvironmentAccess> EnvironmentOpener::open_to_look(const EnvironmentSpec& spec) {
  return state_->open(spec, {});
}

}  // namespace penstock
