#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "blobs/folder_blob_store.h"
#include "delivery/delivery.h"
#include "delivery/target.h"
#include "delivery/testing/drive.h"
#include "os/clock.h"
#include "os/files.h"
#include "rollout/rollout.h"

// A rollout over many hosts that take their time: each call of a host takes 50 ms, as over ssh. Against the critical
// path: the same machine in virtual time, where every call takes 50 ms too, any number of them at a time, and nothing
// else costs anything.
namespace {

using namespace penstock;

constexpr int kHosts = 100;
constexpr int kBatch = 25;
constexpr Duration kLatency{50};
constexpr double kLimit = 2;

RolloutSpec spec_of() {
  RolloutSpec spec;
  spec.environment = "fleet";
  strategy::Rolling rolling;
  rolling.max_surge = {kBatch, false};
  rolling.batch = {kBatch, false};
  spec.strategy = rolling;
  spec.instances = kHosts;
  spec.steers_traffic = true;
  for (int i = 0; i < kHosts; ++i) spec.hosts.push_back({"host" + std::to_string(i), {8000, 8001}});
  return spec;
}

std::vector<rollout_event::Observed::Standing> standing_at_first() {
  std::vector<rollout_event::Observed::Standing> standing;
  for (const HostSlots& host : spec_of().hosts) {
    standing.push_back({{{host.host, 8000}, "r1", InstanceGroup::stable}, true, 10000 / kHosts});
  }
  return standing;
}

/// Hosts that are slow and do nothing else.
class SlowHosts final : public Target {
 public:
  Result<int64_t> raise_fence(const LeaseHolder& holder) override { return wait(), holder.fence; }
  [[nodiscard]] std::optional<std::string> refused_for() override { return std::nullopt; }
  Result<std::vector<rollout_event::Observed::Standing>> observe() override { return wait(), standing_at_first(); }
  Result<std::optional<HostInterpreter>> interpreter(const std::string&) override {
    return std::optional<HostInterpreter>();
  }
  Result<> prepare(const std::string&, const Release&) override { return wait(); }
  Result<> start(const Instance&) override { return wait(); }
  Result<> stop(const Instance&) override { return wait(); }
  Result<ProbeResult> probe(const Instance&, const Probe&, Duration) override {
    wait();
    return ProbeResult{true, "GET /: 200"};
  }
  Result<> shift(const TrafficSplit&) override { return wait(); }
  Result<std::optional<int>> open_requests(const Instance&) override { return wait(), std::optional<int>(0); }
  Result<std::string> last_log(const Instance&, int) override { return std::string(); }
  Result<> follow_log(const Instance&, std::stop_token, const std::function<bool(std::string_view)>&) override {
    return success();
  }
  Result<> tidy(const std::string&, const std::vector<std::string>&) override { return wait(); }
  Result<> watch_requests(std::stop_token, const std::function<void(const ServedRequest&)>&) override {
    return success();
  }
  Result<int> attend(const Instance&, const std::string&, std::stop_token, const AttendedOutput&) override { return 0; }
  Result<std::string> run(const std::string&, const std::string&,
                          const std::vector<std::pair<std::string, std::string>>&) override {
    return std::string();
  }

 private:
  static Unit wait() {
    std::this_thread::sleep_for(kLatency);
    return success();
  }
};

/// A ledger on a slow host that nobody else wants.
class SlowLedger final : public Ledger {
 public:
  Result<Taken> take(const LeaseHolder& holder, Duration) override { return wait(), Taken{true, holder}; }
  Result<bool> renew(const LeaseHolder&, Duration) override { return wait(), true; }
  Result<> let_go(const LeaseHolder&) override { return success(); }
  Result<std::optional<LeaseHolder>> holder() override { return std::optional<LeaseHolder>(); }
  Result<int64_t> append(const JournalEntry&, int64_t) override { return wait(), int64_t{1}; }
  Result<std::vector<JournalEntry>> entries(int64_t) override { return wait(), std::vector<JournalEntry>(); }
  Result<> put_manifest(const std::string&, const std::string&) override { return wait(), success(); }
  Result<std::optional<std::string>> manifest(const std::string&) override { return std::optional<std::string>(); }
  Result<std::optional<std::string>> newer_than(int64_t) override { return std::optional<std::string>(); }
  Result<> put_file(const std::string&, const Digest&, const std::filesystem::path&) override { return success(); }
  Result<std::optional<std::string>> file(const std::string&, const Digest&) override {
    return std::optional<std::string>();
  }
  Result<> tidy_files(const std::vector<std::string>&) override { return success(); }
  Result<> put_note(const std::string&, const std::string&, int64_t) override { return success(); }
  Result<std::optional<std::string>> note(const std::string&) override { return std::optional<std::string>(); }

