#include "environments/gate.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using What = GateAnswer::What;
using Entry = JournalEntry::What;

const Instant kNow{Duration(1'795'000'000'000)};

class NoZones final : public TimeZones {
 public:
  Result<std::shared_ptr<const TimeZone>> find(std::string_view name) override {
    return Error{Fault::user, "no zone " + std::string(name), {}};
  }
};

class GateTest : public testing::Test {
 protected:
  GateTest() {
    release_.id = "new";
    release_.name = "app-2.8.0";
  }

  GateAnswer ask() {
    NoZones zones;
    const auto calendar = FreezeCalendar::create(freezes_, zones);
    EXPECT_TRUE(calendar.ok()) << calendar.error().message;
    return ask_gate({"production",
                     {file_, rule_, release_, {}, "5@laptop"},
                     queue_,
                     journal_,
                     *calendar,
                     kNow,
                     5,
                     others_,
                     rollback_,
                     force_,
                     older_,
                     override_,
                     waited_});
  }
  void record(Entry what, const std::string& release, const std::string& name) {
    JournalEntry entry;
    entry.number = static_cast<int64_t>(journal_.size()) + 1;
    entry.what = what;
    entry.release = release;
    entry.name = name;
    entry.by = {"ana", "ana@example.org", false};
    journal_.push_back(entry);
  }
  void freeze() {
    FreezeWindow window;
    window.name = "weekend";
    window.from = kNow - std::chrono::hours(1);
    window.to = kNow + std::chrono::hours(2);
    freezes_.push_back(window);
  }

  EnvironmentsFile file_;
  ApprovalRule rule_;
  Release release_;
  EnvironmentQueue queue_ = EnvironmentQueue::unordered;
  std::vector<JournalEntry> journal_;
  std::vector<FreezeWindow> freezes_;
  std::vector<QueuedRollout> others_;
  bool rollback_ = false;
  bool force_ = false;
  bool older_ = false;
  bool override_ = false;
  bool waited_ = false;
};

TEST_F(GateTest, IsOpenWhereNothingIsAsked) { EXPECT_EQ(ask().what, What::go); }

TEST_F(GateTest, WaitsForApprovals) {
  rule_.required = 1;
  EXPECT_EQ(ask().what, What::ask_person);
  EXPECT_EQ(ask().words, "approval (0 of 1): needs 1");
  record(Entry::approved, "new", "app-2.8.0");
  EXPECT_EQ(ask().what, What::go);
  journal_.clear();
  record(Entry::rejected, "new", "app-2.8.0");
  EXPECT_EQ(ask().what, What::ask_person) << "another rollout of it was";
  journal_.back().rollout = "5@laptop";
  EXPECT_EQ(ask().what, What::refused);
}

TEST_F(GateTest, WaitsForTheEndOfAFreezeUnlessItIsOverridden) {
  freeze();
  const GateAnswer frozen = ask();
  EXPECT_EQ(frozen.what, What::wait_until);
  EXPECT_EQ(frozen.words, "the freeze \"weekend\" to end");
  EXPECT_EQ(frozen.due, kNow + std::chrono::hours(2));
  override_ = true;
  EXPECT_EQ(ask().what, What::go);
}

TEST_F(GateTest, LetsARollbackPassAtOnce) {
  freeze();
  rule_.required = 2;
  record(Entry::rolled_back, "old", "app-2.7.0");
  rollback_ = true;
  EXPECT_EQ(ask().what, What::go);
}

TEST_F(GateTest, RefusesWhatAPinForbids) {
  record(Entry::rolled_back, "old", "app-2.7.0");
  EXPECT_EQ(ask().what, What::refused);
  EXPECT_EQ(ask().words, "production is pinned to app-2.7.0 by ana");
  force_ = true;
  EXPECT_EQ(ask().what, What::refused) << "a person's pin is ended by a person";
  record(Entry::unpinned, "old", "app-2.7.0");
  EXPECT_EQ(ask().what, What::go);
}

TEST_F(GateTest, TellsTwoBuildsOfOneVersionApart) {
  release_.name = "app-2.7.0";
  record(Entry::rolled_back, "0123456789abcdef", "app-2.7.0");
  EXPECT_EQ(ask().words, "production is pinned to app-2.7.0 (another build: 0123456789ab) by ana");
}

TEST_F(GateTest, RefusesAnOlderCommitUnlessForced) {
  record(Entry::promoted, "newer", "app-2.9.0");
  older_ = true;
  EXPECT_EQ(ask().what, What::refused);
  EXPECT_EQ(ask().words, "app-2.8.0 is older than what is live (app-2.9.0)");
  waited_ = true;
  EXPECT_EQ(ask().what, What::superseded) << "it was asked for before that";
  EXPECT_EQ(ask().words, "superseded by app-2.9.0, which is newer and live");
  force_ = true;
  EXPECT_EQ(ask().what, What::go);
}

TEST_F(GateTest, LetsOneRolloutGoAtATime) {
  others_ = {{4, "app-2.7.9", "ben", true, true}};
  for (const auto mode : {EnvironmentQueue::unordered, EnvironmentQueue::oldest_first, EnvironmentQueue::newest_only,
                          EnvironmentQueue::newest_ready_first}) {
    queue_ = mode;
    EXPECT_EQ(ask().what, What::wait_in_line);
    EXPECT_EQ(ask().words, "rollout 4 (app-2.7.9, ben) to end");
    others_.front().held_by = "nobody drives: ci resume";
    EXPECT_EQ(ask().words, "rollout 4 (app-2.7.9, ben) to end, which nobody drives: ci resume");
    others_.front().held_by.clear();
  }
}

TEST_F(GateTest, KeepsTheOrderOfItsQueue) {
  others_ = {{4, "app-2.7.9", "ben", false, false}};
  queue_ = EnvironmentQueue::oldest_first;
  EXPECT_EQ(ask().what, What::wait_in_line);
  queue_ = EnvironmentQueue::unordered;
  EXPECT_EQ(ask().what, What::go);

  others_ = {{6, "app-2.9.0", "ben", false, false}};
  queue_ = EnvironmentQueue::newest_only;
  EXPECT_EQ(ask().what, What::superseded);
  queue_ = EnvironmentQueue::newest_ready_first;
  EXPECT_EQ(ask().what, What::go) << "the newer one isn't ready";
  others_[0].ready = true;
  EXPECT_EQ(ask().what, What::wait_in_line);
}

}  // namespace
}  // namespace penstock
