#include "cli/quiet_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Instant kBegan{std::chrono::hours(1)};
Instant after(int seconds) { return kBegan + std::chrono::seconds(seconds); }

RolloutView starting() {
  RolloutView view;
  view.phase = RolloutPhase::rolling_out;
  view.step_name = "rolling";
  InstanceView instance;
  instance.instance.address = {"web-1", 8100};
  instance.state = InstanceView::State::starting;
  view.instances = {instance};
  view.next_at = after(30);
  return view;
}

RolloutView waiting(const std::string& what_for) {
  RolloutView view;
  view.waits_for = what_for;
  return view;
}

TEST(QuietWatchTest, TellsWhatItIsAboutOnceNothingWasToldForTwoSeconds) {
  QuietWatch watch("production");
  watch.said(kBegan, "step 1: rolling");
  watch.changed("production", starting());
  EXPECT_THAT(watch.due(after(1)), IsEmpty());
  EXPECT_THAT(watch.due(after(2)), ElementsAre("rolling, starts web-1:8100, 28s left"));
  EXPECT_THAT(watch.due(after(5)), IsEmpty()) << "told already";
}

TEST(QuietWatchTest, TellsTheSameAgainEverMoreSeldom) {
  QuietWatch watch("production");
  watch.said(kBegan, "step 1: rolling");
  watch.changed("production", waiting("a person"));
  std::vector<int> told;
  for (int second = 0; second < 200; ++second) {
    for (const std::string& line : watch.due(after(second))) {
      watch.said(after(second), line);
      told.push_back(second);
    }
  }
  EXPECT_THAT(told, ElementsAre(2, 32, 92));
}

TEST(QuietWatchTest, DoesNotRepeatWhatTheStoryHasJustTold) {
  QuietWatch watch("production");
  watch.said(kBegan, "waits for rollout 2 to end");
  watch.changed("production", waiting("rollout 2 to end"));
  EXPECT_THAT(watch.due(after(3)), IsEmpty());
}

TEST(QuietWatchTest, CallsServicesByTheirNames) {
  QuietWatch watch("shop");
  watch.said(kBegan, "api: step 1");
  watch.changed("shop/api", waiting("a person"));
  watch.changed("shop/web", waiting("api to be live"));
  EXPECT_THAT(watch.due(after(2)), ElementsAre("api: waits for a person", "web: waits for api to be live"));
  RolloutView ended;
  ended.phase = RolloutPhase::taken_back;
  watch.changed("shop/web", ended);
  EXPECT_THAT(watch.due(after(60)), ElementsAre("api: waits for a person"));
}

}  // namespace
}  // namespace penstock
