#include <signal.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "cli/chosen_instances.h"
#include "cli/delivery_desk.h"
#include "cli/env_commands.h"
#include "coordinator/poll_waiter.h"
#include "delivery/ledger.h"
#include "delivery/target.h"
#include "os/clock.h"
#include "os/signals.h"

namespace penstock {
namespace {

Result<> print_last_lines(const EnvWork& work, Target& target, const std::vector<Instance>& instances) {
  for (const Instance& instance : instances) {
    PENSTOCK_TRY(const std::string log, target.last_log(instance, work.arguments.limit));
    size_t start = 0;
    while (start < log.size()) {
      const size_t end = std::min(log.find('\n', start), log.size());
      work.world.outputs.out.write(instance_name(instance.address) + " | " + log.substr(start, end - start) + "\n");
      start = end + 1;
    }
  }
  return success();
}

/// Each instance's lines as they come, until Ctrl-C.
Result<> follow(const EnvWork& work, Target& target, const std::vector<Instance>& instances) {
  PENSTOCK_TRY(os::SignalQueue signals, os::SignalQueue::open({SIGINT, SIGTERM}));
  std::stop_source stop;
  std::mutex mutex;
  std::vector<std::future<Result<>>> followers;
  for (const Instance& instance : instances) {
    followers.push_back(std::async(std::launch::async, [&, instance] {
      return target.follow_log(instance, stop.get_token(), [&, instance](std::string_view line) {
        const std::lock_guard lock(mutex);
        work.world.outputs.out.write(instance_name(instance.address) + " | " + std::string(line) + "\n");
        return true;
      });
    }));
  }
  PollWaiter waiter(work.world.clock);
  bool done = false;
  waiter.watch(signals.fd(), [&] { done = signals.next().has_value() || done; });
  while (!done) waiter.wait(std::nullopt);
  stop.request_stop();
  for (auto& follower : followers) PENSTOCK_CHECK(follower.get());
  return success();
}

}  // namespace

Result<int> set_up_environment(const EnvWork& work) {
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(work.project, work.world));
  PENSTOCK_TRY(const EnvironmentSpec spec, desk->environment(work.arguments.name));
  PENSTOCK_TRY(const EnvironmentAccess access, desk->access(spec));
  PENSTOCK_CHECK(access.target->setup());
  PENSTOCK_TRY(const std::vector<std::string> advice, access.target->advice());
  for (const std::string& paragraph : advice) work.world.outputs.hint(paragraph);
  const size_t hosts = spec.rollout.hosts.size();
  work.world.outputs.out.write(spec.name + " is ready on " + std::to_string(hosts) + (hosts == 1 ? " host" : " hosts") +
                               "\n");
  return static_cast<int>(kPassed);
}

Result<int> environment_logs(const EnvWork& work) {
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(work.project, work.world));
  PENSTOCK_TRY(const EnvironmentSpec spec, desk->environment(work.arguments.name));
  PENSTOCK_TRY(const EnvironmentAccess access, desk->access(spec));
  PENSTOCK_TRY(const std::vector<Instance> instances, chosen_instances(work, *access.target));
  PENSTOCK_CHECK(print_last_lines(work, *access.target, instances));
  if (work.arguments.follow) PENSTOCK_CHECK(follow(work, *access.target, instances));
  return static_cast<int>(kPassed);
}

}  // namespace penstock
