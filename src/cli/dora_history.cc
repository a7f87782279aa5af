#include "cli/dora_history.h"

#include <utility>
#include <vector>

#include "cli/new_commits.h"
#include "dora/from_journal.h"

namespace penstock {
namespace {

/// So many entries are read at a time, with one question to git.
constexpr size_t kEntries = 10'000;

/// Lets the reader read entries that follow what it knows.
void add(Project& project, DoraHistoryReader& reader, const std::vector<JournalEntry>& entries) {
  std::vector<std::string> commits;
  for (const JournalEntry& entry : entries) {
    const bool is_new = commits.empty() || commits.back() != entry.commit;
    if (entry.what == JournalEntry::What::promoted && !entry.commit.empty() && is_new) commits.push_back(entry.commit);
  }
  NewCommits fresh = NewCommits::between(project.repository, reader.live_commits(), commits);
  reader.ask([&fresh](const std::string& before, const std::string& commit) { return fresh.of(before, commit); });
  for (const JournalEntry& entry : entries) reader.add(entry);
  reader.ask({});
}

/// What the journal has behind what the reader knows.
Result<> read_on(Project& project, const std::string& environment, DoraHistoryReader& reader) {
  for (;;) {
    PENSTOCK_TRY(const std::vector<JournalEntry> entries,
                 project.store().entries_after(environment, reader.last_entry(), kEntries));
    if (entries.empty()) return success();
    add(project, reader, entries);
  }
}

/// What a job did there as a journal would tell it: the same commit again is a re-deploy.
JournalEntry entry_of(int64_t number, const EnvironmentRecord& record) {
  JournalEntry entry;
  entry.number = number;
  entry.what = JournalEntry::What::promoted;
  entry.at = record.at;
  entry.release = entry.commit = record.commit;
  entry.rollout = "job " + std::to_string(record.attempt_id);
  return entry;
}

/// The same of an environment without a journal, which jobs deploy to: what their runs tell.
Result<> read_jobs_on(Project& project, const std::string& environment, DoraHistoryReader& reader) {
  for (int64_t last = reader.last_entry();;) {
    PENSTOCK_TRY(const auto records, project.store().history_after(environment, last, kEntries));
    if (records.empty()) return success();
    last = records.back().first;
    std::vector<JournalEntry> entries;
    for (const auto& [number, record] : records) {
      if (record.passed && record.action == "start") entries.push_back(entry_of(number, record));
    }
    if (entries.empty()) continue;
    if (reader.last_entry() == 0) {
      if (const auto first = project.repository.commit(entries.front().commit); first.ok())
        entries.front().committed_at = first->committer.time;
    }
    add(project, reader, entries);
  }
}

/// Whether what was kept is of the journal (or the jobs) that there are now.
Result<bool> goes_on(SqliteStore& store, const std::string& environment, bool has_journal,
                     const DoraHistoryReader& reader) {
  if (has_journal) {
    PENSTOCK_TRY(const std::optional<JournalEntry> last, store.entry(environment, reader.last_entry()));
    return last && reader.ends_with(*last);
  }
  PENSTOCK_TRY(const auto last, store.history_after(environment, reader.last_entry() - 1, 1));
  return !last.empty() && reader.ends_with(entry_of(last.front().first, last.front().second));
}

}  // namespace

Result<DoraHistory> dora_history(Project& project, const std::string& environment) {
  SqliteStore& store = project.store();
  PENSTOCK_TRY(const int64_t last_of_journal, store.last_entry(environment));
  const bool has_journal = last_of_journal != 0;
  PENSTOCK_TRY(const std::vector<std::string> kept, store.measures(environment));
  DoraHistoryReader reader(environment);
  if (reader.take_parts(kept)) {
    PENSTOCK_TRY(const bool same, goes_on(store, environment, has_journal, reader));
    if (!same) reader = DoraHistoryReader(environment);
  }
  const int64_t known = reader.last_entry();
  PENSTOCK_CHECK(has_journal ? read_on(project, environment, reader) : read_jobs_on(project, environment, reader));
  if (reader.last_entry() != known) PENSTOCK_CHECK(store.keep_measures(environment, kept, reader.parts()));
  return std::move(reader).take_history();
}

}  // namespace penstock
