#include "rollout/environment_state.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using What = JournalEntry::What;

JournalEntry entry(What what, const std::string& release, const std::string& previous = {}) {
  JournalEntry entry;
  entry.what = what;
  entry.release = release;
  entry.previous = previous;
  return entry;
}

TEST(EnvironmentState, NothingIsLiveBeforeTheFirstPromotion) {
  EXPECT_FALSE(environment_state({}).live);
  const EnvironmentState begun = environment_state({entry(What::started, "a")});
  EXPECT_FALSE(begun.live);
  EXPECT_EQ(begun.under_way->release, "a");
}

TEST(EnvironmentState, TheLastPromotedReleaseIsLive) {
  const EnvironmentState state = environment_state({entry(What::started, "a"), entry(What::promoted, "a"),
                                                    entry(What::started, "b", "a"), entry(What::promoted, "b", "a")});
  EXPECT_EQ(state.live->release, "b");
  EXPECT_FALSE(state.under_way);
}

TEST(EnvironmentState, ARolloutThatIsTakenBackLeavesTheOldReleaseLive) {
  const std::vector<JournalEntry> before = {entry(What::started, "a"), entry(What::promoted, "a"),
                                            entry(What::started, "b", "a")};
  std::vector<JournalEntry> journal = before;
  journal.push_back(entry(What::taken_back, "b", "a"));
  EXPECT_EQ(environment_state(journal).live->release, "a");
  EXPECT_FALSE(environment_state(journal).under_way);

  journal = before;  // during its bake time
  journal.push_back(entry(What::promoted, "b", "a"));
  journal.push_back(entry(What::taken_back, "b", "a"));
  EXPECT_EQ(environment_state(journal).live->release, "a");

  EXPECT_FALSE(environment_state({entry(What::promoted, "a"), entry(What::taken_back, "a")}).live)
      << "the first release has nothing before it";
}

TEST(EnvironmentState, ARollbackPinsUntilItIsUnpinned) {
  std::vector<JournalEntry> journal = {entry(What::promoted, "a"), entry(What::promoted, "b", "a"),
                                       entry(What::rolled_back, "a", "b")};
  EXPECT_EQ(environment_state(journal).pin->release, "a");
  EXPECT_EQ(environment_state(journal).live->release, "a");
  journal.push_back(entry(What::unpinned, "a"));
  EXPECT_FALSE(environment_state(journal).pin);
}

TEST(EnvironmentState, WhatIsAskedWaitsUntilItBeginsIsRefusedOrWithdrawn) {
  const auto of = [](What what, const std::string& release, const std::string& rollout) {
    JournalEntry one = entry(what, release);
    one.rollout = rollout;
    return one;
  };
  const auto waiting = [&](const JournalEntry& last) {
    const EnvironmentState state =
        environment_state({of(What::asked, "a", "1@x"), of(What::asked, "b", "2@x"), entry(What::approved, "a"), last});
    std::string text;
    for (const JournalEntry& ask : state.asks) text += ask.release;
    return text;
  };
  EXPECT_EQ(waiting(entry(What::approved, "b")), "ab");
  EXPECT_EQ(waiting(of(What::started, "a", "1@x")), "b");
  EXPECT_EQ(waiting(of(What::rejected, "b", "2@x")), "a");
  EXPECT_EQ(waiting(of(What::rejected, "b", "7@x")), "ab") << "another one's";
  EXPECT_EQ(waiting(of(What::withdrawn, "a", "1@x")), "b");
}

TEST(EnvironmentState, IncidentsAreOpenUntilTheyAreClosed) {
  std::vector<JournalEntry> journal = {entry(What::incident_opened, "a"), entry(What::incident_opened, "b"),
                                       entry(What::incident_opened, "c")};
  for (size_t i = 0; i < journal.size(); ++i) journal[i].number = static_cast<int64_t>(i) + 1;
  EXPECT_EQ(environment_state(journal).incidents.size(), 3U);
  JournalEntry close = entry(What::incident_closed, {});
  close.incident = 2;
  journal.push_back(close);
  ASSERT_EQ(environment_state(journal).incidents.size(), 2U);
  EXPECT_EQ(environment_state(journal).incidents[1].release, "c");
  close.incident = 0;
  journal.push_back(close);
  ASSERT_EQ(environment_state(journal).incidents.size(), 1U) << "without a name it is the last one";
  EXPECT_EQ(environment_state(journal).incidents[0].release, "a");
}

TEST(EnvironmentState, ARollbackGoesToWhatWasLiveBefore) {
  EXPECT_EQ(live_before({}), "");
  std::vector<JournalEntry> journal = {entry(What::promoted, "a")};
  EXPECT_EQ(live_before(journal), "");
  journal.push_back(entry(What::promoted, "b", "a"));
  EXPECT_EQ(live_before(journal), "a");
  journal.push_back(entry(What::promoted, "b", "b"));
  EXPECT_EQ(live_before(journal), "a") << "a release that was deployed again";
  journal.push_back(entry(What::rolled_back, "a", "b"));
  EXPECT_EQ(live_before(journal), "b") << "the rollback of a rollback";
}

TEST(EnvironmentState, ARollbackPassesByWhatWasTakenBack) {
  const std::vector<JournalEntry> journal = {entry(What::promoted, "a"),      entry(What::promoted, "b", "a"),
                                             entry(What::promoted, "c", "b"), entry(What::taken_back, "c", "b"),
                                             entry(What::started, "d", "b"),  entry(What::taken_back, "d", "b")};
  EXPECT_EQ(live_before(journal), "a");
}

TEST(EnvironmentState, WhatARollbackPinnedIsFreeOnceThatIsTakenBack) {
  std::vector<JournalEntry> journal = {entry(What::promoted, "a"), entry(What::promoted, "b", "a"),
                                       entry(What::rolled_back, "a", "b")};
  EXPECT_EQ(environment_state(journal).pin->release, "a");
  journal.push_back(entry(What::taken_back, "a", "b"));
  EXPECT_EQ(environment_state(journal).live->release, "b");
  EXPECT_EQ(environment_state(journal).pin, std::nullopt);
}

}  // namespace
}  // namespace penstock
