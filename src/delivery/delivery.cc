#include "delivery/delivery.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/last_lines.h"
#include "delivery/analyst.h"
#include "delivery/command.h"
#include "delivery/event_queue.h"
#include "delivery/facts.h"
#include "delivery/journalist.h"
#include "delivery/lease_keeper.h"
#include "delivery/prober.h"
#include "delivery/request_log.h"
#include "delivery/target.h"
#include "delivery/timetable.h"
#include "delivery/traffic.h"
#include "delivery/workers.h"

namespace penstock {
namespace {

/// Calls of the target that are under way at a time. They mostly wait for hosts: a batch of 25 in which old instances
/// stop while new ones start has each its own.
constexpr size_t kMostCalls = 64;
constexpr size_t kMostProbes = 64;
constexpr int kLogLines = 20;
constexpr Duration kDrainBeat{50};

std::string lane_of(const InstanceAddress& address) { return address.host + ":" + std::to_string(address.port); }

std::string words_of(const Error& error) {
  return error.help.empty() ? error.message : error.message + "; " + error.help;
}

class TargetDeliverer final : public Deliverer {
 public:
  TargetDeliverer(const DeliveryParts& parts, DeliveryOrder order)
      : parts_(parts),
        order_(std::move(order)),
        events_(parts.clock),
        lease_(parts.ledger, order_.holder, order_.lease_for,
               [this](const std::string& holder) { events_.tell(rollout_event::LeaseLost{holder}); }),
        journalist_(parts_, order_, lease_),
        analyst_(parts_, order_, requests_),
        prober_({parts.target, order_.environment, probes_, timetable_, [this] { return lease_.may_touch(); },
                 [this](rollout_event::Probed probed) { events_.tell(std::move(probed)); },
                 [this](const Instance& instance, const std::string& why) { restart(instance, why); }}) {}

  ~TargetDeliverer() override {
    lease_.close();
    stop_.request_stop();
    timetable_.end();
    // The members go in the opposite order of their declaration: those who work first (probes hand over calls, calls
    // use all that stands above them), the lease nearly last.
  }

  void observe() override {
    calls_.run([this] { take_and_observe(); });
  }

  void act(const RolloutCommand& command) override {
    std::visit([&](const auto& what) { carry_out(command.id, what); }, command.what);
  }

  std::vector<RolloutEvent> take_events() override { return events_.take(); }
  [[nodiscard]] int fd() const override { return events_.fd(); }

 private:
  void take_and_observe() {
    const Result<Ledger::Taken> taken = lease_.take();
    if (!taken.ok()) return events_.tell(rollout_event::Failed{0, words_of(taken.error()), {}});
    if (!taken->taken) return events_.tell(rollout_event::LeaseLost{taken->holder.who});
    const Result<bool> ours = raise_fence(taken->holder);
    if (!ours.ok()) return events_.tell(rollout_event::Failed{0, words_of(ours.error()), {}});
    if (!*ours) return;
    const Result<std::string> other = journalist_.others_since();
    if (!other.ok()) return events_.tell(rollout_event::Failed{0, words_of(other.error()), {}});
    if (!other->empty()) return events_.tell(rollout_event::LeaseLost{*other});
    Result<std::vector<rollout_event::Observed::Standing>> standing = parts_.target.observe();
    if (!standing.ok()) return events_.tell(rollout_event::Failed{0, words_of(standing.error()), {}});
    for (const auto& one : *standing) requests_.introduce(one.instance);
    watch_requests();
    events_.tell(rollout_event::Observed{std::move(*standing)});
  }

  /// False: somebody else has it after all, which is told. A ledger that was lost begins again at 1: its next holder
  /// goes on behind what the places have seen.
  Result<bool> raise_fence(LeaseHolder holder) {
    for (;;) {
      PENSTOCK_TRY(const int64_t newest, parts_.target.raise_fence(holder));
      if (newest == holder.fence) return true;
      PENSTOCK_TRY(const Ledger::Taken again, lease_.take(newest));
      if (!again.taken) {
        events_.tell(rollout_event::LeaseLost{again.holder.who});
        return false;
      }
      holder = again.holder;
    }
  }

