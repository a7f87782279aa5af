#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <map>
#include <optional>
#include <thread>

#include "os/process.h"
#include "target_hosts/testing/hosts_fixture.h"

namespace penstock {
namespace {

using testing::HasSubstr;

/// An HAProxy that was there before us, with a configuration of its owner's.
class FoundHaproxies : public HostsFixture {
 protected:
  void SetUp() override {
    HostsFixture::SetUp();
    if (IsSkipped()) return;
    HaproxySpec haproxy;
    haproxy.host = "local";
    haproxy.socket = (folder_.path() / "admin.sock").string();
    haproxy.backend = "app";
    spec_.traffic = haproxy;
    open();
    run_proxy(kLoadsState, slots());
    if (HasFatalFailure()) return;
  }
  void TearDown() override {
    end_proxy(SIGKILL);
    HostsFixture::TearDown();
  }

  static constexpr const char* kLoadsState = "  load-server-state-from-file local\n  server-state-file-name ";
  /// As somebody would write them: one by our name for it, the others by their own.
  [[nodiscard]] std::string slots() const {
    auto at = [&](size_t slot) { return " 127.0.0.1:" + std::to_string(ports_[slot]) + " disabled\n"; };
    return "  server local:" + std::to_string(ports_[0]) + at(0) + "  server app2" + at(1) + "  server app3" + at(2);
  }
  void run_proxy(const std::string& state, const std::string& servers) {
    const std::string file = (folder_.path() / "env" / "haproxy" / "state").string();
    const std::string text =
        "global\n  stats socket " + (folder_.path() / "admin.sock").string() + " mode 600 level admin\n" +
        "ring requests\n  format raw\n  maxlen 1000\n  size 1048576\n"
        "defaults\n  mode http\n  timeout connect 2s\n  timeout client 60s\n  timeout server 60s\n"
        "frontend web\n  bind 127.0.0.1:" +
        std::to_string(front_) +
        "\n  log ring@requests format raw local0\n  log-format \"%Ts.%ms %s %ST %TR %Tw %Tc %Tr %ts\"\n"
        "  default_backend app\nbackend app\n" +
        (state.empty() ? "" : state + file + "\n") + servers;
    ASSERT_TRUE(os::write_atomically(folder_.path() / "found.cfg", text).ok());
    start_proxy();
  }
  void start_proxy() {
    os::ProcessOptions how;
    how.environment = os::Environment{{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
    how.own_group = true;
    how.folder = folder_.path();
    auto started = os::Process::start({"/bin/sh", "-c", "exec haproxy -db -f found.cfg 2>haproxy.log"}, how);
    ASSERT_TRUE(started.ok());
    proxy_ = std::move(*started);
    ASSERT_TRUE(eventually([&] { return get(front_) == "503" || get(front_).find("RELEASE") != std::string::npos; }));
  }
  void end_proxy(int signal) {
    if (!proxy_) return;
    proxy_->kill(signal);
    (void)proxy_->wait_for(std::chrono::seconds(20));
    proxy_.reset();
  }
  std::map<std::string, int> served(int requests) {
    std::map<std::string, int> by_port;
    for (int i = 0; i < requests; ++i) {
      const std::string facts = get(front_);
      const size_t at = facts.find("\"PORT\": \"");
      ++by_port[at == std::string::npos ? facts : facts.substr(at + 9, facts.find('"', at + 9) - at - 9)];
    }
    return by_port;
  }
  void set_up() {
    Result<> ready = target_->setup();
    ASSERT_TRUE(ready.ok()) << ready.error().message << "\n" << ready.error().help;
  }
  [[nodiscard]] std::string port(size_t slot) const { return std::to_string(ports_[slot]); }

  std::optional<os::Process> proxy_;
};

TEST_F(FoundHaproxies, AreToldTheSplitAndKeepItWhenTheyAreStartedAgain) {
  set_up();
  set_up();
  const Release one = script_release("1");
  const Release two = script_release("2");
  bring_up(instance(0, one), one);
  bring_up(instance(1, two, InstanceGroup::incoming), two);
  EXPECT_EQ(get(front_), "503");
  shift({{{"local", ports_[0]}, 7500}, {{"local", ports_[1]}, 2500}});
  EXPECT_EQ(served(40), (std::map<std::string, int>{{port(0), 30}, {port(1), 10}}));
  for (const int signal : {SIGTERM, SIGKILL}) {
    end_proxy(signal);
    start_proxy();
    const std::map<std::string, int> after = served(40);
    EXPECT_EQ(after.size(), 2u);
    EXPECT_NEAR(after.count(port(1)) != 0 ? after.at(port(1)) : 0, 10, 1);
    for (const auto& each : target_->observe().value()) {
      EXPECT_EQ(each.weight, each.instance.release == two.id ? 2500 : 7500);
    }
  }
  open();  // as another process
  shift({{{"local", ports_[1]}, 10000}});
  EXPECT_EQ(served(10), (std::map<std::string, int>{{port(1), 10}}));
  end_proxy(SIGTERM);
  start_proxy();
  EXPECT_EQ(served(10), (std::map<std::string, int>{{port(1), 10}}));
  set_up();  // in the middle of anything it changes nothing
  EXPECT_EQ(served(10), (std::map<std::string, int>{{port(1), 10}}));
}

TEST_F(FoundHaproxies, FailNoRequestWhileTrafficMoves) {
  set_up();
  const Release one = script_release("1");
  bring_up(instance(0, one), one);
  bring_up(instance(1, one), one);
  shift({{{"local", ports_[0]}, 10000}});
  const int failed = failed_visits_while([&](int /*round*/) {
    shift({{{"local", ports_[1]}, 10000}});
    shift({{{"local", ports_[0]}, 10000}});
  });
  EXPECT_EQ(failed, 0);
}

TEST_F(FoundHaproxies, TellTheirRequestsWhereTheyKeepThemInARing) {
  set_up();
  const Release one = script_release("1");
  bring_up(instance(1, one), one);
  shift({{{"local", ports_[1]}, 10000}});
  std::atomic<int> seen = 0;
  std::jthread watcher([&](std::stop_token stop) {
    const auto count = [&](const ServedRequest& request) {
      seen += request.status == 500 && request.address == instance(1, one).address ? 1 : 0;
    };
    EXPECT_TRUE(target_->watch_requests(stop, count).ok());
  });
  EXPECT_TRUE(eventually([&] { return get(front_, "/?status=500"), seen.load() > 0; }));
  EXPECT_EQ(target_->open_requests(instance(1, one)).value(), 0);
}

TEST_F(FoundHaproxies, LackServersAndTheFileInWordsThatCanBePasted) {
  end_proxy(SIGTERM);
  run_proxy("", "  server local:" + port(0) + " 127.0.0.1:" + port(0) + " disabled\n");
  Result<> ready = target_->setup();
  ASSERT_FALSE(ready.ok());
  EXPECT_EQ(ready.error().message, "local: haproxy: `app` has no server for local:" + port(1) + " and 1 more");
  EXPECT_EQ(ready.error().help, "add to `backend app`, and reload it:" + ("\n" + std::string("    ")) +
                                    "load-server-state-from-file local\n    server-state-file-name " +
                                    (folder_.path() / "env/haproxy/state").string() + "\n    server local:" + port(1) +
                                    " 127.0.0.1:" + port(1) + " disabled\n    server local:" + port(2) +
                                    " 127.0.0.1:" + port(2) + " disabled");
  end_proxy(SIGTERM);
  run_proxy("", slots());
  ready = target_->setup();
  ASSERT_FALSE(ready.ok());
  EXPECT_THAT(ready.error().message, HasSubstr("its configuration doesn't load the state of `app`"));
}

TEST_F(FoundHaproxies, ThatDoNotRunOrHaveNoSuchBackendAreNamed) {
  std::get<HaproxySpec>(spec_.traffic).backend = "other";
  open();
  Result<> ready = target_->setup();
  ASSERT_FALSE(ready.ok());
  EXPECT_EQ(ready.error().message, "local: haproxy: Can't find backend. (`other`)");
  end_proxy(SIGTERM);
  ready = target_->setup();
  ASSERT_FALSE(ready.ok());
  EXPECT_THAT(ready.error().message, HasSubstr("nobody answers at " + (folder_.path() / "admin.sock").string()));
}

}  // namespace
}  // namespace penstock
