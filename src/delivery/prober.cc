#include "delivery/prober.h"

#include <algorithm>
#include <utility>

namespace penstock {
namespace {

constexpr int kLogLines = 20;
constexpr int kFurtherSuccessesAreTold = 10;  // each so many-th
/// Between the looks at an instance that has just been started, doubled each time.
constexpr Duration kFirstBeat{20};
constexpr Duration kLongestQuickBeat{200};
constexpr Duration kLogsAtMostEach{2000};
constexpr Duration kPatienceForLogs{1000};  // a host that no longer answers mustn't hold up that it's known

}  // namespace

void Prober::watch(const Instance& instance, bool on) {
  Entry entry;
  {
    const std::lock_guard lock(mutex_);
    watched_.erase(instance.address);
    if (!on) return;
    entry = std::make_shared<Watched>();
    entry->instance = instance;
    watched_[instance.address] = entry;
  }
  parts_.workers.run([this, entry] { look(entry); });
  if (parts_.environment.liveness) {
    parts_.timetable.after(parts_.environment.rollout.health.every,
                           [this, entry] { parts_.workers.run([this, entry] { look_alive(entry); }); });
  }
}

bool Prober::is_watched(const Entry& entry) {
  const std::lock_guard lock(mutex_);
  const auto place = watched_.find(entry->instance.address);
  return place != watched_.end() && place->second == entry;
}

bool Prober::watches(const Instance& instance) {
  const std::lock_guard lock(mutex_);
  const auto place = watched_.find(instance.address);
  return place != watched_.end() && place->second->instance == instance;
}

void Prober::look(const Entry& entry) {
  if (!is_watched(entry) || !parts_.may_touch()) return;
  const auto begun = std::chrono::steady_clock::now();
  const HealthPolicy& health = parts_.environment.rollout.health;
  const Result<ProbeResult> result = parts_.target.probe(entry->instance, parts_.environment.readiness, health.timeout);
  const Duration beat = judge(entry, result.ok() ? *result : ProbeResult{false, result.error().message});
  const auto took = std::chrono::ceil<Duration>(std::chrono::steady_clock::now() - begun);
  parts_.timetable.after(std::max(beat - took, Duration(0)),
                         [this, entry] { parts_.workers.run([this, entry] { look(entry); }); });
}

/// Counts an outcome, tells it where it says something new, and answers when to look again.
Duration Prober::judge(const Entry& entry, const ProbeResult& result) {
  Watched& watched = *entry;
  watched.successes = result.ok ? watched.successes + 1 : 0;
  watched.failures = result.ok ? 0 : watched.failures + 1;
  const Duration every = parts_.environment.rollout.health.every;
  const bool quick = !watched.was_ready && !result.ok;
  if (result.ok) watched.was_ready = true;
  if (is_worth_telling(watched, result.ok)) {
    const std::string log = result.ok ? "" : log_of(watched);
    if (is_watched(entry)) parts_.tell({watched.instance.address, result.ok, result.detail, log});
  }
  if (!quick) return every;
  const int doublings = std::min(watched.quick_looks++, 10);
  return std::min({every, kLongestQuickBeat, kFirstBeat * (1 << doublings)});
}

bool Prober::is_worth_telling(Watched& watched, bool ok) const {
  const auto now = std::chrono::steady_clock::now();
  const HealthPolicy& health = parts_.environment.rollout.health;
  if (ok) return watched.successes <= health.successes || watched.successes % kFurtherSuccessesAreTold == 0;
  // A starting instance is looked at more often than its failures count.
  if (!watched.was_ready && now - watched.told < health.every) return false;
  watched.told = now;
  return true;
}

std::string Prober::log_of(Watched& watched) {
  if (watched.failures < parts_.environment.rollout.health.failures) return {};
  std::shared_future<std::string>& coming = watched.coming_log;
  const auto now = std::chrono::steady_clock::now();
  if (!coming.valid() && now - watched.logged >= kLogsAtMostEach) {
    watched.logged = now;
    auto found = std::make_shared<std::promise<std::string>>();
    coming = found->get_future().share();
    parts_.workers.run([this, found, instance = watched.instance] {
      const Result<std::string> log = parts_.target.last_log(instance, kLogLines);
      found->set_value(log.ok() ? *log : std::string());
    });
  }
  const Duration patience = watched.log.empty() ? kPatienceForLogs : Duration(0);
  if (coming.valid() && coming.wait_for(patience) == std::future_status::ready) {
    watched.log = coming.get();
    coming = {};
  }
  return watched.log;
}

void Prober::look_alive(const Entry& entry) {
  if (!is_watched(entry) || !parts_.may_touch()) return;
  const HealthPolicy& health = parts_.environment.rollout.health;
  const auto again = [this, entry] { parts_.workers.run([this, entry] { look_alive(entry); }); };
  if (!entry->was_ready) return parts_.timetable.after(health.every, again);
  const Result<ProbeResult> result = parts_.target.probe(entry->instance, *parts_.environment.liveness, health.timeout);
  entry->dead_looks = result.ok() && result->ok ? 0 : entry->dead_looks + 1;
  if (entry->dead_looks >= health.failures) {
    entry->dead_looks = 0;
    parts_.restart(entry->instance, result.ok() ? result->detail : result.error().message);
  }
  parts_.timetable.after(health.every, again);
}

}  // namespace penstock
