#include "cli/kept_releases.h"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace penstock {
namespace {

constexpr size_t kAll = size_t{1} << 30;
constexpr size_t kNewest = 10;  ///< Also of what was live in one environment: a rollback finds them.

void add_files(const std::vector<ReleaseFile>& files, KeptContent& kept) {
  for (const ReleaseFile& file : files) kept.add_blob(file.digest);
}

/// The releases that were live last in each environment, as far as it is known here.
Result<std::set<std::string>> lately_live(Project& project) {
  PENSTOCK_TRY(const auto entries, project.store().entries_since("", Instant()));
  std::map<std::string, std::vector<std::string>> live;
  for (const auto& [environment, entry] : entries) {
    const bool promoted = entry.what == JournalEntry::What::promoted || entry.what == JournalEntry::What::rolled_back;
    if (promoted) live[environment].push_back(entry.release);
  }
  std::set<std::string> ids;
  for (const auto& [environment, releases] : live) {
    std::set<std::string> of_this;
    for (auto id = releases.rbegin(); id != releases.rend() && of_this.size() < kNewest; ++id) of_this.insert(*id);
    ids.merge(of_this);
  }
  return ids;
}

}  // namespace

Result<> add_deliveries(Project& project, KeptContent& kept) {
  SqliteStore& store = project.store();
  PENSTOCK_TRY(std::set<std::string> wanted, lately_live(project));
  PENSTOCK_TRY(const std::vector<RolloutRecord> rollouts, store.rollouts("", kAll));
  for (const RolloutRecord& record : rollouts) {
    PENSTOCK_TRY(const std::vector<std::string> analyses, store.analyses(record.id));
    for (const std::string& hex : analyses) {
      if (const auto digest = digest_from_hex(hex)) kept.add_blob(*digest);
    }
    if (!record.summary.ended) wanted.insert({record.facts.release, record.facts.from});
  }
  PENSTOCK_TRY(const std::vector<Release> releases, store.releases(kAll));  // newest first
  size_t newest = 0;
  for (const Release& release : releases) {
    if (newest++ >= kNewest && !wanted.contains(release.id)) continue;
    add_files(release.artifacts, kept);
    for (const ResolvedDependencies& resolved : release.dependencies) add_files(resolved.wheels, kept);
  }
  return success();
}

}  // namespace penstock
