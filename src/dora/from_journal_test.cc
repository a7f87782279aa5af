#include "dora/from_journal.h"

#include <gtest/gtest.h>

#include <random>

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
  [[nodiscard]] const std::vector<JournalEntry>& entries() const { return entries_; }
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

TEST(DoraHistory, PutsAnIncidentThatIsToldLaterInItsPlace) {
  Journal journal;
  journal.add(What::incident_opened, "", "");
  journal.add(What::incident_opened, "", "").at = Journal::hour(0);
  journal.add(What::incident_closed, "", "").incident = 1;
  EXPECT_EQ(journal.read().incidents,
            (std::vector<DoraIncident>{{Journal::hour(0), {}}, {Journal::hour(1), Journal::hour(3)}}));
}

TEST(DoraHistory, AsksForTheCommitsThatAreNew) {
  Journal journal;
  journal.deploy("a", "1");
  journal.deploy("b", "2");
  journal.add(What::taken_back, "b", "2").previous = "a";
  journal.deploy("c", "3");
  journal.deploy("d", "4");
  const auto history = journal.read([](const std::string& before, const std::string& commit) {
    using Times = std::vector<Instant>;
    if (before.empty()) return std::optional<Times>();
    if (commit == "commit of d") return std::optional<Times>(Times{});
    EXPECT_EQ(before, commit == "commit of b" ? "commit of a" : "commit of b") << "what was live last";
    return std::optional<Times>({Journal::hour(-3), Journal::hour(-2)});
  });
  EXPECT_EQ(history.deployments[0].commits.size(), 1U) << "not known: its own";
  EXPECT_EQ(history.deployments[1].commits, (std::vector<Instant>{Journal::hour(-3), Journal::hour(-2)}));
  EXPECT_EQ(history.deployments[2].commits.size(), 2U);
  EXPECT_TRUE(history.deployments[3].commits.empty()) << "all were live before";
}

/// All that can happen, in `count` rollouts.
Journal long_journal(int count, unsigned seed) {
  std::mt19937 random(seed);
  Journal journal;
  for (int i = 0; i < count; ++i) {
    const std::string rollout = std::to_string(i);
    const std::string release = std::to_string(i - (random() % 4 == 0 ? 1 : 0));
    journal.add(What::started, release, rollout);
    if (random() % 8 != 0) {
      journal.add(random() % 9 == 0 ? What::rolled_back : What::promoted, release, rollout).configuration =
          random() % 5 == 0 ? "c1" : "c2";
    }
    if (random() % 5 == 0) journal.add(What::taken_back, release, rollout).previous = "x";
    if (random() % 9 == 0) journal.add(What::incident_opened, release, "").at -= std::chrono::hours(random() % 40);
    if (random() % 9 == 0) journal.add(What::incident_closed, release, "");
  }
  return journal;
}

TEST(DoraHistory, GoesOnFromItsPartsAsIfItHadReadAll) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const std::vector<JournalEntry> entries = long_journal(1'500, seed).entries();
    DoraHistoryReader whole("production");
    for (const JournalEntry& entry : entries) whole.add(entry);
    DoraHistoryReader first("production");
    const size_t stop = seed * 700;
    for (size_t i = 0; i < stop; ++i) first.add(entries[i]);
    const std::vector<std::string> parts = first.parts();
    DoraHistoryReader second("production");
    ASSERT_TRUE(second.take_parts(parts)) << "seed " << seed;
    EXPECT_EQ(second.parts(), parts) << "seed " << seed;
    EXPECT_TRUE(second.ends_with(entries[stop - 1]));
    EXPECT_FALSE(second.ends_with(entries[stop]));
    for (size_t i = stop; i < entries.size(); ++i) second.add(entries[i]);
    EXPECT_EQ(second.history(), whole.history()) << "seed " << seed;
    EXPECT_EQ(second.parts(), whole.parts()) << "seed " << seed;
  }
}

TEST(DoraHistory, TakesNoDamagedParts) {
  DoraHistoryReader reader("production");
  const Journal journal = long_journal(1'200, 1);
  for (const JournalEntry& entry : journal.entries()) reader.add(entry);
  const std::vector<std::string> parts = reader.parts();
  ASSERT_GE(parts.size(), 2U);
  DoraHistoryReader other("production");
  EXPECT_FALSE(other.take_parts({}));
  EXPECT_FALSE(other.take_parts({parts.front()})) << "a part is missing";
  std::vector<std::string> damaged = parts;
  damaged.front().front() = 9;
  EXPECT_FALSE(other.take_parts(damaged)) << "another version's";
  damaged = parts;
  damaged.back().pop_back();
  EXPECT_FALSE(other.take_parts(damaged));
  for (size_t at = 0; at < parts.front().size(); at += 1'009) {
    damaged = parts;
    damaged.front()[at] = static_cast<char>(damaged.front()[at] ^ 0x55);
    (void)other.take_parts(damaged);  // whatever comes of it: nothing is read or written out of bounds
  }
  EXPECT_TRUE(other.take_parts(parts));
}

}  // namespace
}  // namespace penstock
