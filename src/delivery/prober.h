#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "delivery/target.h"
#include "delivery/timetable.h"
#include "delivery/workers.h"
#include "environments/environment_spec.h"
#include "rollout/event.h"

namespace penstock {

/// Looks at all watched instances, each on its own beat, never twice at a time: one that hangs delays nobody else.
///
/// Told is what can change somebody's mind: each failure, the successes that make an instance ready, and of the further
/// ones each tenth. An instance that has just been started is looked at more often, so that nobody waits a whole beat
/// for it to be ready; its failures until then are told on the beat.
class Prober {
 public:
  struct Parts {
    Target& target;
    const EnvironmentSpec& environment;
    Workers& workers;      ///< For nothing but probes: they must not wait for what takes long.
    Timetable& timetable;  ///< These two end before this.
    std::function<bool()> may_touch;
    std::function<void(rollout_event::Probed)> tell;
    /// Starts an instance anew that no longer lives; answers at once.
    std::function<void(const Instance&, const std::string& why)> restart;
  };

  explicit Prober(Parts parts) : parts_(std::move(parts)) {}

  /// Begins anew where it is on already.
  void watch(const Instance& instance, bool on);
  [[nodiscard]] bool watches(const Instance& instance);

 private:
  struct Watched {
    Instance instance;
    int successes = 0;
    int failures = 0;
    std::atomic<bool> was_ready = false;  ///< Since the watch began.
    int quick_looks = 0;
    std::chrono::steady_clock::time_point told;
    std::chrono::steady_clock::time_point logged;
    std::string log;  ///< The last lines that were asked for, and those that are asked for now.
    std::shared_future<std::string> coming_log;
    int dead_looks = 0;  ///< Failures in a row of the liveness probe, since it was ready.
  };
  using Entry = std::shared_ptr<Watched>;

  void look(const Entry& entry);
  void look_alive(const Entry& entry);
  bool is_watched(const Entry& entry);
  Duration judge(const Entry& entry, const ProbeResult& result);
  bool is_worth_telling(Watched& watched, bool ok) const;
  std::string log_of(Watched& watched);

  Parts parts_;
  std::mutex mutex_;
  std::map<InstanceAddress, Entry> watched_;
};

}  // namespace penstock
