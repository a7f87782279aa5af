#include "cli/rollout_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text_width.h"

namespace penstock {
namespace {

using testing::ElementsAre;

InstanceView instance(const std::string& host, int port, InstanceGroup group, int weight,
                      InstanceView::State state = InstanceView::State::ready) {
  InstanceView view;
  view.instance = {{host, port}, "r", group};
  view.weight = weight;
  view.state = state;
  return view;
}

RolloutPicture canary() {
  RolloutPicture picture;
  picture.environment = "production";
  picture.strategy = "canary";
  picture.to = "app-2.8.0";
  picture.from = "app-2.7.3";
  picture.now = Instant(std::chrono::hours(1));
  picture.began_at = picture.now - std::chrono::seconds(190);
  picture.view.phase = RolloutPhase::rolling_out;
  picture.view.step = 2;
  picture.view.steps = 5;
  picture.view.step_name = "25%";
  picture.view.next_at = picture.now + std::chrono::seconds(110);
  picture.view.analysis = "errors 0.21% against 0.19%: no difference";
  picture.view.instances = {instance("web-1", 8101, InstanceGroup::incoming, 1000),
                            instance("web-1", 8100, InstanceGroup::stable, 4500),
                            instance("web-2", 8100, InstanceGroup::stable, 4500, InstanceView::State::unready)};
  return picture;
}

TEST(RolloutView, ShowsTrafficInstancesMetricsAndWhatGoesOn) {
  EXPECT_THAT(draw(canary(), Style{}, 80),
              ElementsAre("production · canary app-2.8.0 over app-2.7.3                 step 2 of 5 · 3m10s",
                          "  traffic  2.8.0 ██░░░░░░░░░░░░░░░░░░  10%      2.7.3 90%",  //
                          "  2.8.0    web-1:8101 ✓",                                    //
                          "  2.7.3    web-1:8100 ✓   web-2:8100 ✗",
                          "  metrics  errors 0.21% against 0.19%: no difference",  //
                          "  now      25%, 1m50s left                    ci rollout pause · promote · abort"));
}

TEST(RolloutView, IsNeverWiderThanTheTerminal) {
  RolloutPicture picture = canary();
  for (int port = 8102; port < 8120; ++port) {
    picture.view.instances.push_back(instance("a-host-with-a-long-name", port, InstanceGroup::stable, 0));
  }
  picture.view.waits_for = "somebody who has a very long name indeed: ci rollout continue production";
  for (size_t width = 1; width < 140; ++width) {
    for (const std::string& line : draw(picture, Style{}, width)) {
      EXPECT_LE(display_width(line), width) << "at " << width << ": " << line;
    }
  }
}

TEST(RolloutView, NamesReleasesInFullWhereTheyAreNotVersionsOfOneThing) {
  EXPECT_EQ(short_release("app-2.8.0", "app-2.7.3"), "2.8.0");
  EXPECT_EQ(short_release("app-2.8.0", "tool-1.0"), "app-2.8.0");
  EXPECT_EQ(short_release("app-2.8.0", ""), "app-2.8.0");
  EXPECT_EQ(short_release("site.tar", "app-1"), "site.tar");
}

TEST(RolloutView, NeverCutsNumbersWhereItIsNarrow) {
  const std::vector<std::string> lines = draw(canary(), Style{}, 44);
  EXPECT_EQ(lines[0], "production · 2.8.0       step 2 of 5 · 3m10s");
  EXPECT_EQ(lines[1], "  traffic  2.8.0 █░░░░░░  10%      2.7.3 90%");
}

TEST(RolloutView, SaysHowManyInstancesItStarts) {
  RolloutPicture picture = canary();
  picture.view.instances[0].state = InstanceView::State::starting;
  picture.view.next_at.reset();
  EXPECT_EQ(draw(picture, Style{}, 60).back(), "  now      25%, starts 1 instance");
}

TEST(RolloutView, CountsInstancesThatHaveNoRoom) {
  RolloutPicture picture = canary();
  for (int port = 8102; port < 8200; ++port)
    picture.view.instances.push_back(instance("web-3", port, InstanceGroup::stable, 0));
  EXPECT_THAT(draw({picture}, Style{}, 60, 7),
              ElementsAre("production · canary 2.8.0 over 2.7.3     step 2 of 5 · 3m10s",
                          "  traffic  2.8.0 ██░░░░░░░░░░░░░░░░░░  10%      2.7.3 90%",  //
                          "  2.8.0    1 ready",                                         //
                          "  2.7.3    99 ready, 1 not ready",
                          "  metrics  errors 0.21% against 0.19%: no difference",  //
                          "  now      25%, 1m50s left"));
  EXPECT_EQ(draw({picture}, Style{}, 60, 5).size(), 2U);
  EXPECT_EQ(draw({picture}, Style{}, 60, 1).size(), 1U);
}

TEST(RolloutView, HasAnAsciiForm) {
  for (const std::string& line : draw(canary(), Style{false, false}, 80)) {
    for (const char c : line) EXPECT_GE(c, ' ') << line;
  }
}

TEST(RolloutView, SaysThatNobodyWatches) {
  RolloutPicture picture = canary();
  picture.watched = false;
  EXPECT_EQ(draw(picture, Style{}, 80).back(), "  now      unwatched: nobody drives it (ci resume)");
}

TEST(RolloutView, SeveralStandUnderEachOtherInWholeWhereThereIsRoom) {
  RolloutPicture api = canary();
  api.environment = "shop/api";
  RolloutPicture web = canary();
  web.environment = "shop/web";
  web.strategy = "rolling";
  const std::vector<RolloutPicture> both = {api, web};
  const Style plain;
  const std::vector<std::string> one = draw(api, plain, 80);
  EXPECT_EQ(draw(both, plain, 80, 40).size(), 2 * one.size());
  EXPECT_EQ(draw(both, plain, 80, 2 * one.size()).size(), 2 * one.size());
  const std::vector<std::string> brief = draw(both, plain, 80, 2 * one.size() - 1);
  ASSERT_EQ(brief.size(), 4U);
  EXPECT_THAT(brief[0], testing::StartsWith("shop/api"));
  EXPECT_THAT(brief[1], testing::HasSubstr("now"));
  EXPECT_THAT(brief[2], testing::StartsWith("shop/web"));
  EXPECT_EQ(draw(both, plain, 80, 3), (std::vector<std::string>{brief[0], brief[2]}));
  EXPECT_EQ(draw(both, plain, 80, 1).size(), 1U);
}

}  // namespace
}  // namespace penstock
