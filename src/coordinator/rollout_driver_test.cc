#include "coordinator/rollout_driver.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "calendar/freeze_calendar.h"
#include "coordinator/waiter.h"
#include "os/testing/fake_clock.h"
#include "rollout/testing/play.h"
#include "rollout/testing/world.h"
#include "store/driver_lease.h"
#include "store/sqlite_store.h"

namespace penstock {
namespace {

using testing::RolloutWorld;
using How = RolloutEnd::How;

/// A simulated target in fake time, with what it has told and nobody has heard yet.
struct Scene {
  explicit Scene(const RolloutSpec& spec, uint64_t seed = 1) : world(spec, seed, {}) { clock.jump_to(world.now()); }
  RolloutWorld world;
  os::FakeClock clock;
  std::vector<RolloutEvent> told;
  std::string held_by;
  int hands = 0;  ///< Deliverers that there are.
};

class SceneDeliverer final : public Deliverer {
 public:
  explicit SceneDeliverer(Scene& scene) : scene_(scene) { ++scene.hands; }
  ~SceneDeliverer() override {
    --scene_.hands;
    scene_.told.clear();
    scene_.world.driver_dies();
  }
  void observe() override {
    if (!scene_.held_by.empty()) {
      scene_.told.push_back({scene_.world.now(), rollout_event::LeaseLost{scene_.held_by}});
    } else {
      scene_.told.push_back({scene_.world.now(), scene_.world.observe()});
    }
  }
  void act(const RolloutCommand& command) override { scene_.world.act(command); }
  std::vector<RolloutEvent> take_events() override { return std::exchange(scene_.told, {}); }
  [[nodiscard]] int fd() const override { return -1; }

 private:
  Scene& scene_;
};

/// Time passes when somebody waits.
class SceneWaiter final : public Waiter {
 public:
  explicit SceneWaiter(Scene& scene) : scene_(scene) {}
  void watch(int, std::function<void()>) override {}
  void unwatch(int) override {}
  void wait(std::optional<Instant> until) override {
    if (!scene_.told.empty()) return;
    if (auto event = scene_.world.next(until)) scene_.told.push_back(*std::move(event));
    scene_.clock.jump_to(scene_.world.now());
    if (on_wait) on_wait();
  }
  std::function<void()> on_wait;

 private:
  Scene& scene_;
};

class Listener final : public RolloutObserver {
 public:
  void changed(const RolloutRecord& /*record*/, const RolloutView& view) override { views.push_back(view); }
  void said(Instant /*at*/, const std::string& line) override { lines.push_back(line); }
  std::vector<RolloutView> views;
  std::vector<std::string> lines;
};

/// The store of one test, which can die before a commit.
class DyingStore final : public RolloutStore {
 public:
  explicit DyingStore(RolloutStore& store) : store_(store) {}
  int commits_left = -1;  ///< -1: it never dies.

  Result<StoredRollout> create_rollout(const RolloutFacts& facts, const RolloutSummary& summary, Instant at) override {
    return store_.create_rollout(facts, summary, at);
  }
  Result<StoredRollout> load_rollout(int64_t rollout) override { return store_.load_rollout(rollout); }
  Result<> set_facts(int64_t rollout, const RolloutFacts& facts) override { return store_.set_facts(rollout, facts); }
  Result<> commit_rollout(const RolloutTransition& transition) override {
    if (commits_left == 0) return Error{Fault::machine, "the disk is full", {}};
    if (commits_left > 0) --commits_left;
    return store_.commit_rollout(transition);
  }
  Result<> post_steering(int64_t rollout, const rollout_event::Steered& steered) override {
    return store_.post_steering(rollout, steered);
  }
  Result<std::vector<PostedSteering>> steering(int64_t rollout) override { return store_.steering(rollout); }
  Result<std::vector<RolloutRecord>> rollouts(const std::string& environment, size_t limit) override {
    return store_.rollouts(environment, limit);
  }
  Result<std::vector<RolloutRecord>> open_rollouts() override { return store_.open_rollouts(); }
  Result<std::vector<RolloutRecord>> kept_rollouts() override { return store_.kept_rollouts(); }
  Result<std::vector<RolloutLine>> lines(int64_t rollout) override { return store_.lines(rollout); }
  Result<std::vector<std::string>> analyses(int64_t rollout) override { return store_.analyses(rollout); }