  void watch_requests() {
    const auto& metrics = order_.environment.analysis.metrics;
    const bool wanted = std::any_of(metrics.begin(), metrics.end(), [](const Metric& metric) {
      return metric.source == Metric::Source::proxy_errors || metric.source == Metric::Source::proxy_latency;
    });
    if (!wanted || watcher_.joinable()) return;
    watcher_ = std::jthread([this] {
      // Where nothing counts them the analysis has no data, which it says.
      (void)parts_.target.watch_requests(stop_.get_token(),
                                         [this](const ServedRequest& request) { requests_.add(request); });
    });
  }

  /// Does `call` in a lane and tells what came of it. Nothing is told of what wasn't done because the lease is gone or
  /// the deliverer is going: whoever comes next does it again.
  void answer(int64_t id, const std::string& lane, std::function<Result<>()> call,
              std::function<std::string()> log = {}) {
    calls_.run_in(lane, [this, id, call = std::move(call), log = std::move(log)] {
      if (!lease_.may_touch()) return;
      tell(id, call(), log);
    });
  }

  void tell(int64_t id, const Result<>& result, const std::function<std::string()>& log = {}) {
    if (result.ok()) return events_.tell(rollout_event::Done{id});
    if (is_refused() || !lease_.may_touch()) return;
    events_.tell(rollout_event::Failed{id, words_of(result.error()), log ? log() : std::string()});
  }

  /// The target belongs to somebody else: that is no failure of the release.
  bool is_refused() {
    const std::optional<std::string> by = parts_.target.refused_for();
    if (by) lease_.refused(*by);
    return by.has_value();
  }

  std::string last_log(const Instance& instance) {
    const Result<std::string> log = parts_.target.last_log(instance, kLogLines);
    return log.ok() ? *log : std::string();
  }

  void carry_out(int64_t id, const rollout_command::Prepare& prepare) {
    answer(id, prepare.host, [this, prepare]() -> Result<> {
      const Release* release = release_of(order_, prepare.release);
      if (release == nullptr) {
        return Error{Fault::internal, "release " + prepare.release + " wasn't handed to the deliverer", ""};
      }
      return parts_.target.prepare(prepare.host, *release);
    });
  }

  void carry_out(int64_t id, const rollout_command::Start& start) {
    requests_.introduce(start.instance);
    answer(
        id, lane_of(start.instance.address), [this, start] { return parts_.target.start(start.instance); },
        [this, start] { return last_log(start.instance); });
  }

  void carry_out(int64_t id, const rollout_command::Stop& stop) {
    answer(id, lane_of(stop.instance.address), [this, stop] { return parts_.target.stop(stop.instance); });
  }

  void carry_out(int64_t id, const rollout_command::Drain& drain) {
    // Where nobody steers traffic none was taken off it: ending open requests is the application's own part of
    // stopping.
    const bool nothing_to_wait_for = drain.at_most <= Duration(0) || !order_.environment.rollout.steers_traffic;
    if (nothing_to_wait_for) return events_.tell(rollout_event::Done{id});
    drain_until(id, drain.instance, std::chrono::steady_clock::now() + drain.at_most);
  }

  /// Holds no thread while it waits, and no lane: an instance that is to be stopped at once is.
  void drain_until(int64_t id, const Instance& instance, std::chrono::steady_clock::time_point end) {
    calls_.run([this, id, instance, end] {
      if (!lease_.may_touch()) return;
      const Result<std::optional<int>> open = parts_.target.open_requests(instance);
      const bool is_empty = open.ok() && *open && **open == 0;
      // Where nobody can tell, only time can.
      if (is_empty || std::chrono::steady_clock::now() >= end) return events_.tell(rollout_event::Done{id});
      const auto left = std::chrono::ceil<Duration>(end - std::chrono::steady_clock::now());
      const bool can_tell = open.ok() && *open;
      timetable_.after(can_tell ? std::min(left, kDrainBeat) : left,
                       [this, id, instance, end] { drain_until(id, instance, end); });
    });
  }

