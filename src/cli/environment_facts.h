#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/actor.h"
#include "base/result.h"
#include "base/time.h"
#include "calendar/freeze_calendar.h"
#include "cli/project.h"
#include "cli/world.h"
#include "environments/environment_spec.h"
#include "rollout/environment_state.h"
#include "rollout/rollout.h"
#include "store/delivery_store.h"

namespace penstock {

/// What runs in an environment: a release that was rolled out there, else what a job deployed last.
struct LiveThere {
  std::string release;  ///< Release::id; empty: a job's script deployed it.
  std::string name;     ///< `app-2.8.0`, or the job's name.
  std::string commit;
  Instant since;
  Actor by;
  std::string message;
  int64_t run = 0;                           ///< Of the job that deployed; 0: a rollout.
  std::vector<JournalEntry> approvals = {};  ///< Of its rollout.
};

/// The approvals of the deployment that went live last, of a journal's entries, oldest first.
std::vector<JournalEntry> approvals_of_live(const std::vector<JournalEntry>& entries);

/// All that this machine knows of an environment.
struct EnvironmentFacts {
  struct Health {
    int ready = 0;
    int total = 0;
  };

  std::string name;
  std::optional<EnvironmentSpec> spec;  ///< Nothing: it isn't declared (any more).
  EnvironmentState state;               ///< What its journal says, as it was last read.
  std::optional<LiveThere> live;
  std::optional<RolloutRecord> under_way;  ///< The rollout that has not ended (under_way_of).
  std::optional<JournalEntry> elsewhere;   ///< The begin of a rollout that is none of ours, and hasn't ended.
  std::string asks;                        ///< `app-2.9.0 waits for approval (0 of 1): …`: asked in another clone.
  std::optional<Instant> unwatched_since;  ///< It has begun, and nobody drives it since it was last heard of.
  std::optional<RolloutRecord> keeps;      ///< The rollout that went live last, while its old instances stand.
  std::optional<Health> health;            ///< Of the live release's instances, as they were last seen.
  std::optional<ActiveFreeze> freeze;
};

/// Of those that haven't ended the newest that has begun, else the newest, which waits at the gate; null without any.
const RolloutRecord* under_way_of(const std::vector<RolloutRecord>& newest_first);

/// What HEAD declares. Nothing where it declares nothing, or where the file has mistakes, which is told as a warning.
Result<std::optional<EnvironmentsFile>> declared_environments(const Project& project, const World& world);

/// Names of the declared ones in their order (patterns left out), then of others that anything was done to.
Result<std::vector<std::string>> known_environments(Project& project, const std::optional<EnvironmentsFile>& declared);

/// The newest entries of its journal as it is known here, oldest first.
Result<std::vector<JournalEntry>> known_journal(Project& project, const std::string& environment);

/// An unknown name is an Error with a suggestion.
Result<EnvironmentFacts> environment_facts(Project& project, const World& world,
                                           const std::optional<EnvironmentsFile>& declared, const std::string& name);

/// `app-2.7.3 stands beside it until 14:35`, of an environment that keeps old instances.
std::string kept_words(const EnvironmentFacts& facts, Instant now);

/// `under way: app-2.9.0, step 2 of 5; pinned; frozen until Mon 8:00 (weekend)`: what a person should know beside what
/// is live. Empty where there is nothing.
std::string note_of(const EnvironmentFacts& facts, Instant now);

}  // namespace penstock
