#include <signal.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "base/shell_quote.h"
#include "cli/delivery_desk.h"
#include "cli/env_commands.h"
#include "coordinator/poll_waiter.h"
#include "delivery/ledger.h"
#include "delivery/target.h"
#include "os/clock.h"
#include "os/signals.h"

namespace penstock {
namespace {

std::string name_of(const InstanceAddress& address) { return address.host + ":" + std::to_string(address.port); }

bool is_meant(const std::string& word, const InstanceAddress& address) {
  return word.empty() || word == name_of(address) || word == address.host || word == std::to_string(address.port);
}

/// One word is a line for the host's shell; several are a program and its arguments, as they are.
std::string command_line(const std::vector<std::string>& words) {
  if (words.size() == 1) return words.front();
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + single_quoted(word);
  return line;
}

/// The instances that stand there and that the word means.
Result<std::vector<Instance>> instances_of(const EnvWork& work, Target& target) {
  PENSTOCK_TRY(const auto standing, target.observe());
  std::vector<Instance> meant;
  std::string known;
  for (const auto& each : standing) {
    known += (known.empty() ? "" : ", ") + name_of(each.instance.address);
    if (is_meant(work.arguments.instance, each.instance.address)) meant.push_back(each.instance);
  }
  if (!meant.empty()) return meant;
  if (known.empty()) {
    return Error{Fault::user, "no instance stands in " + work.arguments.name,
                 "deploy something first: ci deploy " + work.arguments.name};
  }
  return Error{Fault::user, "`" + work.arguments.instance + "` is no instance of " + work.arguments.name,
               "what stands there: " + known};
}

Result<> print_last_lines(const EnvWork& work, Target& target, const std::vector<Instance>& instances) {
  for (const Instance& instance : instances) {
    PENSTOCK_TRY(const std::string log, target.last_log(instance, work.arguments.limit));
    size_t start = 0;
    while (start < log.size()) {
      const size_t end = std::min(log.find('\n', start), log.size());
      work.world.outputs.out.write(name_of(instance.address) + " | " + log.substr(start, end - start) + "\n");
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
        work.world.outputs.out.write(name_of(instance.address) + " | " + std::string(line) + "\n");
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

Result<int> run_in_environment(const EnvWork& work) {
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(work.project, work.world));
  PENSTOCK_TRY(const EnvironmentSpec spec, desk->environment(work.arguments.name));
  PENSTOCK_TRY(const EnvironmentAccess access, desk->access(spec));
  PENSTOCK_TRY(const std::vector<Instance> instances, instances_of(work, *access.target));
  const InstanceAddress& address = instances.front().address;
  const std::string command = command_line(work.arguments.words);
  PENSTOCK_TRY(const std::string output, access.target->run(address.host, command,
                                                            {{"ENVIRONMENT", spec.name},
                                                             {"RELEASE", instances.front().release},
                                                             {"PORT", std::to_string(address.port)}}));
  work.world.outputs.out.write(output);
  return static_cast<int>(kPassed);
}

Result<int> environment_logs(const EnvWork& work) {
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(work.project, work.world));
  PENSTOCK_TRY(const EnvironmentSpec spec, desk->environment(work.arguments.name));
  PENSTOCK_TRY(const EnvironmentAccess access, desk->access(spec));
  PENSTOCK_TRY(const std::vector<Instance> instances, instances_of(work, *access.target));
  PENSTOCK_CHECK(print_last_lines(work, *access.target, instances));
  if (work.arguments.follow) PENSTOCK_CHECK(follow(work, *access.target, instances));
  return static_cast<int>(kPassed);
}

}  // namespace penstock
