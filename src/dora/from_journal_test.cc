#include "dora/from_journal.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using What = JournalEntry::What;
using Kind = DoraDeployment::Kind;

/// Writes a journal, an hour between entries unless told.
class Journal {
 public:
  JournalEntry& add(What what, const std::string& release, const std::string& rollout) {
    JournalEntry entry;
    entry.number = next_++;
    entry.at = hour(static_cast<int>(entry.number));
    entry.what = what;
    entry.release = release;
    entry.commit = "commit of " + release;
    entry.committed_at = entry.at - std::chrono::hours(10);
    entry.configuration = "c1";
    entry.rollout = rollout;
    return entries_.emplace_back(entry);
  }
  void deploy(const std::string& release, const std::string& rollout) {
    add(What::started, release, rollout);
    add(What::promoted, release, rollout);
  }
  static Instant hour(int hours) { return Instant(std::chrono::hours(500'000 + hours)); }
  [[nodiscard]] DoraHistory read(DoraHistoryReader::CommitTimes times = {}) const {
    DoraHistoryReader reader("production", std::move(times));
    for (const JournalEntry& entry : entries_) reader.add(entry);
    return reader.history();
  }

 private:
  int64_t next_ = 1;
  std::vector<JournalEntry> entries_;
};

std::vector<Kind> kinds(const DoraHistory& history) {
  std::vector<Kind> kinds;
  for (const DoraDeployment& deployment : history.deployments) kinds.push_back(deployment.kind);
  return kinds;
}

TEST(DoraHistory, TellsChangesFromRepetitions) {
  Journal journal;
  journal.deploy("a", "1");
  journal.deploy("a", "2");
  journal.add(What::promoted, "a", "3").configuration = "c2";
  journal.add(What::promoted, "b", "4").configuration = "c2";
  const auto history = journal.read();
  EXPECT_EQ(kinds(history), (std::vector<Kind>{Kind::release, Kind::redeploy, Kind::configuration, Kind::release}));
  EXPECT_EQ(history.deployments[0].began_at, Journal::hour(1));
  EXPECT_EQ(history.deployments[0].live_at, Journal::hour(2));
  EXPECT_EQ(history.deployments[0].commits, std::vector<Instant>{Journal::hour(2) - std::chrono::hours(10)});
  EXPECT_TRUE(history.deployments[1].commits.empty());
}

TEST(DoraHistory, BlamesWhatWasTakenBackAfterItWasLive) {
  Journal journal;
  journal.deploy("a", "1");
  journal.deploy("b", "2");
  journal.add(What::taken_back, "b", "2").previous = "a";
  journal.deploy("c", "3");
  const auto history = journal.read();
  ASSERT_EQ(history.deployments.size(), 3U);
  EXPECT_FALSE(history.deployments[0].failed);
  EXPECT_TRUE(history.deployments[1].failed);
  EXPECT_EQ(history.deployments[1].recovered_at, Journal::hour(5));
  EXPECT_EQ(history.deployments[2].kind, Kind::release);
  EXPECT_TRUE(history.never_live.empty());
}

TEST(DoraHistory, CountsNoDeploymentWhereNothingWentLive) {
  Journal journal;
  journal.deploy("a", "1");
  journal.add(What::started, "b", "2");
  journal.add(What::taken_back, "b", "2").previous = "a";
  const auto history = journal.read();
  EXPECT_EQ(history.deployments.size(), 1U);
  EXPECT_EQ(history.never_live, std::vector<Instant>{Journal::hour(4)});
}

TEST(DoraHistory, BlamesWhatAPersonRollsBackFromThoughItIsToldTwice) {
  for (const bool again : {false, true}) {
    Journal journal;
    journal.deploy("a", "1");
    journal.deploy("b", "2");
    journal.add(What::started, "a", "3");
    journal.add(What::rolled_back, "a", "3");
    if (again) journal.add(What::rolled_back, "a", "3");
    journal.deploy("b", "4");
    const auto history = journal.read();
    EXPECT_EQ(kinds(history), (std::vector<Kind>{Kind::release, Kind::release, Kind::rollback, Kind::release}));
    EXPECT_TRUE(history.deployments[1].failed);
    EXPECT_EQ(history.deployments[1].recovered_at, Journal::hour(6));
    EXPECT_FALSE(history.deployments[0].failed);
    EXPECT_TRUE(history.deployments[2].commits.empty());
    EXPECT_TRUE(history.deployments[3].commits.empty()) << "its commit was live before";
  }
}

TEST(DoraHistory, BlamesNobodyForARollbackOfARollback) {
  Journal journal;
  journal.deploy("a", "1");
  journal.deploy("b", "2");
  journal.add(What::rolled_back, "a", "3");
  journal.add(What::rolled_back, "b", "4");
  const auto history = journal.read();
  EXPECT_EQ(kinds(history), (std::vector<Kind>{Kind::release, Kind::release, Kind::rollback, Kind::rollback}));
  EXPECT_FALSE(history.deployments[2].failed);
}

TEST(DoraHistory, ClosesTheIncidentThatIsNamedElseTheLast) {
  Journal journal;
  journal.add(What::incident_opened, "", "");
  journal.add(What::incident_opened, "", "");
  journal.add(What::incident_opened, "", "");
  journal.add(What::incident_closed, "", "").incident = 1;
  journal.add(What::incident_closed, "", "");
  journal.add(What::incident_closed, "", "").incident = 77;
  EXPECT_EQ(journal.read().incidents,
            (std::vector<DoraIncident>{
                {Journal::hour(1), Journal::hour(4)}, {Journal::hour(2), {}}, {Journal::hour(3), Journal::hour(5)}}));
}

TEST(DoraHistory, AsksForTheCommitsBetween) {
  Journal journal;
  journal.deploy("a", "1");
  journal.deploy("b", "2");
  const auto history = journal.read([](const std::string& before, const std::string& commit) {
    if (before.empty()) return std::vector<Instant>{};
    EXPECT_EQ(before, "commit of a");
    EXPECT_EQ(commit, "commit of b");
    return std::vector<Instant>{Journal::hour(-3), Journal::hour(-2)};
  });
  EXPECT_EQ(history.deployments[0].commits.size(), 1U);
  EXPECT_EQ(history.deployments[1].commits, (std::vector<Instant>{Journal::hour(-3), Journal::hour(-2)}));
}

}  // namespace
}  // namespace penstock
