#include "target_hosts/haproxy_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ProxyConfig config() {
  ProxyConfig config;
  config.spec.listen = ":80";
  config.folder = "/var/lib/penstock/production/haproxy";
  config.slots = {{{"web-1", 8101}, "10.0.0.1"}, {{"deploy@web-2", 8101}, "10.0.0.2"}};
  config.split.shares = {{{"web-1", 8101}, 9500}, {{"deploy@web-2", 8101}, 500}};
  return config;
}

TEST(ProxyWeights, GiveEveryShareAboveZeroSomething) {
  EXPECT_THAT(proxy_weights({{{"a", 1}, 9999}, {{"b", 1}, 1}, {{"c", 1}, 0}}), ElementsAre(256, 1, 0));
  EXPECT_THAT(proxy_weights({{{"a", 1}, 0}}), ElementsAre(0));
  EXPECT_TRUE(proxy_weights({}).empty());
}

TEST(ProxyWeights, AreExactWhereWholeNumbersAllowIt) {
  EXPECT_THAT(proxy_weights({{{"a", 1}, 9500}, {{"b", 1}, 500}}), ElementsAre(247, 13));
  EXPECT_THAT(proxy_weights({{{"a", 1}, 3000}, {{"b", 1}, 3000}, {{"c", 1}, 4000}}), ElementsAre(192, 192, 256));
}

TEST(ProxyWeights, StayWithinTwoThousandthsOfWhatIsAskedForWhereverAShareIsNotTiny) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<TrafficSplit::Share> shares;
    int left = 10000;
    const size_t count = 2 + random() % 6;
    for (size_t i = 0; i + 1 < count; ++i) {
      const int share = 100 + static_cast<int>(random() % 1500);
      shares.push_back({{"h", static_cast<int>(i)}, std::min(share, left)});
      left -= shares.back().weight;
    }
    shares.push_back({{"h", 99}, left});
    const std::vector<int> weights = proxy_weights(shares);
    double sum = 0;
    for (int weight : weights) sum += weight;
    for (size_t i = 0; i < shares.size(); ++i) {
      ASSERT_LE(weights[i], 256);
      EXPECT_NEAR(weights[i] / sum, shares[i].weight / 10000.0, 0.002) << "round " << round;
    }
  }
}

TEST(HaproxyConfigs, HoldTheSplitAsOfTheirWriting) {
  const std::string text = render(config());
  EXPECT_THAT(text, HasSubstr("bind *:80\n"));
  EXPECT_THAT(text, HasSubstr("  server web-1:8101 10.0.0.1:8101 weight 247\n"));
  EXPECT_THAT(text, HasSubstr("  server deploy-web-2:8101 10.0.0.2:8101 weight 13\n"));
  EXPECT_THAT(text, Not(HasSubstr("backend preview")));
}

TEST(HaproxyConfigs, DifferInStructureOnlyByWhatTheRuntimeApiCannotSet) {
  ProxyConfig other = config();
  other.split.shares[0].weight = 0;
  other.split.by_header = {{"web-1", 8101}};
  EXPECT_EQ(structure_of(render(config())), structure_of(render(other)));
  EXPECT_THAT(render(other), HasSubstr("description " + structure_of(render(other))));
  other.split.header = {"X-Canary", "yes"};
  EXPECT_NE(structure_of(render(config())), structure_of(render(other)));
  ProxyConfig more = config();
  more.slots.push_back({{"web-3", 8101}, "10.0.0.3"});
  EXPECT_NE(structure_of(render(config())), structure_of(render(more)));
  EXPECT_EQ(structure_of("global\n"), "");
}

TEST(HaproxyConfigs, TellTheirSplitAgain) {
  ProxyConfig written = config();
  written.split.header = {"X-Canary", "a \"b\" c"};
  written.split.preview = {{"web-1", 8101}};
  written.split.by_header = {{"deploy@web-2", 8101}};
  const RenderedSplit read = split_of(render(written));
  EXPECT_EQ(read.split, written.split);
  EXPECT_EQ(read.split.by_header, written.split.by_header);
  EXPECT_EQ(read.addresses.at("web-1"), "10.0.0.1");
  EXPECT_EQ(split_of("# share web-1 x 3\n# share\nglobal\n# share web-1 1 1\n").split, TrafficSplit{});
}

TEST(HaproxyConfigs, TakeNobodyOutBeforeTheOthersAreIn) {
  ProxyConfig next = config();
  next.split.shares = {{{"deploy@web-2", 8101}, 10000}};
  EXPECT_THAT(
      runtime_commands(next),
      ElementsAre("set server live/deploy-web-2:8101 weight 256", "set server live/deploy-web-2:8101 state ready",
                  "set server live/web-1:8101 state maint", "set server incoming/web-1:8101 state maint",
                  "set server incoming/deploy-web-2:8101 state maint"));
}

TEST(HaproxyConfigs, QuoteWhatAUserWrote) {
  ProxyConfig odd = config();
  odd.split.header = {"X-A", "\" } ; $HOME\\"};
  EXPECT_THAT(render(odd), HasSubstr(R"(req.hdr(X-A) -m str "\" } ; \$HOME\\" })"));
}

TEST(HaproxyConfigs, OfTcpHaveNoHttpInThem) {
  ProxyConfig tcp = config();
  tcp.spec.http = false;
  tcp.split.header = {"X-A", "b"};
  const std::string text = render(tcp);
  EXPECT_THAT(text, HasSubstr("mode tcp"));
  EXPECT_THAT(text, Not(HasSubstr("http")));
  EXPECT_THAT(text, Not(HasSubstr("use_backend")));
}

}  // namespace
}  // namespace penstock
