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
  if (last > reader.last_entry()) {
    PENSTOCK_CHECK(read_on(project, environment, reader));
    PENSTOCK_CHECK(store.keep_measures(environment, kept, reader.parts()));
  }
  return std::move(reader).take_history();
}

}  // namespace penstock
