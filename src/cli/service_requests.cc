#include "cli/service_requests.h"

#include <optional>
#include <utility>
#include <vector>

#include "environments/compile.h"

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

Error name_a_service(const EnvironmentSpec& spec, const std::string& what) {
  Error error{Fault::user, spec.name + " is made up of services, and " + what, "name one:"};
  for (const ServiceSpec& service : spec.services) error.help += " " + spec.name + "/" + service.name;
  return error;
}

}  // namespace penstock
