#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "cli/project.h"
#include "cli/resource_waits.h"
#include "engine/run.h"

namespace penstock {

namespace os {
class Clock;
}

/// What the holder of a job's resource group does meanwhile, and what the reader can do about it: `its rollout 3
/// waits for the freeze "weekend" to end`, `end it with: ci cancel --run 12`. A line each, for `ci why`; none where
/// nobody stands before it.
Result<std::vector<std::string>> holder_in_words(Project& project, const ResourceWait& wait);

/// Watches what the jobs of a run wait for that is none of the run's own doing. Asks the store at most once a second,
/// and only while a job waits.
class JobWaits {
 public:
  explicit JobWaits(Project& project) : project_(project) {}

  /// By job index, for those that have waited for two seconds, or will for ever: `waits for its turn: `prod` is held by
  /// `ship` of run 3; …`. What can't be found out isn't there.
  const std::map<size_t, std::string>& of(int64_t id, const Run& run, Instant now);

 private:
  Project& project_;
  std::map<size_t, std::string> words_;
  Instant asked_at_;
};

/// JobWaits, for RunDisplay::Parts.
std::function<std::map<size_t, std::string>(int64_t id, const Run& run)> watch_waits(Project& project,
                                                                                     const os::Clock& clock);

/// `b, c and 3 more wait for a free slot (2 of 2 busy)`; empty while none has waited for two seconds. `slots` 0: it
/// isn't known how many there are.
std::string slot_waits(const Run& run, size_t slots, Instant now);

}  // namespace penstock
