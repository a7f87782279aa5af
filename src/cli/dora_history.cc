#include "cli/dora_history.h"

#include <utility>
#include <vector>

#include "cli/new_commits.h"
#include "dora/from_journal.h"

namespace penstock {
namespace {

/// So many entries are read at a time, with one question to git.
constexpr size_t kEntries = 10'000;

/// Lets the reader read what the journal has behind what it knows.
Result<> read_on(Project& project, const std::string& environment, DoraHistoryReader& reader) {
  for (;;) {
    PENSTOCK_TRY(const std::vector<JournalEntry> entries,
                 project.store().entries_after(environment, reader.last_entry(), kEntries));
    if (entries.empty()) return success();
    std::vector<std::string> commits;
    for (const JournalEntry& entry : entries) {
      if (entry.what == JournalEntry::What::promoted && !entry.commit.empty()) commits.push_back(entry.commit);
    }
    NewCommits fresh = NewCommits::between(project.repository, reader.live_commits(), commits);
    reader.ask([&fresh](const std::string& before, const std::string& commit) { return fresh.of(before, commit); });
    for (const JournalEntry& entry : entries) reader.add(entry);
    reader.ask({});
  }
}

/// Of an environment without a journal, which jobs deploy to: what their runs tell. The same commit again is a
/// re-deploy.
Result<DoraHistory> history_of_jobs(Project& project, const std::string& environment) {
  constexpr size_t kDeployments = 100'000;
  PENSTOCK_TRY(const std::vector<EnvironmentRecord> records, project.store().history(environment, kDeployments));
  std::vector<JournalEntry> entries;
  std::vector<std::string> commits;
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (!record->passed || record->action != "start") continue;
    JournalEntry entry;
    entry.number = static_cast<int64_t>(entries.size()) + 1;
    entry.what = JournalEntry::What::promoted;
    entry.at = record->at;
    entry.release = entry.commit = record->commit;
    entry.rollout = "job " + std::to_string(record->attempt_id);
    if (commits.empty() || commits.back() != entry.commit) commits.push_back(entry.commit);
    entries.push_back(std::move(entry));
  }
  if (entries.empty()) return DoraHistoryReader(environment).history();
  if (const auto first = project.repository.commit(commits.front()); first.ok())
    entries.front().committed_at = first->committer.time;
  NewCommits fresh = NewCommits::between(project.repository, {}, commits);
  DoraHistoryReader reader(
      environment, [&fresh](const std::string& before, const std::string& commit) { return fresh.of(before, commit); });
  for (const JournalEntry& entry : entries) reader.add(entry);
  return std::move(reader).take_history();
}

}  // namespace

Result<DoraHistory> dora_history(Project& project, const std::string& environment) {
  SqliteStore& store = project.store();
  PENSTOCK_TRY(const std::vector<std::string> kept, store.measures(environment));
  DoraHistoryReader reader(environment);
  if (reader.take_parts(kept)) {
    PENSTOCK_TRY(const std::optional<JournalEntry> last, store.entry(environment, reader.last_entry()));
    if (!last || !reader.ends_with(*last)) reader = DoraHistoryReader(environment);  // another journal
  }
  PENSTOCK_TRY(const int64_t last, store.last_entry(environment));
  if (last == 0) return history_of_jobs(project, environment);
  if (last > reader.last_entry()) {
    PENSTOCK_CHECK(read_on(project, environment, reader));
    PENSTOCK_CHECK(store.keep_measures(environment, kept, reader.parts()));
  }
  return std::move(reader).take_history();
}

}  // namespace penstock
