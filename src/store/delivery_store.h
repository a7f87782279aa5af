#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/result.h"
#include "base/time.h"
#include "rollout/event.h"
#include "rollout/journal.h"
#include "rollout/release.h"

namespace penstock {

/// What a rollout is about. Given when it is created, never changed once it has begun.
struct RolloutFacts {
  enum class Kind {
    deploy,    ///< A release goes to an environment.
    rollback,  ///< A person takes an environment back to a release; pins it.
    return_,   ///< A service goes back since another one of its group failed.
  };
  Kind kind = Kind::deploy;
  std::string environment;
  std::string release;       ///< Release::id; empty: of several services, each with a rollout of its own.
  std::string release_name;  ///< Release::name.
  int64_t group = 0;         ///< The rollout of all services that this one's service is part of; 0: none.
  std::string from;          ///< Release::id that was live when it began; empty: none.
  std::string from_name;
  std::string commit;
  int64_t run = 0;  ///< The run whose job asks for it; 0: `ci deploy`.
  std::string job;
  Actor who;
  std::string message;
  std::string override_freeze;  ///< The reason that was given; empty: freezes hold.
  bool force = false;           ///< An older commit than the one that is live may go.
  std::string configuration;    ///< The environment's declaration (environments/json.h).
  std::string configuration_digest;
  std::vector<std::pair<std::string, int64_t>> secret_versions;

  friend bool operator==(const RolloutFacts&, const RolloutFacts&) = default;
};

/// `deploy`, `rollback`, `return`.
std::string_view to_string(RolloutFacts::Kind kind);

/// Where a rollout stands, for lists and for those who wait.
struct RolloutSummary {
  std::string phase = "created";  ///< A word of rollout/rollout.h's phases, or `waiting` (before it may begin),
                                  ///< `superseded`, `refused`.
  bool ended = false;
  bool succeeded = false;
  bool waits_for_person = false;
  std::string waits_for;  ///< In words: `approval (1 of 2)`, `the freeze "weekend" to end`, `rollout 12 of ana`.
  std::string step;       ///< `step 2 of 5: 25%`.
  std::string reason;     ///< Why it was taken back, failed or refused.
  std::string log;        ///< Last lines of the instance that failed.
  std::optional<Instant> began_at;
  std::optional<Instant> promoted_at;
  std::optional<Instant> ended_at;
  /// When it goes on by itself although nobody drives it. Of one that has ended: until then the old instances stand.
  std::optional<Instant> due_at;

  friend bool operator==(const RolloutSummary&, const RolloutSummary&) = default;
};

/// Its phase as a person reads it: `taken back`.
std::string phase_words(const RolloutSummary& summary);

/// One rollout. They are numbered 1, 2, 3, … in each repository.
struct RolloutRecord {
  int64_t id = 0;
  int64_t version = 0;
  Instant created_at;
  RolloutFacts facts;
  RolloutSummary summary;

  friend bool operator==(const RolloutRecord&, const RolloutRecord&) = default;
};

/// The rollout whose driver brings it on: its group's, else itself. What has ended may still keep old instances, which
/// is its own.
int64_t driven_as(const RolloutRecord& record);
/// It has not begun, and has a gate to pass (of several services each has its own).
bool is_at_gate(const RolloutRecord& record);
/// It waits at its gate for people to approve it.
bool waits_for_approval(const RolloutRecord& record);
/// Nobody need drive it: before it begins, or between services, it waits for a person or for a time.
bool is_parked(const RolloutRecord& record);

/// A rollout as it stands, ready to be driven or shown.
struct StoredRollout {
  RolloutRecord record;
  std::string state;  ///< The machine's (Rollout::to_json); empty before it began.
};

/// One step of a rollout: all of it becomes durable (power-safe), or nothing.
struct RolloutTransition {
  int64_t rollout = 0;
  int64_t expected_version = 0;
  Instant at;
  std::vector<std::string> events;  ///< As JSON, one line each.
  std::vector<std::string> lines;   ///< What is told to a person.
  std::string state;
  RolloutSummary summary;
  std::vector<int64_t> inbox_taken;
  std::vector<std::string> analyses;  ///< Digests of blobs: inputs and verdict of each look (analysis/record.h).
};

/// The rollout's next step, which changes nothing yet.
RolloutTransition next_step(const StoredRollout& rollout, Instant at);

/// What a person wants of a rollout, left for its driver.
struct PostedSteering {
  int64_t id = 0;
  rollout_event::Steered steered;
};

struct RolloutLine {
  Instant at;
  std::string text;
};

/// Rollouts, each with one driver at a time (DriverLeases on a folder of their own). Thread-safe, and safe for several
/// processes.
class RolloutStore {
 public:
  virtual ~RolloutStore() = default;
  virtual Result<StoredRollout> create_rollout(const RolloutFacts& facts, const RolloutSummary& summary,
                                               Instant at) = 0;
  /// Fault::user where there is no such rollout.
  virtual Result<StoredRollout> load_rollout(int64_t rollout) = 0;
  /// Before it begins: what was live then, and the like, may differ from when it was asked for.
  virtual Result<> set_facts(int64_t rollout, const RolloutFacts& facts) = 0;
  /// Compare and append, as RunStore::commit; synced.
  virtual Result<> commit_rollout(const RolloutTransition& transition) = 0;
  virtual Result<> post_steering(int64_t rollout, const rollout_event::Steered& steered) = 0;
  virtual Result<std::vector<PostedSteering>> steering(int64_t rollout) = 0;

