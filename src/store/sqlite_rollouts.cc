#include <string>

#include "store/delivery_json.h"
#include "store/sqlite_store_impl.h"

namespace penstock {
namespace {

#define PENSTOCK_ROLLOUT_COLUMNS "id, version, created_at, facts, summary"

Result<RolloutRecord> rollout_record(const Query& query) {
  RolloutRecord record;
  record.id = query.number(0);
  record.version = query.number(1);
  record.created_at = to_instant(query.number(2));
  PENSTOCK_TRY(record.facts, rollout_facts_from_json(query.text(3)));
  PENSTOCK_TRY(record.summary, rollout_summary_from_json(query.text(4)));
  return record;
}

/// 1: it has not ended; 2: it has, but is due once more; 0.
int64_t open_column(const RolloutSummary& summary) { return !summary.ended ? 1 : summary.due_at ? 2 : 0; }

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty()) text += '\n';
    text += line;
  }
  return text;
}

}  // namespace

Result<StoredRollout> SqliteStoreImpl::create_rollout(const RolloutFacts& facts, const RolloutSummary& summary,
                                                      Instant at) {
  const std::string facts_text = to_json(facts);
  const std::string summary_text = to_json(summary);
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(true));
  PENSTOCK_TRY(WriteTransaction transaction, WriteTransaction::begin(*database_));
  {
    PENSTOCK_TRY(Query query,
                 database_->query("INSERT INTO rollout VALUES(1 + max((SELECT coalesce(max(id), 0) FROM rollout), "
                                  "(SELECT last FROM counter WHERE name = 'rollout')), 0, ?, ?, 1, ?, '')"));
    PENSTOCK_CHECK(query.bind(facts.environment).bind(to_column(at)).bind(summary_text).run());
  }
  const int64_t id = database_->last_id();
  {
    PENSTOCK_TRY(Query query, database_->query("INSERT INTO rollout_facts VALUES(?, ?)"));
    PENSTOCK_CHECK(query.bind(id).bind(facts_text).run());
  }
  PENSTOCK_CHECK(transaction.commit());
  return StoredRollout{{id, 0, at, facts, summary}, {}};
}

Result<StoredRollout> SqliteStoreImpl::load_rollout(int64_t rollout) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_ROLLOUT_COLUMNS ", state FROM rollout "
                                             "JOIN rollout_facts ON rollout = id WHERE id = ?"));
  PENSTOCK_TRY(const bool found, query.bind(rollout).row());
  if (!found) {
    return Error{Fault::user, "there is no rollout " + std::to_string(rollout),
                 "`ci rollout list` shows the rollouts of this repository"};
  }
  StoredRollout stored;
  PENSTOCK_TRY(stored.record, rollout_record(query));
  stored.state = query.text(5);
  return stored;
}

Result<> SqliteStoreImpl::set_facts(int64_t rollout, const RolloutFacts& facts) {
  const std::string text = to_json(facts);
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(true));
  PENSTOCK_TRY(Query query, database_->query("UPDATE rollout_facts SET facts = ? WHERE rollout = ?"));
  PENSTOCK_CHECK(query.bind(text).bind(rollout).run());
  return success();
}

