#include <algorithm>
#include <string>

#include "engine/json.h"
#include "protocol/json.h"
#include "store/record_json.h"
#include "store/sqlite_store_impl.h"

namespace penstock {

Result<Committed> SqliteStoreImpl::commit(const Transition& transition) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(transition.promise == Promise::power_safe));
  PENSTOCK_TRY(WriteTransaction transaction, WriteTransaction::begin(*database_));
  Committed committed;
  if (transition.arbiter) {
    PENSTOCK_TRY(const bool written, write_arbiter(*transition.arbiter));
    committed.arbiter_moved = !written;
    if (!written) return committed;
  }
  PENSTOCK_CHECK(write_header(transition));
  PENSTOCK_CHECK(write_events(transition));
  PENSTOCK_CHECK(write_jobs(transition));
  PENSTOCK_TRY(committed.attempt_ids, write_started(transition));
  PENSTOCK_CHECK(write_ended(transition));
  PENSTOCK_CHECK(take_inbox(transition.inbox_taken));
  PENSTOCK_CHECK(write_posts(transition.posts));
  PENSTOCK_CHECK(write_environments(transition));
  PENSTOCK_CHECK(transaction.commit());
  return committed;
}

Result<bool> SqliteStoreImpl::write_arbiter(const ArbiterState& arbiter) {
  const std::string state = to_json(arbiter.arbiter);
  PENSTOCK_TRY(Query query, database_->query("INSERT INTO arbiter VALUES(1, ?1 + 1, ?2) ON CONFLICT(id) DO UPDATE SET "
                                             "version = excluded.version, state = excluded.state WHERE version = ?1"));
  PENSTOCK_TRY(const int64_t changed, query.bind(arbiter.version).bind(state).run());
  return changed == 1;
}

Result<> SqliteStoreImpl::write_header(const Transition& transition) {
  const RunSummary& summary = transition.summary;
  const std::string record = to_json(transition.record);
  const std::string text = to_json(summary);
  PENSTOCK_TRY(Query query,
               database_->query("UPDATE run SET version = version + 1, record = ?, summary = ?, open = ?, due_at = ?, "
                                "manual_left = ? WHERE id = ? AND version = ?"));
  query.bind(record).bind(text).bind(has_ended(summary.status) ? 0 : 1);
  if (summary.parked && summary.due_at) {
    query.bind(to_column(*summary.due_at));
  } else {
    query.bind_null();
  }
  query.bind(summary.manual_left).bind(transition.run).bind(transition.expected_version);
  PENSTOCK_TRY(const int64_t changed, query.run());
  if (changed == 1) return success();
  return Error{Fault::internal, "run " + std::to_string(transition.run) + " was changed by another process", {}};
}

Result<> SqliteStoreImpl::write_events(const Transition& transition) {
  if (transition.events.empty()) return success();
  std::string lines;  // JSON never holds a raw line end
  for (const Event& event : transition.events) {
    const std::string text = to_json(event);
    if (std::holds_alternative<event::JobsAdded>(event.what)) {
      PENSTOCK_TRY(Query query, database_->query("INSERT INTO added(run, event) VALUES(?, ?)"));
      PENSTOCK_CHECK(query.bind(transition.run).bind(text).run());
    }
    if (!lines.empty()) lines += '\n';
    lines += text;
  }
  PENSTOCK_TRY(Query query, database_->query("INSERT INTO event VALUES(?, ?)"));
  PENSTOCK_CHECK(query.bind(row_key(transition.run, transition.expected_version + 1)).bind(lines).run());
  return success();
}

Result<> SqliteStoreImpl::write_jobs(const Transition& transition) {
  for (const auto& [index, state] : transition.jobs) {
    const std::string text = to_json(state);
    PENSTOCK_TRY(Query query, database_->query("INSERT OR REPLACE INTO job VALUES(?, ?)"));
    PENSTOCK_CHECK(query.bind(row_key(transition.run, static_cast<int64_t>(index))).bind(text).run());
  }
  return success();
}

