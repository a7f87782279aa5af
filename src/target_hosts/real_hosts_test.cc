#include <gmock/gmock.h>

#include <cstdlib>

#include "target_hosts/testing/hosts_fixture.h"

namespace penstock {
namespace {

using testing::HasSubstr;

/// Hosts over ssh with systemd as their first process: tests/hosts/with_hosts makes them and says where.
class RealHosts : public HostsFixture {
 protected:
  void SetUp() override {
    const char* hosts = std::getenv("PENSTOCK_TEST_HOSTS");
    if (hosts == nullptr) GTEST_SKIP() << "there are no test hosts; tests/hosts/with_hosts makes them";
    connect();
    blobs_ = open_folder_blob_store(folder_.path() / "blobs").value();
    spec_.name = testing::UnitTest::GetInstance()->current_test_info()->name();
    spec_.target = HostsTarget{};
    spec_.application.run = "python3 -c 'import serve; serve.main()'";
    spec_.application.variables = {{"LISTEN", "0.0.0.0"}, {"GREETING", "it's \"$HOME\" `x` \\ 100%"}};
    spec_.application.stop_within = std::chrono::seconds(5);
    spec_.readiness.what = Probe::Http{};
    ports_ = {8101, 8102};
    spec_.rollout.hosts = {{"web-1", ports_}, {"web-2", ports_}};
    HaproxySpec haproxy;
    haproxy.host = "web-1";
    haproxy.listen = "127.0.0.1:8000";
    spec_.traffic = haproxy;
    secrets_ = {{"token", "s3cret-value"}};
  }
  void TearDown() override {
    if (target_ == nullptr) return;
    for (const auto& each : target_->observe().value()) EXPECT_TRUE(target_->stop(each.instance).ok());
    const char* end_proxy = "systemctl stop 'penstock-*-haproxy.service' 2>/dev/null || true";
    EXPECT_TRUE(pool_->at("web-1").value()->run({.text = end_proxy}).ok());
  }