Result<> SqliteStoreImpl::commit_rollout(const RolloutTransition& transition) {
  const std::string summary = to_json(transition.summary);
  const std::string events = joined(transition.events);
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(true));
  PENSTOCK_TRY(WriteTransaction write, WriteTransaction::begin(*database_));
  {
    PENSTOCK_TRY(Query query,
                 database_->query("UPDATE rollout SET version = version + 1, open = ?, summary = ?, state = ? "
                                  "WHERE id = ? AND version = ?"));
    query.bind(open_column(transition.summary)).bind(summary).bind(transition.state);
    PENSTOCK_TRY(const int64_t changed, query.bind(transition.rollout).bind(transition.expected_version).run());
    if (changed != 1) {
      return Error{
          Fault::internal, "rollout " + std::to_string(transition.rollout) + " was changed by another process", {}};
    }
  }
  if (!events.empty()) {
    PENSTOCK_TRY(Query query, database_->query("INSERT INTO rollout_event VALUES(?, ?)"));
    query.bind(row_key(transition.rollout, transition.expected_version + 1)).bind(events);
    PENSTOCK_CHECK(query.run());
  }
  for (const std::string& line : transition.lines) {
    PENSTOCK_TRY(Query query, database_->query("INSERT INTO rollout_line(rollout, at, line) VALUES(?, ?, ?)"));
    PENSTOCK_CHECK(query.bind(transition.rollout).bind(to_column(transition.at)).bind(line).run());
  }
  for (const std::string& analysis : transition.analyses) {
    PENSTOCK_TRY(Query query, database_->query("INSERT INTO rollout_analysis(rollout, analysis) VALUES(?, ?)"));
    PENSTOCK_CHECK(query.bind(transition.rollout).bind(analysis).run());
  }
  for (const int64_t id : transition.inbox_taken) {
    PENSTOCK_TRY(Query query, database_->query("DELETE FROM rollout_inbox WHERE id = ?"));
    PENSTOCK_CHECK(query.bind(id).run());
  }
  return write.commit();
}

Result<> SqliteStoreImpl::post_steering(int64_t rollout, const rollout_event::Steered& steered) {
  const std::string text = to_json(steered);
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(true));
  PENSTOCK_TRY(Query query, database_->query("INSERT INTO rollout_inbox(rollout, steered) VALUES(?, ?)"));
  PENSTOCK_CHECK(query.bind(rollout).bind(text).run());
  return success();
}

Result<std::vector<PostedSteering>> SqliteStoreImpl::steering(int64_t rollout) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT id, steered FROM rollout_inbox WHERE rollout = ? ORDER BY id"));
  return collect<PostedSteering>(query.bind(rollout), [](const Query& row) -> Result<PostedSteering> {
    PENSTOCK_TRY(rollout_event::Steered steered, steered_from_json(row.text(1)));
    return PostedSteering{row.number(0), std::move(steered)};
  });
}

Result<std::vector<RolloutRecord>> SqliteStoreImpl::rollouts(const std::string& environment, size_t limit) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_ROLLOUT_COLUMNS " FROM rollout "
                                             "JOIN rollout_facts ON rollout = id WHERE ?1 = '' OR environment = ?1 "
                                             "ORDER BY id DESC LIMIT ?2"));
  return collect<RolloutRecord>(query.bind(environment).bind(static_cast<int64_t>(limit)), rollout_record);
}

Result<std::vector<RolloutRecord>> SqliteStoreImpl::open_rollouts() {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT " PENSTOCK_ROLLOUT_COLUMNS " FROM rollout "
                                             "JOIN rollout_facts ON rollout = id WHERE open = 1 ORDER BY id"));
  return collect<RolloutRecord>(query, rollout_record);
}

Result<std::vector<RolloutRecord>> SqliteStoreImpl::kept_rollouts() {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query(R"sql(
SELECT kept.id, kept.version, kept.created_at, facts, kept.summary FROM rollout kept JOIN rollout_facts ON rollout = kept.id
WHERE kept.open = 2 AND NOT EXISTS (
  SELECT 1 FROM rollout later WHERE later.environment = kept.environment AND later.id > kept.id AND later.state <> '')
ORDER BY kept.id)sql"));
  return collect<RolloutRecord>(query, rollout_record);
}

Result<std::vector<RolloutLine>> SqliteStoreImpl::lines(int64_t rollout) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT at, line FROM rollout_line WHERE rollout = ? ORDER BY id"));
  return collect<RolloutLine>(query.bind(rollout), [](const Query& row) {
    return Result<RolloutLine>(RolloutLine{to_instant(row.number(0)), std::string(row.text(1))});
  });
}

Result<std::vector<std::string>> SqliteStoreImpl::analyses(int64_t rollout) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_TRY(Query query, database_->query("SELECT analysis FROM rollout_analysis WHERE rollout = ? ORDER BY id"));
  return collect<std::string>(query.bind(rollout),
                              [](const Query& row) { return Result<std::string>(std::string(row.text(0))); });
}

}  // namespace penstock
