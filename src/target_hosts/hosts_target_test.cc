#include "target_hosts/hosts_target.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "os/process.h"
#include "os/unique_fd.h"
#include "target_hosts/testing/hosts_fixture.h"

namespace penstock {
namespace {

using testing::HasSubstr;
using testing::Not;

using HostsTargets = PreparedHosts;

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
