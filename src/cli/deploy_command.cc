#include <signal.h>

#include <algorithm>
#include <optional>
#include <string>

#include "cli/ci_job.h"
#include "cli/commands.h"
#include "cli/delivery_desk.h"
#include "cli/run_machine.h"
#include "cli/service_requests.h"
#include "delivery/ledger.h"
#include "deployments/earlier.h"
#include "environments/compile.h"
#include "os/clock.h"
#include "os/signals.h"
#include "rollout/environment_state.h"

namespace penstock {
namespace {

/// The release that a rollback goes to where none is named.
Result<std::string> release_before(const std::string& environment, const std::vector<JournalEntry>& journal) {
  const EnvironmentState state = environment_state(journal);
  if (!state.live) {
    return Error{Fault::user, "nothing is live in " + environment, "deploy something first: ci deploy " + environment};
  }
  std::string before = live_before(journal);
  if (!before.empty()) return before;
  return Error{Fault::user, state.live->name + " is the first release of " + environment + ": there is none before it",
               "name one: ci rollback " + environment + " --to RELEASE"};
}

/// What was live there by that name, in whichever clone it was made; its manifest is at the target.
Result<Release> earlier_release(DeliveryDesk& desk, Ledger& ledger, const std::vector<JournalEntry>& journal,
                                const std::string& word) {
  constexpr size_t kShortestId = 4;
  const auto found = std::find_if(journal.rbegin(), journal.rend(), [&](const JournalEntry& entry) {
    const bool was_live = entry.what == JournalEntry::What::promoted || entry.what == JournalEntry::What::rolled_back;
    return was_live && (entry.name == word || (word.size() >= kShortestId && entry.release.starts_with(word)));
  });
  return found == journal.rend() ? desk.release(word) : desk.known_release(ledger, found->release);
}

Result<> choose(DeliveryDesk& desk, const DeployArguments& arguments, DeploymentRequest& request) {
  if (!arguments.rollback) {
    if (arguments.release.empty()) {
      PENSTOCK_TRY(request.release, desk.built(request.environment, arguments.run));
    } else {
      PENSTOCK_TRY(request.release, desk.release(arguments.release));
    }
    return success();
  }
  PENSTOCK_TRY(const EnvironmentAccess access, desk.access(request.environment));
  PENSTOCK_TRY(const std::vector<JournalEntry> journal,
               desk.deployments().refresh(request.environment.name, *access.ledger));
  if (arguments.release.empty()) {
    PENSTOCK_TRY(const std::string id, release_before(request.environment.name, journal));
    PENSTOCK_TRY(request.release, desk.known_release(*access.ledger, id));
  } else {
    PENSTOCK_TRY(request.release, earlier_release(desk, *access.ledger, journal, arguments.release));
  }
  PENSTOCK_TRY(request.environment, as_configured_then(request.environment, journal, request.release.id, *access.ledger,
                                                       request.secret_versions));
  return success();
}

/// Of all services of an environment.
Result<StoredRollout> request_all(DeliveryDesk& desk, const EnvironmentsFile& file, const DeployArguments& arguments,
                                  const DeploymentRequest& request) {
  if (!arguments.release.empty()) return name_a_service(request.environment, "a release is one service's");
  if (arguments.rollback) return request_services_back(desk, file, request);
  return request_services(desk, file, request, arguments.run);
}

/// The rollout that is asked for, of all services where there are several.
Result<int64_t> ask_for(DeliveryDesk& desk, const EnvironmentsFile& file, const DeployArguments& arguments,
                        DeploymentRequest& request) {
  if (!request.environment.services.empty()) {
    PENSTOCK_TRY(const StoredRollout rollout, request_all(desk, file, arguments, request));
    return rollout.record.id;
  }
  PENSTOCK_TRY(request.secret_versions, desk.newest_secrets(request.environment));
  request.kind = arguments.rollback ? RolloutFacts::Kind::rollback : RolloutFacts::Kind::deploy;
  PENSTOCK_CHECK(choose(desk, arguments, request));
  PENSTOCK_TRY(const StoredRollout rollout, desk.deployments().request(request));
  return rollout.record.id;
}

Result<int> deploy(const DeployArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  DeploymentRequest request;
  EnvironmentsFile file;
  PENSTOCK_TRY(request.environment, desk->environment(arguments.environment, &file));
  request.groups = file.groups;
  PENSTOCK_TRY(request.who, local_actor(project));
  const bool in_job = is_in_job(world);
  if (in_job) request.who = starter_of_job(world, std::move(request.who));
  bool in_work_tree = !arguments.from.empty();
  if (in_job && !in_work_tree) {
    PENSTOCK_TRY(const bool ran_here, has_run_of_head(project));
    in_work_tree = !ran_here;
  }
  if (in_work_tree) desk->build_from(arguments.from);
  request.message = arguments.message;
  request.override_freeze = arguments.override_freeze;
  request.force = arguments.force;
  PENSTOCK_TRY(const int64_t rollout, ask_for(*desk, file, arguments, request));
  // A signal between the two that watch for them below would end us without a word, and what waits would stay asked.
  std::optional<os::SignalQueue> held;
  if (in_job) {
    PENSTOCK_TRY(os::SignalQueue queue, os::SignalQueue::open({SIGINT, SIGTERM}));
    held.emplace(std::move(queue));
  }
  const DeliveryDesk::DriveOptions options{.stay = !arguments.no_wait, .leave_baking = arguments.detach};
  PENSTOCK_TRY(const int status, desk->drive_and_report(rollout, options));
  if (!in_job || arguments.no_wait) return status;
  return stay_for_people(project, world, *desk, rollout, status, options);
}

/// False where it isn't pinned.
Result<bool> unpin(DeliveryDesk& desk, const EnvironmentSpec& spec, JournalEntry entry, const World& world) {
  PENSTOCK_TRY(const EnvironmentAccess access, desk.access(spec));
  PENSTOCK_TRY(const std::vector<JournalEntry> journal, desk.deployments().refresh(spec.name, *access.ledger));
  const EnvironmentState state = environment_state(journal);
  if (!state.pin) return false;
  entry.release = state.pin->release;
  entry.name = state.pin->name;
  PENSTOCK_CHECK(desk.deployments().append(spec.name, *access.ledger, std::move(entry)));
  world.outputs.out.write(spec.name + " is no longer pinned to " + state.pin->name + "\n");
  return true;
}

/// Of several services: each that is.
Result<int> unpin(const UnpinArguments& arguments, const World& world) {
  PENSTOCK_TRY(Project project, open_project(world));
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(project, world));
  EnvironmentsFile file;
  PENSTOCK_TRY(const EnvironmentSpec spec, desk->environment(arguments.environment, &file));
  JournalEntry entry;
  entry.what = JournalEntry::What::unpinned;
  entry.at = world.clock.now();
  PENSTOCK_TRY(entry.by, local_actor(project));
  entry.message = arguments.message;
  bool any = false;
  for (const EnvironmentSpec& one : places_of(file, spec)) {
    PENSTOCK_TRY(const bool was_pinned, unpin(*desk, one, entry, world));
    any = any || was_pinned;
  }
  if (!any) return Error{Fault::user, spec.name + " is not pinned", "see what is where: ci env"};
  return static_cast<int>(kPassed);
}

}  // namespace

int execute(const DeployArguments& arguments, World& world) {
  const auto status = deploy(arguments, world);
  return status ? *status : world.fail(status.error());
}

int execute(const UnpinArguments& arguments, World& world) {
  const auto status = unpin(arguments, world);
  return status ? *status : world.fail(status.error());
}

}  // namespace penstock
