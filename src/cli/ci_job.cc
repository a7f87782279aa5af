#include "cli/ci_job.h"

#include <signal.h>

#include <chrono>
#include <utility>

#include "cli/answers.h"
#include "cli/run_machine.h"
#include "coordinator/poll_waiter.h"
#include "os/clock.h"
#include "os/signals.h"
#include "releases/release_from_files.h"

namespace penstock {
namespace {

constexpr Duration kListen = std::chrono::seconds(2);

std::string variable(const World& world, const std::string& name) {
  const auto found = world.environment.find(name);
  return found == world.environment.end() ? std::string() : found->second;
}

/// The first of these that is set.
std::string first_of(const World& world, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (std::string value = variable(world, name); !value.empty()) return value;
  return {};
}

}  // namespace

bool is_in_job(const World& world) {
  const std::string ci = variable(world, "CI");
  return !ci.empty() && ci != "false" && ci != "0";
}

Actor starter_of_job(const World& world, Actor local) {
  std::string name = first_of(world, {"GITLAB_USER_NAME", "GITHUB_ACTOR"});
  if (name.empty()) return local;
  return {std::move(name), variable(world, "GITLAB_USER_EMAIL"), false};
}

Result<Release> release_of_work_tree(const Project& project, BlobStore& blobs, const std::vector<std::string>& places,
                                     const std::string& wanted) {
  BuiltFrom from;
  PENSTOCK_TRY(from.commit, project.repository.head());
  PENSTOCK_TRY(const git::Commit commit, project.repository.commit(from.commit));
  from.subject = commit.title();
  from.author = commit.author.name + " <" + commit.author.email + ">";
  from.committed_at = commit.committer.time;
  PENSTOCK_TRY(const std::optional<std::string> branch, project.repository.branch());
  from.ref = branch.value_or("");
  return release_from_files(blobs, project.repository.top_level(), places, from, wanted);
}

Result<bool> has_run_of_head(Project& project) {
  PENSTOCK_TRY(const std::string head, project.repository.head());
  PENSTOCK_TRY(const std::optional<RunHeader> newest, project.store().newest());
  return newest && newest->facts.commit == head;
}

Result<int> stay_for_people(Project& project, const World& world, DeliveryDesk& desk, int64_t rollout, int status,
                            const DeliveryDesk::DriveOptions& options) {
  PENSTOCK_TRY(os::SignalQueue signals, os::SignalQueue::open({SIGINT, SIGTERM}));
  PollWaiter waiter(world.clock);
  int stopped_by = 0;
  waiter.watch(signals.fd(), [&] {
    if (const auto signal = signals.next()) stopped_by = *signal;
  });
  for (;;) {
    PENSTOCK_TRY(const StoredRollout stored, project.store().load_rollout(rollout));
    if (!waits_for_approval(stored.record)) return status;
    const Instant until = world.clock.now() + kListen;
    while (stopped_by == 0 && world.clock.now() < until) waiter.wait(until);
    if (stopped_by != 0) {
      PENSTOCK_TRY(const Actor who, local_actor(project));
      const rollout_event::Steered abort{rollout_event::Steered::What::abort, who, "its job was canceled"};
      PENSTOCK_CHECK(project.store().post_steering(rollout, abort));
    }
    PENSTOCK_TRY(const Answered answered, hear_answers(project, world));
    if (answered.rollouts.empty() && stopped_by == 0) continue;
    PENSTOCK_TRY(status, desk.drive_and_report(rollout, options));
    if (stopped_by != 0) return 128 + stopped_by;
  }
}

}  // namespace penstock
