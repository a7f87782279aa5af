#include "target_hosts/haproxy.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "target_hosts/testing/hosts_fixture.h"

// The proxy that Penstock configures, by its target's door.
namespace penstock {
namespace {

using testing::HasSubstr;

class TrafficByHaproxy : public PreparedHosts {
 protected:
  std::map<std::string, int> served(int requests) {
    std::map<std::string, int> by_release;
    for (int i = 0; i < requests; ++i) ++by_release[get(front_).substr(0, 30)];
    return by_release;
  }
  static std::string of(const Release& release) { return ("{\"RELEASE\": \"" + release.id).substr(0, 30); }
};

TEST_F(TrafficByHaproxy, SplitTrafficAsToldAndObserveIt) {
  const Release one = script_release("1");
  const Release two = script_release("2");
  bring_up(instance(0, one), one);
  bring_up(instance(1, two, InstanceGroup::incoming), two);
  EXPECT_EQ(get(front_), "503");
  shift({{{"local", ports_[0]}, 7500}, {{"local", ports_[1]}, 2500}});
  std::map<std::string, int> counts = served(40);
  EXPECT_EQ(counts[of(one)], 30);
  EXPECT_EQ(counts[of(two)], 10);
  auto standing = target_->observe().value();
  ASSERT_EQ(standing.size(), 2u);
  for (const auto& each : standing) {
    EXPECT_TRUE(each.running);
    const bool canary = each.instance.release == two.id;
    EXPECT_EQ(each.weight, canary ? 2500 : 7500);
    EXPECT_EQ(each.instance.group, canary ? InstanceGroup::incoming : InstanceGroup::stable);
  }
  shift({{{"local", ports_[1]}, 10000}});
  EXPECT_EQ(served(10)[of(two)], 10);
}

TEST_F(TrafficByHaproxy, KeepTheSplitWhenTheProxyIsKilledInTheMiddleOfACanary) {
  const Release one = script_release("1");
  const Release two = script_release("2");
  bring_up(instance(0, one), one);
  bring_up(instance(1, two, InstanceGroup::incoming), two);
  shift({{{"local", ports_[0]}, 9000}, {{"local", ports_[1]}, 1000}});
  ASSERT_TRUE(kill_programs("haproxy/cfg"));
  ASSERT_TRUE(eventually([&] { return get(front_).find("RELEASE") != std::string::npos; }));
  std::map<std::string, int> counts = served(40);
  EXPECT_EQ(counts[of(one)] + counts[of(two)], 40);
  EXPECT_NEAR(counts[of(two)], 4, 1);
  ASSERT_TRUE(eventually([&] { return target_->observe().ok(); }));
  for (const auto& each : target_->observe().value()) {
    EXPECT_EQ(each.weight, each.instance.release == two.id ? 1000 : 9000);
  }
}

TEST_F(TrafficByHaproxy, LeaveTrafficAsItIsWhenSetUpAgain) {
  const Release one = script_release("1");
  bring_up(instance(0, one), one);
  shift({{{"local", ports_[0]}, 10000}});
  spec_.rollout.hosts[0].ports.push_back(free_ports(1)[0]);
  open();
  ASSERT_TRUE(target_->setup().ok());
  EXPECT_EQ(served(10)[of(one)], 10);
}

TEST_F(TrafficByHaproxy, FailNoRequestWhileTrafficMovesAndTheProxyIsReloaded) {
  const Release one = script_release("1");
  const Release two = script_release("2");
  bring_up(instance(0, one), one);
  bring_up(instance(1, two, InstanceGroup::incoming), two);
  shift({{{"local", ports_[0]}, 10000}});
  const int failed = failed_visits_while([&](int round) {
    shift({{{"local", ports_[1]}, 10000}});
    shift({{{"local", ports_[0]}, 5000}, {{"local", ports_[1]}, 5000}});
    TrafficSplit by_header;  // another structure: the proxy is reloaded
    by_header.shares = {{{"local", ports_[0]}, 10000}};
    by_header.header = {"X-Try", std::to_string(round)};
    ASSERT_TRUE(target_->shift(by_header).ok());
  });
  EXPECT_EQ(failed, 0);
}

TEST_F(TrafficByHaproxy, LeaveTrafficWhereItIsWhenOtherPortsAreDeclared) {
  const Release one = script_release("1");
  bring_up(instance(0, one), one);
  shift({{{"local", ports_[0]}, 10000}});
  spec_.rollout.hosts = {{"local", {ports_[1], ports_[2]}}};
  open();
  const auto standing = target_->observe();
  ASSERT_TRUE(standing.ok() && standing->size() == 1);
  EXPECT_GT(standing->front().weight, 0);
  ASSERT_TRUE(target_->setup().ok());
  EXPECT_THAT(get(front_), HasSubstr(one.id));
  shift({{{"local", ports_[0]}, 10000}});
  EXPECT_THAT(get(front_), HasSubstr(one.id));
}

TEST_F(TrafficByHaproxy, SendRequestsWithTheHeaderToThoseThatAreNamed) {
  const Release one = script_release("1");
  const Release two = script_release("2");
  bring_up(instance(0, one, InstanceGroup::incoming), one);  // as every live one came
  bring_up(instance(1, two, InstanceGroup::incoming), two);
  TrafficSplit split;
  split.shares = {{{"local", ports_[0]}, 10000}};
  split.header = {"X-Group", "try it"};
  split.by_header = {{"local", ports_[1]}};
  Result<> shifted = target_->shift(split);
  ASSERT_TRUE(shifted.ok()) << shifted.error().message;
  EXPECT_THAT(get(front_, "/", {{"X-Group", "try it"}}), HasSubstr(two.id));
  EXPECT_THAT(get(front_, "/", {{"X-Group", "other"}}), HasSubstr(one.id));
}

TEST_F(TrafficByHaproxy, SteerAndCountEachRequestAsSoonAsTheProxyWasReloaded) {
  const Release one = script_release("1");
  const Release two = script_release("2");
  bring_up(instance(0, one), one);
  bring_up(instance(1, two, InstanceGroup::incoming), two);
  shift({{{"local", ports_[0]}, 10000}});
  std::atomic<int> counted = 0;
  std::jthread watcher([&](const std::stop_token& stop) {
    (void)target_->watch_requests(stop, [&](const ServedRequest& each) { counted += each.address.port == ports_[1]; });
  });
  for (int i = 0; i < 2; ++i) {
    TrafficSplit by_header;
    by_header.shares = {{{"local", ports_[0]}, 10000}};
    by_header.header = {"X-Try", std::to_string(i)};
    by_header.by_header = {{"local", ports_[1]}};
    ASSERT_TRUE(target_->shift(by_header).ok());
    const auto ask = [&] { return get(front_, "/", {{"X-Try", std::to_string(i)}}); };
    for (int j = 0; j < 10; ++j) EXPECT_THAT(ask(), HasSubstr(two.id));
    const int so_far = counted;
    ASSERT_TRUE(eventually([&] { return ask(), counted > so_far; })) << "the watch is with the old worker";
  }
}

TEST_F(TrafficByHaproxy, ShowTheNewColourAtThePreviewAddress) {
  const Release one = script_release("1");
  const Release two = script_release("2");
  bring_up(instance(0, one), one);
  bring_up(instance(1, two, InstanceGroup::incoming), two);
  TrafficSplit split;
  split.shares = {{{"local", ports_[0]}, 10000}};
  split.preview = {{"local", ports_[1]}};
  ASSERT_TRUE(target_->shift(split).ok());
  EXPECT_THAT(get(preview_), HasSubstr(two.id));
  EXPECT_THAT(get(front_), HasSubstr(one.id));
}

TEST_F(TrafficByHaproxy, TellEachServedRequestAndCountTheOpenOnes) {
  const Release one = script_release("1");
  bring_up(instance(0, one), one);
  shift({{{"local", ports_[0]}, 10000}});
  std::mutex mutex;
  std::vector<ServedRequest> seen;
  std::jthread watcher([&](std::stop_token stop) {
    EXPECT_TRUE(target_
                    ->watch_requests(stop,
                                     [&](const ServedRequest& request) {
                                       const std::lock_guard lock(mutex);
                                       seen.push_back(request);
                                     })
                    .ok());
  });
  auto count = [&](int status) {
    const std::lock_guard lock(mutex);
    return std::count_if(seen.begin(), seen.end(), [&](const auto& request) { return request.status == status; });
  };
  ASSERT_TRUE(eventually([&] { return get(front_), count(200) > 0; }));  // it listens
  get(front_, "/?status=500");
  EXPECT_TRUE(eventually([&] { return count(500) == 1; }));
  EXPECT_EQ(target_->open_requests(instance(0, one)).value(), 0);
  std::jthread slow([&] { get(front_, "/?sleep=0.5"); });
  EXPECT_TRUE(eventually([&] { return target_->open_requests(instance(0, one)).value() == 1; }));
  slow.join();
  EXPECT_TRUE(eventually([&] { return target_->open_requests(instance(0, one)).value() == 0; }));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(seen.back().address, instance(0, one).address);
}

}  // namespace
}  // namespace penstock