  void carry_out(int64_t, const rollout_command::Watch& watch) {
    requests_.introduce(watch.instance);
    prober_.watch(watch.instance, watch.on);
  }

  void carry_out(int64_t id, const rollout_command::Shift& shift) {
    if (traffic_.add(id, shift.split)) calls_.run([this] { work_off_shifts(); });
  }

  void work_off_shifts() {
    while (std::optional<TrafficQueue::Shift> shift = traffic_.next()) {
      if (!lease_.may_touch()) continue;
      const Result<> result = parts_.target.shift(shift->split);
      for (const int64_t id : shift->commands) tell(id, result);
    }
  }

  void carry_out(int64_t id, const rollout_command::Measure& measure) {
    calls_.run_in("analysis", [this, id, measure] {
      if (!lease_.may_touch()) return;
      events_.tell(analyst_.measure(id, measure, stop_.get_token()));
    });
  }

  void carry_out(int64_t id, const rollout_command::RunHook& hook) {
    calls_.run_in("hooks", [this, id, hook] {
      if (!lease_.may_touch()) return;
      run_hook(id, hook.point);
    });
  }

  void run_hook(int64_t id, const std::string& point) {
    const auto place = order_.environment.hooks.find(point);
    if (place == order_.environment.hooks.end()) return events_.tell(rollout_event::Done{id});
    UserCommand command;
    command.line = place->second;
    command.environment = rollout_facts(order_);
    command.environment["PENSTOCK_HOOK"] = point;
    command.folder = order_.folder;
    command.limit = order_.environment.rollout.deadline;
    const Result<CommandOutcome> outcome = run_user_command(command);
    if (!outcome.ok()) {
      events_.tell(rollout_event::Failed{id, words_of(outcome.error()), {}});
    } else if (!outcome->status.ok()) {
      const std::string log = last_lines(outcome->log, kLogLines);
      events_.tell(rollout_event::Failed{id, "ended with " + os::to_words(outcome->status), log});
    } else {
      events_.tell(rollout_event::Done{id});
    }
  }

  void carry_out(int64_t id, const rollout_command::Record& record) {
    answer(id, "journal", [this, record] { return journalist_.record(record); });
  }

  void carry_out(int64_t id, const rollout_command::Tidy& tidy) {
    answer(id, tidy.host, [this, tidy] {
      std::vector<std::string> keep = order_.keep_releases;
      for (const Release& release : order_.releases) keep.push_back(release.id);
      return parts_.target.tidy(tidy.host, keep);
    });
  }

  void carry_out(int64_t, const rollout_command::Say&) {}  // the driver's to show

  void restart(const Instance& instance, const std::string& why) {
    calls_.run_in(lane_of(instance.address), [this, instance, why] {
      // It may have been stopped, or be about to be, since it was found dead.
      if (!lease_.may_touch() || !prober_.watches(instance)) return;
      const std::string log = last_log(instance);
      Result<> result = parts_.target.stop(instance);
      if (result.ok()) result = parts_.target.start(instance);
      if (!result.ok() && is_refused()) return;
      std::string detail = "no longer live (" + why + "), restarted";
      if (!result.ok()) detail += " in vain: " + result.error().message;
      events_.tell(rollout_event::Probed{instance.address, false, detail, log});
    });
  }

  const DeliveryParts parts_;
  const DeliveryOrder order_;
  EventQueue events_;
  LeaseKeeper lease_;
  std::stop_source stop_;
  RequestLog requests_;
  Journalist journalist_;
  Analyst analyst_;
  TrafficQueue traffic_;
  Prober prober_;
  Timetable timetable_;
  Workers calls_{kMostCalls};
  Workers probes_{kMostProbes};
  std::jthread watcher_;
};

}  // namespace

std::unique_ptr<Deliverer> make_deliverer(const DeliveryParts& parts, DeliveryOrder order) {
  return std::make_unique<TargetDeliverer>(parts, std::move(order));
}

}  // namespace penstock