 private:
  static void wait() { std::this_thread::sleep_for(kLatency); }
};

/// The rollout in virtual time: its critical path.
class VirtualTime {
 public:
  Duration run(Rollout& rollout) {
    const Instant start = now_;
    later(kLatency, rollout_event::Observed{standing_at_first()});
    while (!is_end(rollout.phase())) {
      const std::optional<Instant> due = rollout.next_due();
      if (due && (events_.empty() || *due < events_.begin()->first)) {
        now_ = std::max(now_, *due);
        apply(rollout, rollout_event::TimeReached{});
      } else if (!events_.empty()) {
        now_ = events_.begin()->first;
        auto what = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        apply(rollout, std::move(what));
      } else {
        throw std::runtime_error("the machine is stuck");
      }
    }
    return now_ - start;
  }

 private:
  using What = decltype(RolloutEvent::what);

  void later(Duration delay, What what) { events_.emplace(now_ + delay, std::move(what)); }

  void apply(Rollout& rollout, What what) {
    const auto commands = rollout.apply({now_, std::move(what)});
    if (!commands.ok()) throw std::runtime_error(commands.error().message);
    for (const RolloutCommand& command : *commands) {
      if (std::holds_alternative<rollout_command::Say>(command.what)) continue;
      if (const auto* watch = std::get_if<rollout_command::Watch>(&command.what)) {
        if (watch->on) later(kLatency, rollout_event::Probed{watch->instance.address, true, {}, {}});
      } else {
        later(kLatency, rollout_event::Done{command.id});
      }
    }
  }

  Instant now_{std::chrono::hours(24)};
  std::multimap<Instant, What> events_;
};

Rollout make_rollout() {
  Result<Rollout> rollout = Rollout::create(spec_of(), "r1", "r2");
  if (!rollout.ok()) throw std::runtime_error(rollout.error().message);
  return std::move(*rollout);
}

double real_seconds() {
  const Result<os::TempFolder> folder = os::TempFolder::make();
  const auto blobs = std::move(*open_folder_blob_store(folder->path()));
  const os::SystemClock clock;
  SlowHosts hosts;
  SlowLedger ledger;
  DeliveryOrder order;
  order.environment.name = "fleet";
  order.environment.rollout = spec_of();
  for (const char* id : {"r1", "r2"}) order.releases.emplace_back().id = id;
  order.from = "r1";
  order.to = "r2";
  Rollout rollout = make_rollout();
  const auto start = clock.monotonic();
  const auto deliverer = make_deliverer({hosts, ledger, *blobs, clock}, order);
  drive(rollout, *deliverer, clock);
  const std::chrono::duration<double> took = clock.monotonic() - start;
  if (rollout.phase() != RolloutPhase::live) throw std::runtime_error("it isn't live: " + rollout.view().reason);
  return took.count();
}

}  // namespace

int main() {
  Rollout ideal = make_rollout();
  const double path = std::chrono::duration<double>(VirtualTime().run(ideal)).count();
  if (ideal.phase() != RolloutPhase::live) std::abort();
  const double took = real_seconds();
  const double ratio = took / path;
  std::printf("%d hosts of 50 ms in batches of %d %17.2f s  %.2f s critical path %.2f x (<= %.0f x) %s\n", kHosts,
              kBatch, took, path, ratio, kLimit, ratio <= kLimit ? "met" : "NOT MET");
  return ratio <= kLimit ? 0 : 1;
}