 private:
  RolloutStore& store_;
};

class RolloutDriverTest : public ::testing::Test {
 protected:
  RolloutDriverTest() {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("rollout_driver_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    sqlite_ = *open_sqlite_store(folder_ / "state.db");
    store_ = std::make_unique<DyingStore>(*sqlite_);
    leases_ = open_folder_leases(folder_ / "locks");
    spec_ = testing::spec_of(strategy::Rolling{}, 2, 4, 4);
    set_scene();
  }
  ~RolloutDriverTest() override {
    sqlite_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// Four instances of the old release serve.
  void set_scene() {
    store_->commits_left = -1;
    scene_ = std::make_unique<Scene>(spec_);
    for (int i = 0; i < 4; ++i) {
      scene_->world.place({"web-" + std::to_string(i % 2 + 1), 8100 + i / 2}, "old");
    }
    scene_->world.share_traffic_among("old");
  }

  int64_t create() {
    RolloutFacts facts;
    facts.environment = "production";
    facts.release = "new";
    facts.release_name = "app-2.8.0";
    facts.from = "old";
    facts.from_name = "app-2.7.3";
    return store_->create_rollout(facts, {}, scene_->clock.now())->record.id;
  }
  Result<RolloutEnd> drive(int64_t rollout, const FreezeCalendar* freezes = nullptr) {
    SceneWaiter waiter(*scene_);
    RolloutDriver driver({*store_, *leases_, waiter, scene_->clock, listener_, freezes, before_end_});
    waiter.on_wait = [&] {
      if (on_wait_) on_wait_(driver);
    };
    return driver.drive(rollout, spec_, [&](const StoredRollout&) {
      return Result<std::unique_ptr<Deliverer>>(std::make_unique<SceneDeliverer>(*scene_));
    });
  }
  int running(const std::string& release) const {
    int count = 0;
    for (const auto& [address, instance] : scene_->world.instances()) {
      if (instance.running && instance.release == release) ++count;
    }
    return count;
  }

  std::filesystem::path folder_;
  std::unique_ptr<SqliteStore> sqlite_;
  std::unique_ptr<DyingStore> store_;
  std::unique_ptr<DriverLeases> leases_;
  RolloutSpec spec_;
  std::unique_ptr<Scene> scene_;
  Listener listener_;
  std::function<void(RolloutDriver&)> on_wait_;
  std::function<void()> before_end_;
};

TEST_F(RolloutDriverTest, BringsAReleaseToItsEnd) {
  const auto end = drive(create());
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->how, How::ended);
  EXPECT_TRUE(end->summary.succeeded);
  EXPECT_TRUE(end->summary.promoted_at.has_value());
  EXPECT_EQ(running("new"), 4);
  EXPECT_EQ(running("old"), 0);
  ASSERT_FALSE(listener_.lines.empty());
  EXPECT_EQ(listener_.lines.back(), "new is live");
  EXPECT_EQ(store_->lines(1)->size(), listener_.lines.size()) << "what is told is kept";
  EXPECT_TRUE(scene_->world.offences().empty()) << scene_->world.offences().front();
}

TEST_F(RolloutDriverTest, LetsTheEnvironmentGoBeforeItsEndIsDurable) {
  for (const bool succeeds : {true, false}) {
    const int64_t id = create();
    if (!succeeds) {
      ASSERT_TRUE(store_->post_steering(id, {rollout_event::Steered::What::abort, {"Ana", "", false}, ""}).ok());
    }
    int calls = 0;
    before_end_ = [&] {
      ++calls;
      EXPECT_EQ(scene_->hands, 0);
      EXPECT_FALSE(store_->load_rollout(id)->record.summary.ended);
    };
    const auto end = drive(id);
    ASSERT_TRUE(end.ok()) << end.error().message;
    EXPECT_EQ(end->summary.succeeded, succeeds);
    EXPECT_EQ(calls, 1);
    set_scene();
  }
}

TEST_F(RolloutDriverTest, GoesOnFromWhateverWasDurableWhenItsDriverDied) {
  for (int commits = 0; commits < 40; commits += 2) {
    SCOPED_TRACE("the driver dies before commit " + std::to_string(commits));
    set_scene();
    const int64_t id = create();
    store_->commits_left = commits;
    auto end = drive(id);
    const bool died = !end.ok();
    if (died) {
      store_->commits_left = -1;
      end = drive(id);
    }
    ASSERT_TRUE(end.ok()) << end.error().message;
    EXPECT_TRUE(end->summary.succeeded) << end->summary.reason;
    EXPECT_EQ(running("new"), 4);
    EXPECT_EQ(running("old"), 0);
    EXPECT_TRUE(scene_->world.offences().empty()) << scene_->world.offences().front();
    if (!died) return;  // it had no more commits than that
  }
  FAIL() << "a rollout of four instances should need fewer commits";
}

TEST_F(RolloutDriverTest, HearsWhatAPersonWantsFromAnotherProcess) {
  const int64_t id = create();
  int waits = 0;
  on_wait_ = [&](RolloutDriver& driver) {
    if (++waits == 5) driver.steer({rollout_event::Steered::What::abort, {"Ana", "", false}, "wrong version"});
  };
  const auto end = drive(id);
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_FALSE(end->summary.succeeded);
  EXPECT_EQ(end->summary.phase, "taken_back");
  EXPECT_NE(end->summary.reason.find("wrong version"), std::string::npos) << end->summary.reason;
  EXPECT_EQ(running("old"), 4);
  EXPECT_EQ(running("new"), 0);
}

TEST_F(RolloutDriverTest, TakesUpAWishThatWasLeftBeforeItCame) {
  const int64_t id = create();
  ASSERT_TRUE(store_->post_steering(id, {rollout_event::Steered::What::abort, {"Ana", "", false}, "never mind"}).ok());
  const auto end = drive(id);
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_FALSE(end->summary.succeeded);
  EXPECT_TRUE(store_->steering(id)->empty());
  EXPECT_EQ(running("old"), 4);
}

TEST_F(RolloutDriverTest, TouchesNothingWhereSomebodyElseHoldsTheEnvironment) {
  scene_->held_by = "ben on laptop-9";
  const auto end = drive(create());
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->how, How::held);
  EXPECT_EQ(end->holder, "ben on laptop-9");
  EXPECT_EQ(running("old"), 4);
  EXPECT_TRUE(scene_->world.journal().empty());
}

TEST_F(RolloutDriverTest, LeavesItAsItStandsAndGoesOnLater) {
  const int64_t id = create();
  int waits = 0;
  on_wait_ = [&](RolloutDriver& driver) {
    if (++waits == 4) driver.leave();
  };
  auto end = drive(id);
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->how, How::left);
  EXPECT_FALSE(end->summary.ended);
  on_wait_ = nullptr;
  end = drive(id);
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_TRUE(end->summary.succeeded);
}

TEST_F(RolloutDriverTest, OneProcessDrivesIt) {
  const int64_t id = create();
  const auto other = leases_->try_acquire(id);
  ASSERT_TRUE(other.ok() && *other);
  const auto end = drive(id);
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->how, How::elsewhere);
  EXPECT_EQ(running("new"), 0);
}

}  // namespace
}  // namespace penstock
