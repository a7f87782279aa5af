#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/actor.h"
#include "base/result.h"
#include "base/time.h"

namespace penstock {

/// One line of an environment's journal. Appended, never changed.
struct JournalEntry {
  enum class What {
    started,      ///< A rollout of `release` began.
    promoted,     ///< `release` is live.
    taken_back,   ///< The rollout of `release` failed or was aborted; `previous` is live (still, or again).
    rolled_back,  ///< A person took the environment back to `release`: implies a pin.
    approved,
    rejected,
    pinned,  ///< Nothing but `release` may be deployed until unpinned.
    unpinned,
    incident_opened,
    incident_closed,
    asked,      ///< `by` asks people to approve `release`: what waits for that is known at `rollout`.
    withdrawn,  ///< What `rollout` asked for is needed no more: it ended before it began.
  };
  int64_t number = 0;  ///< From 1, given by `append`.
  Instant at;
  What what = What::started;
  std::string release;   ///< Release::id.
  std::string name;      ///< Release::name, so that a journal reads by itself.
  std::string previous;  ///< Release::id that was live before.
  std::string commit;
  Instant committed_at;
  Actor by;
  std::string message;
  std::string configuration;  ///< Digest of the environment's declaration.
  std::vector<std::pair<std::string, int64_t>> secret_versions;
  /// The holder's own number of it, unlike any other's: `12@laptop-7:5f0c21aa`. Of `rejected`: the one that was
  /// refused; empty: a job before it has a rollout (and all that earlier versions wrote).
  std::string rollout;
  int64_t incident = 0;  ///< Of incident_closed: the number of the entry that opened it; 0: the last one.

  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};

std::string_view to_string(JournalEntry::What what);

/// Whether it tells how far that rollout came; what people said of it doesn't.
bool is_step_of(const JournalEntry& entry, std::string_view rollout);

/// One line of JSON without its line end. Members that this version doesn't know are ignored when read, so that an
/// older program can share an environment with a newer one; an unknown `what` is an Error.
std::string to_json(const JournalEntry& entry);
Result<JournalEntry> journal_entry_from_json(std::string_view text);

}  // namespace penstock
