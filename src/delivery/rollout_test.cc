#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "delivery/testing/delivering.h"
#include "delivery/testing/drive.h"

namespace penstock {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// Whole rollouts: the machine, the deliverer, real processes.
class RollsOut : public Delivering {
 protected:
  RollsOut() {
    RolloutSpec& spec = order_.environment.rollout;
    spec.environment = "production";
    spec.instances = 2;
    spec.steers_traffic = true;
    spec.health.start_within = std::chrono::seconds(20);
    spec.drain = Duration(0);
    spec.analysis_every = Duration(100);
    for (const size_t i : {0U, 2U}) {
      instances_[i + 1].address.host = instances_[i].address.host;
      spec.hosts.push_back({instances_[i].address.host, {instances_[i].address.port, instances_[i + 1].address.port}});
    }
  }

  /// Rolls out `to` over what stands.
  Rollout roll_out(const std::string& from, const std::string& to) {
    deliverer_.reset();
    order_.from = from;
    order_.to = to;
    order_.entry.rollout = std::to_string(++rollouts_) + "@laptop";
    order_.journal_seen = static_cast<int64_t>(ledger_->entries(0)->size());
    open();
    Result<Rollout> rollout = Rollout::create(order_.environment.rollout, from, to);
    if (!rollout.ok()) throw std::runtime_error(rollout.error().message);
    said_ = drive(*rollout, *deliverer_, clock_);
    return std::move(*rollout);
  }

  /// What stands with traffic: `r2 r2`.
  std::string serving() {
    std::vector<std::string> releases;
    for (const auto& one : *target_.observe()) {
      if (one.weight > 0) releases.push_back(one.instance.release);
    }
    std::sort(releases.begin(), releases.end());
    std::string text;
    for (const std::string& release : releases) text += (text.empty() ? "" : " ") + release;
    return text;
  }

  std::vector<JournalEntry::What> journal() {
    std::vector<JournalEntry::What> whats;
    const Result<std::vector<JournalEntry>> entries = ledger_->entries(0);
    for (const JournalEntry& entry : *entries) whats.push_back(entry.what);
    return whats;
  }

  /// Instances at addresses where none stands now answer so.
  void set_answer_of_new_ones(const std::string& answer) {
    for (const Instance& instance : instances_) {
      const bool is_old = std::any_of(old_.begin(), old_.end(),
                                      [&](const auto& one) { return one.instance.address == instance.address; });
      if (!is_old) target_.set_answer(instance.address, answer);
    }
  }

  std::vector<rollout_event::Observed::Standing> old_;
  int rollouts_ = 0;
  std::vector<std::string> said_;
};

const std::vector<std::pair<const char*, Strategy>>& strategies() {
  static const std::vector<std::pair<const char*, Strategy>> all = [] {
    strategy::Canary canary;
    canary.steps = {{strategy::CanaryStep::Weight{25}}, {strategy::CanaryStep::Pause{Duration(50)}}};
    strategy::BlueGreen blue_green;
    blue_green.keep_old = Duration(0);
    return std::vector<std::pair<const char*, Strategy>>{{"recreate", strategy::Recreate{}},
                                                         {"rolling", strategy::Rolling{}},
                                                         {"blue-green", blue_green},
                                                         {"canary", canary}};
  }();
  return all;
}

TEST_F(RollsOut, EachStrategyBringsTheNewReleaseToLive) {
  for (const auto& [name, strategy] : strategies()) {
    SCOPED_TRACE(name);
    order_.environment.rollout.strategy = strategy;
    EXPECT_EQ(roll_out("", "r1").phase(), RolloutPhase::live);
    EXPECT_EQ(serving(), "r1 r1");
    EXPECT_EQ(roll_out("r1", "r2").phase(), RolloutPhase::live);
    EXPECT_EQ(serving(), "r2 r2");
    EXPECT_EQ(target_.observe()->size(), 2U);
    for (const auto& one : *target_.observe()) ASSERT_TRUE(target_.stop(one.instance).ok());
    ASSERT_TRUE(target_.shift({}).ok());
  }
}

TEST_F(RollsOut, AReleaseThatNeverGetsReadyIsTakenBack) {
  order_.environment.rollout.strategy = strategy::BlueGreen{};
  ASSERT_EQ(roll_out("", "r1").phase(), RolloutPhase::live);
  old_ = *target_.observe();
  order_.environment.rollout.health.start_within = std::chrono::seconds(3);
  set_answer_of_new_ones("500");
  const Rollout rollout = roll_out("r1", "r2");
  EXPECT_EQ(rollout.phase(), RolloutPhase::taken_back);
  EXPECT_THAT(rollout.view().reason, HasSubstr("was not ready within 3.0s: GET /: 500"));
  EXPECT_THAT(rollout.view().log, HasSubstr("last words of web"));
  EXPECT_EQ(serving(), "r1 r1");
  EXPECT_EQ(target_.observe()->size(), 2U);
  EXPECT_THAT(journal(), Contains(JournalEntry::What::taken_back));
}

TEST_F(RollsOut, AHostThatCannotBePreparedTouchesNothing) {
  ASSERT_EQ(roll_out("", "r1").phase(), RolloutPhase::live);
  target_.before = [](const std::string& call) -> Result<> {
    if (call == "prepare web2") return Error{Fault::machine, "web2 can't be reached", "look at its network"};
    return success();
  };
  const Rollout rollout = roll_out("r1", "r2");
  EXPECT_EQ(rollout.phase(), RolloutPhase::taken_back);
  EXPECT_THAT(rollout.view().reason, HasSubstr("web2 can't be reached"));
  EXPECT_EQ(serving(), "r1 r1");
}

TEST_F(RollsOut, AReleaseThatGoesBadWhileItBakesIsTakenBack) {
  order_.environment.rollout.strategy = strategy::BlueGreen{};
  ASSERT_EQ(roll_out("", "r1").phase(), RolloutPhase::live);
  order_.environment.rollout.bake = std::chrono::seconds(20);
  old_ = *target_.observe();
  int shifts = 0;
  target_.before = [&](const std::string& call) -> Result<> {
    if (call == "shift" && ++shifts == 1) set_answer_of_new_ones("500");  // all is well until it has the traffic
    return success();
  };
  const Rollout rollout = roll_out("r1", "r2");
  EXPECT_EQ(rollout.phase(), RolloutPhase::taken_back) << rollout.view().reason;
  EXPECT_EQ(serving(), "r1 r1");
}

}  // namespace
}  // namespace penstock
