#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "calendar/freeze_calendar.h"
#include "environments/approvals.h"
#include "environments/environment_spec.h"
#include "rollout/journal.h"

namespace penstock {

/// A rollout to the same environment that hasn't ended.
struct QueuedRollout {
  int64_t id = 0;  ///< Rising with time.
  std::string release_name;
  std::string who;
  bool under_way = false;  ///< It has begun; else it waits at this gate, too.
  bool ready = false;      ///< Approved and not frozen: only the queue holds it.
  std::string held_by =
      {};  ///< Why one under way doesn't go on by itself: `waits for a person`, `nobody drives: ci resume`.
};

/// What decides whether a rollout may begin.
struct GateQuestion {
  std::string environment;
  ApprovalQuestion approval;
  EnvironmentQueue queue = EnvironmentQueue::newest_ready_first;
  std::vector<JournalEntry> journal;  ///< Of the environment, in order.
  const FreezeCalendar& freezes;
  Instant now = {};
  int64_t id = 0;                          ///< Of the rollout.
  std::vector<QueuedRollout> others = {};  ///< Open ones of the same environment.
  bool rollback = false;
  bool force = false;            ///< May go although its commit is older than the live one.
  bool older_than_live = false;  ///< Its commit is an ancestor of the one that is live.
  bool override_freeze = false;
  bool waited = false;  ///< It was asked about before, when it still might have begun later.
};

/// Whether it may.
struct GateAnswer {
  enum class What {
    go,
    ask_person,    ///< Approvals are missing.
    wait_until,    ///< `due` tells when it opens by itself: a freeze.
    wait_in_line,  ///< Another one goes first.
    superseded,    ///< A newer one takes its place: it ends here.
    refused,       ///< It ends here.
  };
  What what = What::go;
  std::string words;  ///< What it waits for, or why it is refused.
  std::string help;
  std::optional<Instant> due;
};

/// In this order: what ends it (a pin, an older commit, a rejection, a newer one), then approvals, freezes, the queue.
GateAnswer ask_gate(const GateQuestion& question);

}  // namespace penstock
