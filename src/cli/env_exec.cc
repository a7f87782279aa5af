#include <signal.h>
#include <unistd.h>

#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/shell_quote.h"
#include "cli/chosen_instances.h"
#include "cli/delivery_desk.h"
#include "cli/env_commands.h"
#include "coordinator/poll_waiter.h"
#include "delivery/ledger.h"
#include "delivery/target.h"
#include "deployments/call_queue.h"
#include "os/clock.h"
#include "os/signals.h"

namespace penstock {
namespace {

constexpr int kBySignal = 128;

/// One word is a line for the host's shell; several are a program and its arguments, as they are.
std::string command_line(const std::vector<std::string>& words) {
  if (words.size() == 1) return words.front();
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + single_quoted(word);
  return line;
}

/// What one instance's command prints: as it comes, or line by line behind the instance's name where others print too.
class Printed {
 public:
  Printed(const Outputs& outputs, std::string prefix) : outputs_(outputs), prefix_(std::move(prefix)) {}

  void take(std::string_view piece, bool on_errors) {
    const Output& output = on_errors ? outputs_.err : outputs_.out;
    if (prefix_.empty()) return output.write(piece);
    std::string& pending = pending_[on_errors];
    pending += piece;
    std::string lines;
    size_t from = 0;
    for (size_t end = 0; (end = pending.find('\n', from)) != std::string::npos; from = end + 1)
      lines += prefix_ + pending.substr(from, end + 1 - from);
    pending.erase(0, from);
    if (!lines.empty()) output.write(lines);
  }
  void finish() {
    for (const bool on_errors : {false, true}) {
      if (!pending_[on_errors].empty()) take("\n", on_errors);
    }
  }

 private:
  const Outputs& outputs_;
  std::string prefix_;
  std::string pending_[2];
};

/// Runs the command beside all of them at once, until each has ended; Ctrl-C tells it to end, a second one doesn't wait
/// for that. The exit status: Ctrl-C's, else that of the first one, in the order of the instances, that failed.
Result<int> attend_all(const EnvWork& work, Target& target, const std::vector<Instance>& instances) {
  const std::string command = command_line(work.arguments.words);
  PENSTOCK_TRY(os::SignalQueue signals, os::SignalQueue::open({SIGINT, SIGTERM}));
  CallQueue queue;
  PollWaiter waiter(work.world.clock);
  std::stop_source stop;
  size_t running = instances.size();
  int outcome = kPassed;
  waiter.watch(queue.fd(), [&] { queue.carry_out(); });
  waiter.watch(signals.fd(), [&] {
    while (const auto signal = signals.next()) {
      if (std::exchange(outcome, kBySignal + *signal) != kPassed) ::_exit(outcome);
      stop.request_stop();
    }
  });
  std::vector<std::future<Result<int>>> calls;
  for (const Instance& instance : instances) {
    calls.push_back(std::async(std::launch::async, [&, instance] {
      Printed printed(work.world.outputs, instances.size() == 1 ? "" : instance_name(instance.address) + " | ");
      Result<int> status = target.attend(instance, command, stop.get_token(), [&](std::string_view piece, bool errors) {
        queue.ask([&] { printed.take(piece, errors); });
      });
      queue.ask([&] {
        printed.finish();
        --running;
      });
      return status;
    }));
  }
  while (running > 0) waiter.wait(std::nullopt);
  for (auto& call : calls) {
    const Result<int> status = call.get();
    if (!status.ok()) work.world.outputs.error(status.error());
    if (outcome == kPassed) outcome = status.ok() ? *status : exit_status_of(status.error());
  }
  return outcome;
}

}  // namespace

Result<int> run_in_environment(const EnvWork& work) {
  PENSTOCK_TRY(const std::unique_ptr<DeliveryDesk> desk, DeliveryDesk::open(work.project, work.world));
  PENSTOCK_TRY(const EnvironmentSpec spec, desk->environment(work.arguments.name));
  PENSTOCK_TRY(const EnvironmentAccess access, desk->access(spec));
  PENSTOCK_TRY(std::vector<Instance> instances, chosen_instances(work, *access.target));
  if (work.arguments.instance.empty()) instances.resize(1);
  return attend_all(work, *access.target, instances);
}

}  // namespace penstock
