#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rollout/command.h"
#include "rollout/rollout.h"
#include "rollout/spec.h"

namespace penstock {

/// One step of what a strategy comes down to. Steps are stored with the rollout, so that a later version goes on with
/// the steps that it began with.
struct RolloutStep {
  enum class Kind {
    record_started,
    hook,
    prepare,
    roll,     ///< Incoming instances take the place of old ones, on the first `hosts` hosts.
    scale,    ///< Incoming instances start beside the old ones.
    weigh,    ///< The incoming group gets `amount` ten-thousandths.
    header,   ///< `route` goes to the incoming group.
    preview,  ///< The preview address shows the incoming group (`amount` 1) or nothing (0).
    pause,    ///< For `time`, else for a person.
    analyse,  ///< For `time`.
    promote,  ///< The release is recorded as live.
    bake,     ///< Watched for `time`.
    retire,   ///< What is left of the old release goes.
    finish,
  };
  Kind kind = Kind::record_started;
  int number = 0;          ///< As shown, from 1; 0 before the first. Steps of one number are one to a person.
  std::string title;       ///< As shown.
  int amount = 0;          ///< roll, scale: incoming instances wanted in all. weigh: ten-thousandths.
  int keep = 0;            ///< roll: old instances to keep on these hosts.
  int baseline = 0;        ///< scale: baseline instances.
  int hosts = 0;           ///< roll: how many.
  bool skippable = false;  ///< `promote` leaves it out.
  std::optional<Duration> time;
  std::string hook;
  TrafficSplit::HeaderRoute route;

  friend bool operator==(const RolloutStep&, const RolloutStep&) = default;
};

/// An instance that the rollout has to do with, from the plan to start it until it has stopped.
struct Member {
  enum class Life {
    planned,   ///< Waits for its host to be prepared.
    starting,  ///< Start is under way.
    up,        ///< Started and probed.
    draining,
    stopping,
  };
  Instance instance;
  Life life = Life::planned;
  bool leaving = false;               ///< Gets no traffic any more, and goes as soon as it has none.
  bool ready = false;                 ///< By its probes; an old one is believed until they say otherwise.
  bool served = false;                ///< Has had traffic, so it is drained before it is stopped.
  bool given_up = false;              ///< Taking back could not bring it up.
  int streak = 0;                     ///< Probes in a row: successes above zero, failures below.
  int home = -1;                      ///< Of an old one: its index in RolloutState::homes.
  std::optional<Instant> started_at;  ///< By this rollout; it must be ready within HealthPolicy::start_within.
  std::optional<Instant> ready_at;    ///< Its warm-up counts from here.
  std::string detail;                 ///< Of its last failed probe.
  std::string log;

  friend bool operator==(const Member&, const Member&) = default;
};

/// A command without an answer yet, or one that failed and is tried again.
struct Pending {
  RolloutCommand command;
  int tries = 1;
  std::optional<Instant> retry_at;  ///< It failed and goes out again then.
  std::string reason;               ///< Of its last failure.

  friend bool operator==(const Pending&, const Pending&) = default;
};

/// An analysis that is under way.
struct Looking {
  bool on = false;
  Instant since;
  int done = 0;
  int looks = 1;
  std::optional<Instant> next_at;
  std::optional<Verdict> last;
  std::string evidence;  ///< Of the last look, as rollout_event::Measured.

  friend bool operator==(const Looking&, const Looking&) = default;
};

/// All there is to a rollout. The functions that turn it stand in files by what they are about: steps.h (a strategy as
/// steps), progress.h (step by step), fleet.h (instances), traffic.h, health.h, analysis.h, taking_back.h, recovery.h,
/// steering.h.
struct RolloutState {
  RolloutSpec spec;
  std::string from;
  std::string to;

  std::vector<RolloutStep> steps;
  int step = 0;             ///< Index of the current one.
  bool step_begun = false;  ///< Else it is waited for what lies between two steps.
  Instant step_since;
  bool go_on = false;  ///< A person ended the current pause.

  RolloutPhase phase = RolloutPhase::created;  ///< Never `paused`: that is `waits_for` not being empty.
  Instant now;                                 ///< Of the last event; never goes back.
  int64_t last_id = 0;

  std::vector<Member> members;                                ///< By host and port.
  std::vector<Instance> homes;                                ///< What served when the rollout began.
  std::set<std::pair<std::string, std::string>> ready_hosts;  ///< Host and release: prepared.
  std::vector<Pending> pending;                               ///< By id.

  int want_incoming = 0;
  int want_baseline = 0;
  std::optional<int> keep_old;  ///< On the hosts in scope; nothing: all of them.
  int scope = 0;                ///< The first so many hosts.
  int share = 0;                ///< Of the incoming group, in ten-thousandths; at least that where instances count.
  bool by_count = false;        ///< Each instance gets the same.
  bool preview = false;
  TrafficSplit::HeaderRoute header;
  TrafficSplit split;        ///< That the target has told to have.
  bool split_known = false;  ///< Else it may also have another.

  std::string held_by;  ///< What a person must settle, in words; empty: nothing.
  bool hurry = false;   ///< A person promoted: steps that can be skipped are.
  std::optional<rollout_event::Freeze> freeze;
  std::optional<Instant> deadline_at;
  std::optional<Instant> waiting_since;
  Looking looking;
  bool accepts_inconclusive = false;  ///< A person went on without a verdict.
  std::string analysis;

  bool touched = false;    ///< The journal knows that it began.
  bool promoted = false;   ///< From here on the journal says that the new release is live.
  int back_step = 0;       ///< Of taking back: instances and traffic, hook, record.
  bool is_back = false;    ///< Taking back: all traffic is on the old release again, and it has been said.
  bool desperate = false;  ///< Taking back found no way by the usual places: old ones may come up on any host.
  std::string reason;
  std::string log;
  std::vector<std::string> troubles;  ///< What could not be cleaned up.
  std::optional<Instant> keep_until;  ///< Live: the old instances stand until then.

  friend bool operator==(const RolloutState&, const RolloutState&) = default;
};

struct Rollout::State : RolloutState {};

}  // namespace penstock
