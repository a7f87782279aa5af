#include "store/sqlite_schema.h"

#include <array>
#include <string>

#include "os/files.h"
#include "os/lock.h"

namespace penstock {
namespace {

// Each step leads from one version of the form to the next, and is never changed once released.
//
// Times are milliseconds since 1970. What is only read as a whole is JSON text. Rows that belong to a run and a small
// number (a job's index, a transition's version) have run * 2^32 + number as their key: one tree, appended at its end.
// A run's plan lies apart from the row that each transition rewrites.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE counter(name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES('run', 0), ('attempt', 0);
CREATE TABLE run(
  id INTEGER PRIMARY KEY, version INTEGER NOT NULL, created_at INTEGER NOT NULL, facts TEXT NOT NULL, record TEXT NOT NULL,
  summary TEXT NOT NULL, open INTEGER NOT NULL, due_at INTEGER, manual_left INTEGER NOT NULL);
CREATE INDEX run_open ON run(id) WHERE open = 1;
CREATE INDEX run_due ON run(due_at) WHERE due_at IS NOT NULL;
CREATE INDEX run_playable ON run(id) WHERE manual_left > 0;
CREATE TABLE source(run INTEGER PRIMARY KEY, plan TEXT NOT NULL, keep_going INTEGER NOT NULL, context BLOB NOT NULL);
CREATE TABLE added(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, event TEXT NOT NULL);
CREATE INDEX added_run ON added(run);
CREATE TABLE job(key INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE event(key INTEGER PRIMARY KEY, events TEXT NOT NULL);
CREATE TABLE attempt(
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL, job TEXT NOT NULL, attempt INTEGER NOT NULL,
  started_at INTEGER NOT NULL, result TEXT);
CREATE INDEX attempt_job ON attempt(run, job);
CREATE TABLE inbox(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, event TEXT NOT NULL);
CREATE INDEX inbox_run ON inbox(run);
CREATE TABLE arbiter(id INTEGER PRIMARY KEY CHECK(id = 1), version INTEGER NOT NULL, state TEXT NOT NULL);
CREATE TABLE environment(id INTEGER PRIMARY KEY, name TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX environment_name ON environment(name);
CREATE TABLE artifact(
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL, attempt INTEGER NOT NULL, job TEXT NOT NULL,
  kept_at INTEGER NOT NULL, artifact TEXT NOT NULL);
CREATE INDEX artifact_run ON artifact(run);
CREATE TABLE cache(key TEXT PRIMARY KEY, tree BLOB NOT NULL, kept_at INTEGER NOT NULL) WITHOUT ROWID;
)sql";

// Deliveries: rollouts and what can be deployed. A rollout's row is rewritten by each of its transitions; its facts lie
// apart, for they hold the environment's whole declaration. `journal` is a cache of what lies at the targets.
constexpr const char* kVersion2 = R"sql(
INSERT INTO counter VALUES('rollout', 0);
CREATE TABLE rollout(
  id INTEGER PRIMARY KEY, version INTEGER NOT NULL, environment TEXT NOT NULL, created_at INTEGER NOT NULL,
  open INTEGER NOT NULL, summary TEXT NOT NULL, state TEXT NOT NULL);
CREATE INDEX rollout_open ON rollout(id) WHERE open = 1;
CREATE INDEX rollout_environment ON rollout(environment, id);
CREATE TABLE rollout_facts(rollout INTEGER PRIMARY KEY, facts TEXT NOT NULL);
CREATE TABLE rollout_event(key INTEGER PRIMARY KEY, events TEXT NOT NULL);
CREATE TABLE rollout_line(id INTEGER PRIMARY KEY, rollout INTEGER NOT NULL, at INTEGER NOT NULL, line TEXT NOT NULL);
CREATE INDEX rollout_line_rollout ON rollout_line(rollout);
CREATE TABLE rollout_inbox(id INTEGER PRIMARY KEY, rollout INTEGER NOT NULL, steered TEXT NOT NULL);
CREATE INDEX rollout_inbox_rollout ON rollout_inbox(rollout);
CREATE TABLE rollout_analysis(id INTEGER PRIMARY KEY, rollout INTEGER NOT NULL, analysis TEXT NOT NULL);
CREATE INDEX rollout_analysis_rollout ON rollout_analysis(rollout);
CREATE TABLE release(
  id TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, run INTEGER NOT NULL, built_at INTEGER NOT NULL,
  release TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX release_built_at ON release(built_at);
CREATE INDEX release_name ON release(name);
CREATE INDEX release_version ON release(version);
CREATE INDEX release_run ON release(run);
CREATE TABLE journal(
  environment TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, entry TEXT NOT NULL,
  PRIMARY KEY(environment, number)) WITHOUT ROWID;
CREATE INDEX journal_at ON journal(at);
)sql";

// What `ci dora` has computed from journals: a cache of that cache (dora/from_journal.h). A rollout that has ended and
// keeps instances of the old release for a while has `open` 2.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE measure(environment TEXT NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(environment, part));
CREATE INDEX rollout_kept ON rollout(id) WHERE open = 2;
)sql";

// Runs that trigger jobs of other runs have started.
constexpr const char* kVersion4 = R"sql(
CREATE TABLE child(parent INTEGER NOT NULL, run INTEGER NOT NULL, PRIMARY KEY(parent, run)) WITHOUT ROWID;
)sql";

constexpr std::array<const char*, 4> kSteps = {kVersion1, kVersion2, kVersion3, kVersion4};

Result<int64_t> version_of(Database& database) {
  PENSTOCK_TRY(Query query, database.query("PRAGMA user_version"));
  PENSTOCK_CHECK(query.row());
  return query.number(0);
}

Result<> migrate(Database& database) {
  // Under the write lock: of two processes that open a new file, one makes the tables.
  PENSTOCK_TRY(WriteTransaction transaction, WriteTransaction::begin(database));
  PENSTOCK_TRY(const int64_t version, version_of(database));
  for (size_t step = static_cast<size_t>(version); step < kSteps.size(); ++step) {
    PENSTOCK_CHECK(database.execute(kSteps[step]));
    PENSTOCK_CHECK(database.execute(("PRAGMA user_version=" + std::to_string(step + 1)).c_str()));
  }
  return transaction.commit();
}

}  // namespace

Result<> prepare_schema(Database& database, const std::filesystem::path& file) {
  PENSTOCK_TRY(int64_t version, version_of(database));
  if (version == static_cast<int64_t>(kSteps.size())) return success();
  if (version > static_cast<int64_t>(kSteps.size())) {
    return Error{Fault::user, "the state database was written by a later version of ci", "use that version"};
  }
  // One process at a time: who switches a file to WAL that another is switching, too, is told that it is busy at once,
  // however long it would wait.
  const std::string lock_file = file.string() + ".new";
  PENSTOCK_TRY(const os::FileLock lock, os::FileLock::take(lock_file));
  PENSTOCK_TRY(version, version_of(database));
  // WAL survives in the file. It must be synced once, or a power cut could leave an empty file beside a full log.
  PENSTOCK_CHECK(database.sync_commits(true));
  if (version == 0) PENSTOCK_CHECK(database.execute("PRAGMA journal_mode=WAL"));
  PENSTOCK_CHECK(migrate(database));
  PENSTOCK_CHECK(os::remove_tree(lock_file));
  return database.sync_commits(false);
}

}  // namespace penstock
