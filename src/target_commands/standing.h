#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "rollout/instance.h"

namespace penstock {

/// One instance that was started and not stopped since.
struct StartedInstance {
  Instance instance;
  Instant at;
};

/// What the scripts of an environment have done so far, as it is noted in its ledger.
struct StandingNote {
  std::vector<StartedInstance> instances;
  std::vector<TrafficSplit::Share> shares;

  [[nodiscard]] const StartedInstance* find(const InstanceAddress& address) const;
  [[nodiscard]] int weight_of(const InstanceAddress& address) const;
  void add(const Instance& instance, Instant at);
  void remove(const InstanceAddress& address);
};

std::string to_json(const StandingNote& note);
Result<StandingNote> standing_note_from_json(std::string_view text);

/// What a user's `observe` command prints: a list of `{"host": …, "port": …, "release": …}`, each with `group`
/// (stable), `running` (true) and `weight` (percent, 0) where they differ.
struct ObservedInstance {
  Instance instance;
  bool running = true;
  int weight = 0;
};
Result<std::vector<ObservedInstance>> observed_from_json(std::string_view text);

/// What a user's `shift` command reads: `{"environment": …, "shares": [{"host", "port", "release", "weight"}],
/// "header": {"name", "value"}, "preview": [{"host", "port"}]}`, weights in percent of all traffic.
std::string to_json(const TrafficSplit& split, const std::string& environment, const StandingNote& note);

}  // namespace penstock
