#include "target_hosts/hosts_target.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <thread>

#include "os/process.h"
#include "os/unique_fd.h"
#include "target_hosts/testing/hosts_fixture.h"

namespace penstock {
namespace {

using testing::HasSubstr;
using testing::Not;

class HostsTargets : public PreparedHosts {
 protected:
  std::map<std::string, int> served(int requests) {
    std::map<std::string, int> by_release;
    for (int i = 0; i < requests; ++i) ++by_release[get(front_).substr(0, 30)];
    return by_release;
  }
  static std::string of(const Release& release) { return ("{\"RELEASE\": \"" + release.id).substr(0, 30); }
};

TEST_F(HostsTargets, RunAnInstanceWithItsPortReleaseConfigurationAndSecret) {
  const Release release = script_release("1");
  bring_up(instance(0, release), release);
  const std::string facts = get(ports_[0], "/?shown=1");
  EXPECT_THAT(facts, HasSubstr("\"RELEASE\": \"" + release.id + "\""));
  EXPECT_THAT(facts, HasSubstr("\"INSTANCE\": \"local:" + std::to_string(ports_[0]) + "\""));
  EXPECT_THAT(facts, HasSubstr(R"("GREETING": "it's \"$HOME\" `x` \\ 100%")"));
  EXPECT_THAT(facts, HasSubstr("\"secret\": \"s3cret-value\""));
  const size_t shown = facts.find("\"shown\"");
  ASSERT_NE(shown, std::string::npos);
  EXPECT_THAT(facts.substr(shown), Not(HasSubstr("s3cret-value")));
}

TEST_F(HostsTargets, KeepASecretWhereOnlyItsInstanceCanReadIt) {
  const Release release = script_release("1");
  bring_up(instance(0, release), release);
  const auto own = folder_.path() / "env" / "instances" / std::to_string(ports_[0]);
  for (const char* name : {"secrets", "secrets/token", "env"}) {
    struct stat status {};
    ASSERT_EQ(::stat((own / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 077, 0u) << name;
  }
}

TEST_F(HostsTargets, PrepareOnceAndAgainAfterAnInterruption) {
  const Release release = script_release("1");
  ASSERT_TRUE(target_->prepare("local", release).ok());
  ASSERT_TRUE(target_->prepare("local", release).ok());
  const auto home = folder_.path() / "env" / "releases" / release.id.substr(0, 16);
  std::filesystem::remove(home / "complete");
  std::filesystem::remove(home / "serve.py");
  ASSERT_TRUE(target_->prepare("local", release).ok());
  EXPECT_TRUE(std::filesystem::exists(home / "serve.py"));
}

TEST_F(HostsTargets, RunTheUsersPrepareCommandAndShowWhatItSaid) {
  const Release release = script_release("1");
  spec_.application.prepare = "test -f serve.py; echo no database; exit 4";
  open();
  Result<> prepared = target_->prepare("local", release);
  ASSERT_FALSE(prepared.ok());
  EXPECT_THAT(prepared.error().message, HasSubstr("ended with 4"));
}

TEST_F(HostsTargets, StartTwiceIsOnceAndStopTwiceToo) {
  const Release release = script_release("1");
  bring_up(instance(0, release), release);
  const std::string log = target_->last_log(instance(0, release), 100).value();
  ASSERT_TRUE(target_->start(instance(0, release)).ok());
  EXPECT_THAT(target_->last_log(instance(0, release), 100).value(), testing::StartsWith(log));
  ASSERT_TRUE(target_->stop(instance(0, release)).ok());
  ASSERT_TRUE(target_->stop(instance(0, release)).ok());
  EXPECT_THAT(get(ports_[0]), HasSubstr("refused"));
  EXPECT_TRUE(target_->observe().value().empty());
}

TEST_F(HostsTargets, EndAllOfACommandThatIsMoreThanOneProgram) {
  const Release release = script_release("1");
  spec_.application.run = "cd . && python3 -c 'import serve; serve.main()'; touch ran-on";
  open();
  bring_up(instance(0, release), release);
  ASSERT_TRUE(target_->stop(instance(0, release)).ok());
  EXPECT_THAT(get(ports_[0]), HasSubstr("refused"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "env/releases" / release.id.substr(0, 16) / "ran-on"));
}

TEST_F(HostsTargets, RunACommandThatSaysExecItself) {
  const Release release = script_release("1");
  spec_.application.run = "exec python3 -c 'import serve; serve.main()'";
  open();
  bring_up(instance(0, release), release);
  EXPECT_THAT(get(ports_[0]), HasSubstr(release.id));
}

/// A host that nobody has set up, as the first deployment finds it.
class FreshHosts : public HostsFixture {};

TEST_F(FreshHosts, GetTheirSupervisorWithTheFirstInstance) {
  if (IsSkipped()) return;
  const Release release = script_release("1");
  ASSERT_TRUE(target_->stop(instance(0, release)).ok());
  bring_up(instance(0, release), release);
  EXPECT_THAT(get(ports_[0]), HasSubstr(release.id));
}

TEST_F(HostsTargets, PutAnotherReleaseInAnInstancesPlace) {
  const Release one = script_release("1");
  const Release two = script_release("2");
  bring_up(instance(0, one), one);
  bring_up(instance(0, two), two);
  EXPECT_TRUE(eventually([&] { return get(ports_[0]).find(two.id) != std::string::npos; }));
}

TEST_F(HostsTargets, SayWhoUsesAPortThatIsTaken) {
  const Release release = script_release("1");
  ASSERT_TRUE(target_->prepare("local", release).ok());
  spec_.rollout.hosts[0].ports.push_back(front_);
  Result<> started = target_->start({{"local", front_}, release.id, InstanceGroup::stable});  // haproxy listens there
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message, HasSubstr("port " + std::to_string(front_) + " is in use by another program"));
}

TEST_F(FreshHosts, SayAtOnceWhatHindersTheProxy) {
  if (IsSkipped()) return;
  const os::UniqueFd squatter(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(front_));
  ASSERT_EQ(::bind(squatter.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(squatter.get(), 1), 0);
  Result<> ready = target_->setup();
  ASSERT_FALSE(ready.ok());
  EXPECT_THAT(ready.error().message, HasSubstr("frontend public: cannot bind socket (Address already in use)"));
  EXPECT_THAT(ready.error().message, HasSubstr(":" + std::to_string(front_) + "]"));
}

TEST_F(HostsTargets, TellNothingOfEarlierInstancesLogs) {
  const Release one = script_release("1");
  const Release two = script_release("2");
  bring_up(instance(0, one), one);
  get(ports_[0], "/of-the-first");
  EXPECT_TRUE(
      eventually([&] { return target_->last_log(instance(0, one), 50)->find("/of-the-first") != std::string::npos; }));
  ASSERT_TRUE(target_->stop(instance(0, one)).ok());
  EXPECT_EQ(target_->last_log(instance(0, two), 50).value(), "") << "it hasn't been started";
  bring_up(instance(0, two), two);
  EXPECT_TRUE(
      eventually([&] { return target_->last_log(instance(0, two), 50)->find("listening") != std::string::npos; }));
  EXPECT_THAT(target_->last_log(instance(0, two), 50).value(), Not(HasSubstr("/of-the-first")));
}

TEST_F(HostsTargets, RestartAnInstanceThatDies) {
  const Release release = script_release("1");
  bring_up(instance(0, release), release);
  ASSERT_TRUE(kill_programs("serve.main"));
  EXPECT_TRUE(eventually([&] { return target_->last_log(instance(0, release), 100)->rfind("listening") > 0; }));
  EXPECT_TRUE(eventually([&] { return get(ports_[0]).find(release.id) != std::string::npos; }));
}

TEST_F(HostsTargets, SplitTrafficAsToldAndObserveIt) {
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

TEST_F(HostsTargets, KeepTheSplitWhenTheProxyIsKilledInTheMiddleOfACanary) {
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

TEST_F(HostsTargets, LeaveTrafficAsItIsWhenSetUpAgain) {
  const Release one = script_release("1");
  bring_up(instance(0, one), one);
  shift({{{"local", ports_[0]}, 10000}});
  spec_.rollout.hosts[0].ports.push_back(free_ports(1)[0]);
  open();
  ASSERT_TRUE(target_->setup().ok());
  EXPECT_EQ(served(10)[of(one)], 10);
}

TEST_F(HostsTargets, FailNoRequestWhileTrafficMovesAndTheProxyIsReloaded) {
  const Release one = script_release("1");
  const Release two = script_release("2");
  bring_up(instance(0, one), one);
  bring_up(instance(1, two, InstanceGroup::incoming), two);
  shift({{{"local", ports_[0]}, 10000}});
  std::atomic<int> failed = 0;
  std::atomic<int> passed = 0;
  {
    std::jthread visitor([&](std::stop_token stop) {
      while (!stop.stop_requested()) ++(get(front_).find("RELEASE") == std::string::npos ? failed : passed);
    });
    for (int i = 0; i < 5; ++i) {
      shift({{{"local", ports_[1]}, 10000}});
      shift({{{"local", ports_[0]}, 5000}, {{"local", ports_[1]}, 5000}});
      TrafficSplit by_header;  // another structure: the proxy is reloaded
      by_header.shares = {{{"local", ports_[0]}, 10000}};
      by_header.header = {"X-Try", std::to_string(i)};
      ASSERT_TRUE(target_->shift(by_header).ok());
      const int so_far = passed;
      ASSERT_TRUE(eventually([&] { return passed > so_far + 5; }));
    }
  }
  EXPECT_EQ(failed, 0);
}

TEST_F(HostsTargets, SendRequestsWithTheHeaderToThoseThatAreNamed) {
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

TEST_F(HostsTargets, SteerAndCountEachRequestAsSoonAsTheProxyWasReloaded) {
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

TEST_F(HostsTargets, ShowTheNewColourAtThePreviewAddress) {
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

TEST_F(HostsTargets, TellEachServedRequestAndCountTheOpenOnes) {
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

TEST_F(HostsTargets, FollowAnInstancesLog) {
  const Release release = script_release("1");
  bring_up(instance(0, release), release);
  std::string heard;
  std::atomic<bool> done = false;
  std::jthread listener([&] {
    EXPECT_TRUE(target_
                    ->follow_log(instance(0, release), {},
                                 [&](std::string_view line) {
                                   heard = line;
                                   return heard.find("/marked") == std::string::npos;
                                 })
                    .ok());
    done = true;
  });
  EXPECT_TRUE(eventually([&] { return get(ports_[0], "/marked"), done.load(); }));
  listener.join();
  EXPECT_EQ(heard, "served /marked");
}

TEST_F(HostsTargets, TidyKeepsWhatIsNamedAndWhatStands) {
  const Release one = script_release("1");
  const Release two = script_release("2");
  const Release three = script_release("3");
  bring_up(instance(0, one), one);
  ASSERT_TRUE(target_->prepare("local", two).ok());
  ASSERT_TRUE(target_->prepare("local", three).ok());
  ASSERT_TRUE(target_->tidy("local", {two.id}).ok());
  const auto releases = folder_.path() / "env" / "releases";
  EXPECT_TRUE(std::filesystem::exists(releases / one.id.substr(0, 16)));
  EXPECT_TRUE(std::filesystem::exists(releases / two.id.substr(0, 16)));
  EXPECT_FALSE(std::filesystem::exists(releases / three.id.substr(0, 16)));
}

TEST_F(HostsTargets, RunCommandsInAReleasesFolderAndSayHowTheyFail) {
  const Release release = script_release("1");
  ASSERT_TRUE(target_->prepare("local", release).ok());
  EXPECT_EQ(
      target_->run("local", "echo $A; test -f serve.py && echo here", {{"A", "it's"}, {"RELEASE", release.id}}).value(),
      "it's\nhere\n");
  Result<std::string> failed = target_->run("local", "echo no >&2; exit 3", {});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().fault, Fault::job);
  EXPECT_THAT(failed.error().message, HasSubstr("exit status 3: no"));
}

TEST_F(HostsTargets, AttendCommandsUntilTheyEndOrAreStopped) {
  const Release release = script_release("1");
  ASSERT_TRUE(target_->prepare("local", release).ok());
  const Instance instance{{"local", 8101}, release.id, InstanceGroup::stable};
  std::string output;
  std::stop_source stop;
  const auto printed = [&](std::string_view piece, bool on_errors) {
    output += std::string(on_errors ? "!" : "") + std::string(piece);
    if (piece == "began\n") stop.request_stop();
  };
  EXPECT_EQ(target_->attend(instance, "test -f serve.py; echo $PORT $ENVIRONMENT; exit 5", {}, printed).value(), 5);
  EXPECT_EQ(output, "8101 " + spec_.name + "\n");
  EXPECT_EQ(target_->attend(instance, "kill -KILL $$", {}, printed).value(), 137);
  const char* stubborn = "trap 'exit 6' TERM; echo began; while :; do sleep 0.01; done";
  EXPECT_EQ(target_->attend(instance, stubborn, stop.get_token(), printed).value(), 143)
      << "told with all of its group";
}

}  // namespace
}  // namespace penstock
