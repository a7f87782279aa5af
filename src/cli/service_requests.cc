#include "cli/service_requests.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "delivery/ledger.h"
#include "delivery/target.h"
#include "deployments/earlier.h"
#include "environments/compile.h"
#include "rollout/environment_state.h"

namespace penstock {

Result<StoredRollout> request_services(DeliveryDesk& desk, const EnvironmentsFile& file, const DeploymentRequest& whole,
                                       int64_t run) {
  std::vector<DeploymentRequest> services;
  for (EnvironmentSpec& spec : places_of(file, whole.environment)) {
    DeploymentRequest request = whole;
    auto release = desk.built(spec, run);
    if (!release.ok()) {
      Error error = release.error();
      error.message = spec.name + ": " + error.message;
      if (run != 0) error.help = "all services are deployed from one run; name another: --run N";
      return error;
    }
    request.release = *std::move(release);
    if (run == 0) run = request.release.run;
    PENSTOCK_TRY(request.secret_versions, desk.newest_secrets(spec));
    request.environment = std::move(spec);
    services.push_back(std::move(request));
  }
  return desk.deployments().request_group(whole, std::move(services));
}

namespace {

/// The one of that environment stays as it is: what comes after it comes after those that it comes after.
void leave_out(EnvironmentSpec& whole, const std::string& environment) {
  const auto found = std::find_if(whole.services.begin(), whole.services.end(), [&](const ServiceSpec& one) {
    return service_environment(whole.name, one.name) == environment;
  });
  if (found == whole.services.end()) return;
  const ServiceSpec left = std::move(*found);
  whole.services.erase(found);
  for (ServiceSpec& service : whole.services) {
    if (std::erase(service.after, left.name) != 0)
      service.after.insert(service.after.end(), left.after.begin(), left.after.end());
  }
}

}  // namespace

Result<StoredRollout> request_services_back(DeliveryDesk& desk, const EnvironmentsFile& file,
                                            const DeploymentRequest& whole) {
  DeploymentRequest group = whole;
  group.kind = RolloutFacts::Kind::rollback;
  std::vector<DeploymentRequest> services;
  std::string commit;
  for (const EnvironmentSpec& spec : places_of(file, whole.environment)) {
    const std::string& name = spec.name;
    PENSTOCK_TRY(const EnvironmentAccess access, desk.access(spec));
    PENSTOCK_TRY(const std::vector<JournalEntry> journal, desk.deployments().refresh(name, *access.ledger));
    const std::optional<JournalEntry> live = environment_state(journal).live;
    if (!live) return Error{Fault::user, "nothing is live in " + name, "deploy something first: ci deploy " + name};
    if (!commit.empty() && live->commit != commit) {
      return name_a_service(whole.environment,
                            "they were last deployed from different commits, so that none is before all");
    }
    commit = live->commit;
    if (live->previous == live->release) {
      leave_out(group.environment, name);
      continue;
    }
    if (live->previous.empty()) {
      return Error{Fault::user, live->name + " is the first release of " + name + ": there is none before it", {}};
    }
    DeploymentRequest request = group;
    PENSTOCK_TRY(request.release, desk.known_release(*access.ledger, live->previous));
    PENSTOCK_TRY(request.environment,
                 as_configured_then(spec, journal, live->previous, *access.ledger, request.secret_versions));
    services.push_back(std::move(request));
  }
  if (services.empty())
    return name_a_service(whole.environment, "none of them has a release before the one that is live");
  return desk.deployments().request_group(group, std::move(services));
}

Error name_a_service(const EnvironmentSpec& spec, const std::string& what) {
  Error error{Fault::user, spec.name + " is made up of services, and " + what, "name one:"};
  for (const ServiceSpec& service : spec.services) error.help += " " + service_environment(spec.name, service.name);
  return error;
}

}  // namespace penstock
