#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "dora/from_journal.h"
#include "dora/report.h"

// `ci dora`'s arithmetic over 100,000 deployments of four environments, three commits each: from the journals' entries
// to the figures, by each definition. Exit status 1 above 100 ms.
namespace {

using namespace penstock;

constexpr int kDeployments = 100'000;
constexpr double kMostMilliseconds = 100;

std::vector<JournalEntry> journal(int deployments, Instant from) {
  std::mt19937 random(4);
  std::vector<JournalEntry> entries;
  JournalEntry entry;
  entry.at = from;
  const auto add = [&](JournalEntry::What what) {
    entry.number += 1;
    entry.at += Duration(random() % 600'000);
    entry.what = what;
    entries.push_back(entry);
  };
  for (int i = 0; i < deployments; ++i) {
    entry.release = std::string(56, 'a') + std::to_string(random() % 10 == 0 ? i - 1 : i);
    entry.commit = entry.release.substr(20);
    entry.committed_at = entry.at - Duration(random() % 86'400'000);
    entry.rollout = std::to_string(i) + "@bench";
    add(JournalEntry::What::started);
    add(JournalEntry::What::promoted);
    if (random() % 30 == 0) add(JournalEntry::What::taken_back);
    if (random() % 50 == 0) add(JournalEntry::What::incident_opened);
    if (random() % 50 == 0) add(JournalEntry::What::incident_closed);
  }
  return entries;
}

}  // namespace

int main() {
  const Instant from = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
  std::vector<std::vector<JournalEntry>> journals;
  for (int environment = 0; environment < 4; ++environment) journals.push_back(journal(kDeployments / 4, from));
  bool met = true;
  for (const auto definition : {DoraDefinition::gitlab, DoraDefinition::fourkeys, DoraDefinition::dora2026}) {
    const std::clock_t start = std::clock();
    std::vector<DoraHistory> histories;
    for (const auto& entries : journals) {
      DoraHistoryReader reader("bench", [](const std::string&, const std::string& commit) {
        const Instant at(Duration(1'700'000'000'000 + static_cast<int64_t>(commit.size())));
        return std::vector<Instant>{at, at, at};
      });
      for (const JournalEntry& entry : entries) reader.add(entry);
      histories.push_back(reader.history());
    }
    const auto report = dora_report(histories, definition, from, from + std::chrono::days(3650));
    const double took = 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (report.deployments_a_day.samples == 0 || !report.lead_time.value) std::abort();
    met = met && took <= kMostMilliseconds;
    std::printf("dora %-10s over %d deployments %8.1f ms   limit: at most 100 ms   %s\n",
                std::string(to_string(definition)).c_str(), kDeployments, took,
                took <= kMostMilliseconds ? "met" : "NOT MET");
  }
  return met ? 0 : 1;
}