  void connect() {
    const std::string config = std::string(std::getenv("PENSTOCK_TEST_HOSTS")) + "/config";
    pool_ = std::make_unique<HostPool>(std::vector<std::string>{"-F" + config});
  }
  /// For what must not depend on ssh.
  static void at_machine(const std::string& host, const std::string& command) {
    const std::string on = std::string(std::getenv("PENSTOCK_TEST_HOSTS")) + "/on";
    const auto done = os::run({on, host, command});
    ASSERT_TRUE(done.ok() && done->status.ok()) << done->errors;
  }
  void set_up() {
    open();
    Result<> ready = target_->setup();
    ASSERT_TRUE(ready.ok()) << ready.error().message;
    Result<> again = target_->setup();
    ASSERT_TRUE(again.ok()) << again.error().message;
  }
  std::string get_at(const std::string& host, int port, const std::string& path = "/") {
    net::HttpRequest request;
    request.url = "http://127.0.0.1" + path;
    request.unix_socket = pool_->at(host).value()->reach_port(port).value().socket;
    Result<net::HttpResponse> answer = net::exchange_directly(request);
    if (!answer.ok()) return answer.error().message;
    return answer->status == 200 ? answer->body : std::to_string(answer->status);
  }
  static Instance on(const std::string& host, int port, const Release& release,
                     InstanceGroup group = InstanceGroup::stable) {
    return {{host, port}, release.id, group};
  }
};

TEST_F(RealHosts, RunConfinedInstancesUnderSystemdWithASecret) {
  set_up();
  const Release release = script_release("1");
  bring_up(on("web-1", 8101, release), release);
  const std::string facts = get_at("web-1", 8101);
  EXPECT_THAT(facts, HasSubstr("\"secret\": \"s3cret-value\""));
  EXPECT_THAT(facts, HasSubstr(R"("GREETING": "it's \"$HOME\" `x` \\ 100%")"));
  EXPECT_THAT(facts,
              testing::ContainsRegex("\"confined\": \\[6[0-9]{4}, \"1\", false\\]"));  // a user that comes and goes
  EXPECT_THAT(target_->last_log(on("web-1", 8101, release), 50).value(), HasSubstr("listening on 8101"));
  Result<std::string> others =
      target_->run("web-1", "su deploy -c 'cat instances/8101/env instances/8101/secrets/token'", {});
  EXPECT_FALSE(others.ok());
}

TEST_F(RealHosts, InstallAWheelOnEachAndSplitTrafficOverBoth) {
  set_up();
  const Release one = wheel_release("1.0");
  const Release two = wheel_release("2.0");
  spec_.application.run = "python -c 'from app import main; main()'";
  open();
  bring_up(on("web-1", 8101, one), one);
  bring_up(on("web-2", 8101, one), one);
  bring_up(on("web-2", 8102, two, InstanceGroup::incoming), two);
  shift({{{"web-1", 8101}, 4000}, {{"web-2", 8101}, 4000}, {{"web-2", 8102}, 2000}});
  int canary = 0;
  for (int i = 0; i < 20; ++i) canary += get_at("web-1", 8000).find(two.id) != std::string::npos ? 1 : 0;
  EXPECT_EQ(canary, 4);
  const auto standing = target_->observe().value();
  ASSERT_EQ(standing.size(), 3u);
  EXPECT_TRUE(standing[2].running);
  EXPECT_EQ(standing[2].instance, on("web-2", 8102, two, InstanceGroup::incoming));
  EXPECT_EQ(standing[2].weight, 2000);
  ASSERT_TRUE(target_->stop(standing[2].instance).ok());
  EXPECT_EQ(target_->observe()->size(), 2u);
}

TEST_F(RealHosts, KeepTheSplitWhenTheProxysMachineRestartsIt) {
  set_up();
  const Release one = script_release("1");
  bring_up(on("web-2", 8101, one), one);
  shift({{{"web-2", 8101}, 10000}});
  ASSERT_TRUE(target_->run("web-1", "systemctl kill --signal=KILL 'penstock-*-haproxy.service'", {}).ok());
  EXPECT_TRUE(eventually([&] { return get_at("web-1", 8000).find(one.id) != std::string::npos; }));
}

TEST_F(RealHosts, StartAnInstanceAgainThatDiesAndWhenTheMachineStarts) {
  set_up();
  const Release one = script_release("1");
  bring_up(on("web-2", 8101, one), one);
  ASSERT_TRUE(target_->run("web-2", "systemctl kill --signal=KILL 'penstock-*@8101.service'", {}).ok());
  EXPECT_TRUE(eventually([&] { return get_at("web-2", 8101).find(one.id) != std::string::npos; }));
  EXPECT_EQ(target_->run("web-2", "systemctl is-enabled penstock-" + spec_.name + "@8101.service", {}).value(),
            "enabled\n");
}

TEST_F(RealHosts, NeedNoRootWithUserUnits) {
  HostsTarget target;
  target.user_units = true;
  spec_.target = target;
  spec_.rollout.hosts = {{"deploy@web-2", ports_}};
  spec_.traffic = std::monostate{};
  set_up();
  const Release one = script_release("1");
  bring_up(on("deploy@web-2", 8101, one), one);
  EXPECT_THAT(get_at("deploy@web-2", 8101), HasSubstr("\"secret\": \"s3cret-value\""));
  EXPECT_THAT(target_->last_log(on("deploy@web-2", 8101, one), 50).value(), HasSubstr("listening on 8101"));
  EXPECT_TRUE(target_->observe().value()[0].running);
}

TEST_F(RealHosts, NeedNoRootWithSupervisor) {
  HostsTarget target;
  target.service = HostsTarget::Service::supervisor;
  spec_.target = target;
  spec_.rollout.hosts = {{"deploy@web-2", ports_}};
  std::get<HaproxySpec>(spec_.traffic).host = "deploy@web-2";
  set_up();
  const Release one = script_release("1");
  bring_up(on("deploy@web-2", 8102, one), one);
  shift({{{"deploy@web-2", 8102}, 10000}});
  EXPECT_THAT(get_at("deploy@web-2", 8000), HasSubstr(one.id));
  at_machine("web-2", "loginctl disable-linger deploy");
  const std::string folder = "/home/deploy/.local/state/penstock/NeedNoRootWithSupervisor/supervisor/";
  const std::string enable =
      "systemctl --user enable " + folder + "penstock-NeedNoRootWithSupervisor-supervisor.service";
  const auto said = [&] {
    const std::vector<std::string> all = target_->advice().value();
    return all.empty() ? std::string() : all[0];
  };
  EXPECT_TRUE(eventually([&] { return said().find("as root: loginctl enable-linger deploy") != std::string::npos; }));
  at_machine("web-2", "loginctl enable-linger deploy");
  EXPECT_TRUE(eventually([&] { return said().ends_with("for that, run there:\n  " + enable); })) << said();
  Result<std::string> taken = target_->run("deploy@web-2", "export XDG_RUNTIME_DIR=/run/user/$(id -u); " + enable, {});
  EXPECT_TRUE(taken.ok()) << taken.error().message;
  EXPECT_EQ(said(), "");
  const char* end =
      "pkill -f supervisor/conf; export XDG_RUNTIME_DIR=/run/user/$(id -u); systemctl --user disable "
      "penstock-NeedNoRootWithSupervisor-supervisor.service";
  EXPECT_TRUE(pool_->at("deploy@web-2").value()->run({.text = end}).ok());
  target_.reset();
}

TEST_F(RealHosts, SayThatSystemdNeedsRoot) {
  spec_.rollout.hosts = {{"deploy@web-2", ports_}};
  spec_.traffic = std::monostate{};
  std::get<HostsTarget>(spec_.target).folder = "~/own";
  open();
  Result<> ready = target_->setup();
  ASSERT_FALSE(ready.ok());
  EXPECT_THAT(ready.error().message, HasSubstr("deploy@web-2: "));
  EXPECT_THAT(ready.error().message, HasSubstr("`user: true`"));
}

TEST_F(RealHosts, LetTrafficBeTakenOffAHostThatWentDown) {
  set_up();
  const Release one = script_release("1");
  bring_up(on("web-1", 8101, one), one);
  bring_up(on("web-2", 8101, one), one);
  shift({{{"web-1", 8101}, 5000}, {{"web-2", 8101}, 5000}});
  at_machine("web-2", "systemctl stop ssh; pkill -9 sshd; true");
  ASSERT_TRUE(eventually([&] { return !pool_->at("web-2").value()->run({.text = "true"}).ok(); }));
  Result<> prepared = target_->prepare("web-2", script_release("2"));
  EXPECT_THAT(prepared.ok() ? "" : prepared.error().message, testing::StartsWith("web-2 can't be reached: "));
  shift({{{"web-1", 8101}, 10000}});
  connect();
  open();  // as another process, which never reached web-2
  shift({{{"web-1", 8101}, 10000}});
  EXPECT_THAT(get_at("web-1", 8000), HasSubstr("\"INSTANCE\": \"web-1:8101\""));
  at_machine("web-2", "systemctl start ssh");
  ASSERT_TRUE(eventually([&] { return pool_->at("web-2").value()->run({.text = "true"}).ok(); }));
}

TEST_F(RealHosts, SayAtOnceWhoHasTheProxysPort) {
  open();
  const char* listen = "systemd-run --quiet --unit squatter python3 -m http.server --bind 127.0.0.1 8000";
  ASSERT_TRUE(target_->run("web-1", listen, {}).ok());
  ASSERT_TRUE(eventually([&] { return get_at("web-1", 8000).find("Directory") != std::string::npos; }));
  Result<> ready = target_->setup();
  EXPECT_TRUE(target_->run("web-1", "systemctl stop squatter", {}).ok());
  ASSERT_FALSE(ready.ok());
  EXPECT_THAT(ready.error().message, HasSubstr("cannot bind socket (Address already in use)"));
  EXPECT_THAT(ready.error().message, HasSubstr("python3, process "));
  EXPECT_TRUE(eventually([&] { return target_->setup().ok(); }));
}

TEST_F(RealHosts, TellNothingOfEarlierInstancesLogs) {
  set_up();
  const Release one = script_release("1");
  bring_up(on("web-1", 8101, one), one);
  get_at("web-1", 8101, "/of-the-first");
  EXPECT_TRUE(eventually(
      [&] { return target_->last_log(on("web-1", 8101, one), 50)->find("/of-the-first") != std::string::npos; }));
  const Release two = script_release("2");
  ASSERT_TRUE(target_->stop(on("web-1", 8101, one)).ok());
  EXPECT_EQ(target_->last_log(on("web-1", 8101, two), 50).value(), "") << "it hasn't been started";
  bring_up(on("web-1", 8101, two), two);
  EXPECT_THAT(target_->last_log(on("web-1", 8101, two), 50).value(), testing::Not(HasSubstr("/of-the-first")));
}

}  // namespace
}  // namespace penstock