  /// Newest first; with `environment`, of that one only.
  virtual Result<std::vector<RolloutRecord>> rollouts(const std::string& environment, size_t limit) = 0;
  /// Those that have not ended, oldest first.
  virtual Result<std::vector<RolloutRecord>> open_rollouts() = 0;
  /// Those that have ended, but whose old instances stand until `due_at` (or are being stopped), oldest first. Where
  /// another one has begun there since, what stands is that one's.
  virtual Result<std::vector<RolloutRecord>> kept_rollouts() = 0;
  virtual Result<std::vector<RolloutLine>> lines(int64_t rollout) = 0;
  virtual Result<std::vector<std::string>> analyses(int64_t rollout) = 0;
};

/// What can be deployed.
class ReleaseStore {
 public:
  virtual ~ReleaseStore() = default;
  /// Adds it, or replaces the one of the same id (dependencies were resolved for another interpreter).
  virtual Result<> keep_release(const Release& release) = 0;
  /// Newest first.
  virtual Result<std::vector<Release>> releases(size_t limit) = 0;
  /// Those whose id begins so, or whose name or version is this, newest first.
  virtual Result<std::vector<Release>> find_releases(const std::string& word) = 0;
  virtual Result<std::optional<Release>> release(const std::string& id) = 0;
  /// That the run built, newest first.
  virtual Result<std::vector<Release>> releases_of_run(int64_t run) = 0;
};

/// The journals of environments, as they were last read from their targets: a cache that can be dropped.
class JournalCache {
 public:
  virtual ~JournalCache() = default;
  virtual Result<> keep_entries(const std::string& environment, const std::vector<JournalEntry>& entries) = 0;
  /// Forgets what is known of an environment (`ci env refresh`).
  virtual Result<> drop_entries(const std::string& environment) = 0;
  virtual Result<int64_t> last_entry(const std::string& environment) = 0;  ///< 0: none.
  /// Newest first.
  virtual Result<std::vector<JournalEntry>> entries(const std::string& environment, size_t limit) = 0;
  /// Oldest first, since that time; for all environments where the name is empty. With their environments' names.
  virtual Result<std::vector<std::pair<std::string, JournalEntry>>> entries_since(const std::string& environment,
                                                                                  Instant since) = 0;
  /// Which environments it knows entries of, sorted.
  virtual Result<std::vector<std::string>> journals() = 0;
  virtual Result<std::optional<JournalEntry>> entry(const std::string& environment, int64_t number) = 0;
  /// Those with a greater number, oldest first.
  virtual Result<std::vector<JournalEntry>> entries_after(const std::string& environment, int64_t number,
                                                          size_t limit) = 0;
  /// Those that open and close incidents, oldest first; of all environments where the name is empty.
  virtual Result<std::vector<std::pair<std::string, JournalEntry>>> incident_entries(
      const std::string& environment) = 0;
};

/// What was computed from an environment's journal, as parts of bytes (dora/from_journal.h): a cache of that cache.
class MeasureCache {
 public:
  virtual ~MeasureCache() = default;
  /// In order; none where nothing was kept.
  virtual Result<std::vector<std::string>> measures(const std::string& environment) = 0;
  /// Writes the parts that differ from `before`, and drops those that are left over. False, and nothing is written,
  /// where the first part is no longer the one of `before`: another process was quicker.
  virtual Result<bool> keep_measures(const std::string& environment, const std::vector<std::string>& before,
                                     const std::vector<std::string>& parts) = 0;
};

}  // namespace penstock