Result<std::vector<int64_t>> SqliteStoreImpl::write_started(const Transition& transition) {
  std::vector<int64_t> ids;
  for (const AttemptStart& start : transition.started) {
    PENSTOCK_TRY(Query query,
                 database_->query("INSERT INTO attempt VALUES(1 + max((SELECT coalesce(max(id), 0) FROM attempt), "
                                  "(SELECT last FROM counter WHERE name = 'attempt')), ?, ?, ?, ?, NULL)"));
    query.bind(transition.run).bind(start.job).bind(start.attempt).bind(to_column(transition.at));
    PENSTOCK_CHECK(query.run());
    ids.push_back(database_->last_id());
  }
  return ids;
}

Result<> SqliteStoreImpl::write_ended(const Transition& transition) {
  for (const AttemptEnd& end : transition.ended) {
    const std::string result = to_json(end.result);
    {
      PENSTOCK_TRY(Query query, database_->query("UPDATE attempt SET result = ? WHERE id = ? AND result IS NULL"));
      PENSTOCK_TRY(const int64_t changed, query.bind(result).bind(end.id).run());
      if (changed != 1) {
        return Error{
            Fault::internal, "attempt " + std::to_string(end.id) + " of `" + end.job + "` has ended before", {}};
      }
    }
    for (const KeptArtifact& kept : end.result.artifacts) {
      const std::string artifact = to_json(kept);
      PENSTOCK_TRY(Query query, database_->query("INSERT INTO artifact(run, attempt, job, kept_at, artifact) "
                                                 "VALUES(?, ?, ?, ?, ?)"));
      query.bind(transition.run).bind(end.id).bind(end.job).bind(to_column(transition.at)).bind(artifact);
      PENSTOCK_CHECK(query.run());
    }
  }
  return success();
}

Result<> SqliteStoreImpl::write_posts(const std::vector<std::pair<int64_t, Event>>& posts) {
  for (const auto& [run, event] : posts) {
    const std::string text = to_json(event);
    PENSTOCK_TRY(Query query, database_->query("INSERT INTO inbox(run, event) VALUES(?, ?)"));
    PENSTOCK_CHECK(query.bind(run).bind(text).run());
  }
  return success();
}

Result<> SqliteStoreImpl::take_inbox(const std::vector<int64_t>& ids) {
  for (const int64_t id : ids) {
    PENSTOCK_TRY(Query query, database_->query("DELETE FROM inbox WHERE id = ?"));
    PENSTOCK_CHECK(query.bind(id).run());
  }
  return success();
}

Result<bool> SqliteStoreImpl::change_arbiter(const ArbiterState& arbiter,
                                             const std::vector<std::pair<int64_t, Event>>& posts) {
  const std::lock_guard lock(mutex_);
  PENSTOCK_CHECK(database_->sync_commits(false));
  PENSTOCK_TRY(WriteTransaction transaction, WriteTransaction::begin(*database_));
  PENSTOCK_TRY(const bool written, write_arbiter(arbiter));
  if (!written) return false;
  PENSTOCK_CHECK(write_posts(posts));
  PENSTOCK_CHECK(transaction.commit());
  return true;
}

Result<> SqliteStoreImpl::write_environments(const Transition& transition) {
  for (EnvironmentRecord record : transition.environments) {
    if (record.attempt_id == 0) {
      const auto end = std::find_if(transition.ended.begin(), transition.ended.end(),
                                    [&](const AttemptEnd& ended) { return ended.job == record.job; });
      if (end != transition.ended.end()) record.attempt_id = end->id;
    }
    const std::string text = to_json(record);
    PENSTOCK_TRY(Query query, database_->query("INSERT INTO environment(name, record) VALUES(?, ?)"));
    PENSTOCK_CHECK(query.bind(record.environment).bind(text).run());
  }
  return success();
}

}  // namespace penstock
