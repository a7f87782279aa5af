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
  for (const ServiceSpec& service : whole.environment.services) {
    const std::string name = whole.environment.name + "/" + service.name;
    std::optional<EnvironmentSpec> spec = find_environment(file, name);
    if (!spec) return Error{Fault::internal, "the service " + name + " is declared nowhere", {}};
    DeploymentRequest request = whole;
    auto release = desk.built(*spec, run);
    if (!release.ok()) {
      Error error = release.error();
      error.message = name + ": " + error.message;
      if (run != 0) error.help = "all services are deployed from one run; name another: --run N";
      return error;
    }
    request.release = *std::move(release);
    if (run == 0) run = request.release.run;
    PENSTOCK_TRY(request.secret_versions, desk.newest_secrets(*spec));
    request.environment = *std::move(spec);
    services.push_back(std::move(request));
  }
  return desk.deployments().request_group(whole, std::move(services));
}

namespace {

/// One that stays as it is: what comes after it comes after those that it comes after.
void leave_out(std::vector<ServiceSpec>& services, const std::string& name) {
  const auto found =
      std::find_if(services.begin(), services.end(), [&](const ServiceSpec& one) { return one.name == name; });
  if (found == services.end()) return;
  const std::vector<std::string> before = std::move(found->after);
  services.erase(found);
  for (ServiceSpec& service : services) {
    if (std::erase(service.after, name) != 0) service.after.insert(service.after.end(), before.begin(), before.end());
  }
}

}  // namespace

Result<StoredRollout> request_services_back(DeliveryDesk& desk, const EnvironmentsFile& file,
                                            const DeploymentRequest& whole) {
  DeploymentRequest group = whole;
  group.kind = RolloutFacts::Kind::rollback;
  std::vector<DeploymentRequest> services;
  std::string commit;
  for (const ServiceSpec& service : whole.environment.services) {
    const std::string name = whole.environment.name + "/" + service.name;
    const std::optional<EnvironmentSpec> spec = find_environment(file, name);
    if (!spec) return Error{Fault::internal, "the service " + name + " is declared nowhere", {}};
    PENSTOCK_TRY(const EnvironmentAccess access, desk.access(*spec));
    PENSTOCK_TRY(const std::vector<JournalEntry> journal, desk.deployments().refresh(name, *access.ledger));
    const std::optional<JournalEntry> live = environment_state(journal).live;
    if (!live) return Error{Fault::user, "nothing is live in " + name, "deploy something first: ci deploy " + name};
    if (!commit.empty() && live->commit != commit) {
      return name_a_service(whole.environment,
                            "they were last deployed from different commits, so that none is before all");
    }
    commit = live->commit;
    if (live->previous == live->release) {
      leave_out(group.environment.services, service.name);
      continue;
    }
    if (live->previous.empty()) {
      return Error{Fault::user, live->name + " is the first release of " + name + ": there is none before it", {}};
    }
    DeploymentRequest request = group;
    PENSTOCK_TRY(request.release, desk.known_release(*access.ledger, live->previous));
    PENSTOCK_TRY(request.environment,
                 as_configured_then(*spec, journal, live->previous, *access.ledger, request.secret_versions));
    services.push_back(std::move(request));
  }
  if (services.empty())
    return name_a_service(whole.environment, "none of them has a release before the one that is live");
  return desk.deployments().request_group(group, std::move(services));
}

Error name_a_service(const EnvironmentSpec& spec, const std::string& what) {
  Error error{Fault::user, spec.name + " is made up of services, and " + what, "name one:"};
  for (const ServiceSpec& service : spec.services) error.help += " " + spec.name + "/" + service.name;
  return error;
}

}  // namespace penstock
