#include "hosts/host_shell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "hosts/host_pool.h"
#include "hosts/testing/test_sshd.h"
#include "hosts/upload.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

/// What a shell on a host promises, the same on this machine and over ssh.
class HostShells : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      sshd_ = TestSshd::start();
      if (sshd_ == nullptr) GTEST_SKIP() << "no sshd can run here (Debian: openssh-server)";
      pool_.emplace(sshd_->options());
    } else {
      pool_.emplace();
    }
    host_ = pool_->at(GetParam() ? "web-1" : "local").value();
  }

  std::string output(const HostScript& script) {
    Result<os::RunResult> done = host_->run(script);
    EXPECT_TRUE(done.ok()) << done.error().message;
    return done.ok() ? done->output : "";
  }

  std::unique_ptr<TestSshd> sshd_;
  std::optional<HostPool> pool_;
  std::shared_ptr<HostShell> host_;
  os::TempFolder folder_ = os::TempFolder::make("/tmp").value();
};

INSTANTIATE_TEST_SUITE_P(Both, HostShells, testing::Bool(),
                         [](const auto& suite) { return suite.param ? "OverSsh" : "Local"; });

TEST_P(HostShells, RunsAScriptWithArgumentsInputAndExitStatus) {
  Result<os::RunResult> done = host_->run({.text = "printf '%s|' \"$@\"; cat; echo oops >&2; exit 7",
                                           .arguments = {"a b", "it's", "", "$HOME\n"},
                                           .input = "fed"});
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(done->output, "a b|it's||$HOME\n|fed");
  EXPECT_EQ(done->errors, "oops\n");
  EXPECT_EQ(done->status.code, 7);
}

TEST_P(HostShells, LeavesAllOfALargeInputToTheScript) {
  const std::string large(3 << 20, 'x');
  EXPECT_EQ(output({.text = "wc -c", .input = large}), std::to_string(large.size()) + "\n");
}

TEST_P(HostShells, KeepsTheScriptAndItsArgumentsOffEveryCommandLine) {
  const std::string shown =
      output({.text = "for p in $$ $PPID; do tr '\\0' ' ' </proc/$p/cmdline; done", .arguments = {"s3cret"}});
  EXPECT_THAT(shown, testing::HasSubstr("sh -c"));
  EXPECT_THAT(shown, testing::Not(testing::HasSubstr("s3cret")));
  EXPECT_THAT(shown, testing::Not(testing::HasSubstr("cmdline")));
}

TEST_P(HostShells, GivesUpAfterItsTime) {
  Result<os::RunResult> done = host_->run({.text = "sleep 100", .timeout = Duration(50)});
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().message, testing::HasSubstr(host_->host()));
}

TEST_P(HostShells, SaysWhatAFailingScriptSaidLast) {
  Result<std::string> done = host_->must("can't do it", {.text = "echo one >&2; echo two >&2; exit 3"});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message, host_->host() + ": can't do it: two");
}

TEST_P(HostShells, PassesOnWhatComesOnBothStreamsAndHowItEnded) {
  std::string output;
  std::string errors;
  const auto status =
      host_->attend({.text = "printf a; printf b >&2; exit 3"}, {},
                    [&](std::string_view piece, bool on_errors) { (on_errors ? errors : output) += piece; });
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ((*status)->code, 3);
  EXPECT_EQ(output, "a");
  EXPECT_EQ(errors, "b");
}

TEST_P(HostShells, AnAttendedScriptMayEndByItselfWhenStopped) {
  std::stop_source stop;
  std::string output;
  const auto status = host_->attend({.text = "echo begun; cat; echo bye; exit 4", .grace = std::chrono::minutes(1)},
                                    stop.get_token(), [&](std::string_view piece, bool) {
                                      output += piece;
                                      stop.request_stop();
                                    });
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ((*status)->code, 4);
  EXPECT_EQ(output, "begun\nbye\n");
}

TEST_P(HostShells, FollowsLinesUntilTheListenerHasEnough) {
  std::vector<std::string> lines;
  Result<> done = host_->follow({.text = "echo a; echo b; echo c; sleep 100"}, {}, [&](std::string_view line) {
    lines.emplace_back(line);
    return lines.size() < 3;
  });
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_THAT(lines, testing::ElementsAre("a", "b", "c"));
}

TEST_P(HostShells, StopsFollowingWhenAsked) {
  std::stop_source stop;
  Result<> done = host_->follow({.text = "echo a; sleep 100"}, stop.get_token(), [&](std::string_view) {
    stop.request_stop();
    return true;
  });
  EXPECT_TRUE(done.ok());
}

TEST_P(HostShells, UploadsWhatTheHostLacksAndNothingTwice) {
  std::vector<HostFile> files;
  uint64_t total = 0;
  for (size_t size : {size_t{0}, size_t{1}, size_t{1} << 20, (size_t{1} << 20) + 17, size_t{4} << 20}) {
    const fs::path source = folder_.path() / std::to_string(size);
    const std::string content(size, static_cast<char>('a' + size % 26));
    std::ofstream(source, std::ios::binary) << content;
    files.push_back({sha256(content), size});
    total += size;
  }
  const std::string there = (folder_.path() / "a b" / "files").string();
  auto source = [&](const HostFile& file) -> Result<fs::path> { return folder_.path() / std::to_string(file.size); };
  EXPECT_EQ(upload_missing(*host_, there, files, source).value(), total);
  EXPECT_EQ(upload_missing(*host_, there, files, source).value(), 0u);
  for (const HostFile& file : files) {
    EXPECT_EQ(sha256(os::read_file(fs::path(there) / to_hex(file.digest)).value()), file.digest);
  }
  EXPECT_EQ(os::list_folder(there).value().size(), files.size());
}

TEST_P(HostShells, RefusesAFileThatIsNotWhatItsDigestSays) {
  const fs::path source = folder_.path() / "x";
  std::ofstream(source) << "tampered";
  const std::string there = (folder_.path() / "files").string();
  Result<uint64_t> done =
      upload_missing(*host_, there, {{sha256("original"), 8}}, [&](const HostFile&) { return Result(source); });
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().message, testing::HasSubstr("damaged"));
  EXPECT_TRUE(os::list_folder(there).value().empty());
}

TEST_P(HostShells, ReachesASocketOfTheHost) {
  const std::string path = (folder_.path() / "s").string();
  const os::UniqueFd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(server.get(), 5), 0);
  Result<Endpoint> end = host_->reach_socket(path);
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(host_->reach_socket(path).value(), *end);

  const os::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  end->socket.copy(to.sun_path, sizeof to.sun_path - 1);
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0) << end->socket;
  const os::UniqueFd accepted(::accept(server.get(), nullptr, nullptr));
  ASSERT_TRUE(os::write_all(client.get(), "hello").ok());
  ASSERT_EQ(::shutdown(client.get(), SHUT_WR), 0);
  EXPECT_EQ(os::read_all(accepted.get()).value(), "hello");
}

TEST_P(HostShells, ServesManyThreadsAtATime) {
  std::atomic<int> good = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      Result<os::RunResult> done = host_->run({.text = "echo $1", .arguments = {std::to_string(i)}});
      if (done.ok() && done->output == std::to_string(i) + "\n") ++good;
    });
  }
  threads.clear();
  EXPECT_EQ(good, 16);
}

class SshHosts : public testing::Test {
 protected:
  void SetUp() override {
    if (sshd_ == nullptr) GTEST_SKIP() << "no sshd can run here (Debian: openssh-server)";
  }
  std::unique_ptr<TestSshd> sshd_ = TestSshd::start();
};

TEST_F(SshHosts, NamesAHostThatNobodyAnswersAtWithSshsOwnWords) {
  HostPool pool(sshd_->options());
  Result<os::RunResult> done = pool.at("dead").value()->run({.text = "true"});
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().message, testing::StartsWith("dead can't be reached: "));
  EXPECT_THAT(done.error().message, testing::HasSubstr("refused"));
  EXPECT_EQ(done.error().help, "try: ssh dead");
}

TEST_F(SshHosts, TellOnceOfAHostThatIsSlowToReach) {
  std::vector<std::string> options = sshd_->options();
  const std::string told = (sshd_->folder() / "told").string();
  options.push_back("ProxyCommand=sh -c 'until [ -e " + told + " ]; do sleep 0.02; done; exec /usr/sbin/sshd -i -f " +
                    (sshd_->folder() / "server").string() + "'");
  std::vector<std::string> slow;
  HostPool pool(options, [&](const std::string& host) {
    slow.push_back(host);
    EXPECT_TRUE(os::write_atomically(told, "").ok());
  });
  const std::shared_ptr<HostShell> host = pool.at("web-1").value();
  EXPECT_TRUE(host->run({.text = "true"}).ok());
  EXPECT_TRUE(host->run({.text = "true"}).ok());
  EXPECT_THAT(slow, testing::ElementsAre("web-1"));
}

TEST_F(SshHosts, RefusesAHostWhoseKeyIsNotKnown) {
  ASSERT_TRUE(os::write_atomically(sshd_->folder() / "known", "").ok());
  HostPool pool(sshd_->options());
  Result<os::RunResult> done = pool.at("web-1").value()->run({.text = "true"});
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().message, testing::HasSubstr("Host key verification failed"));
}

TEST_F(SshHosts, FailWithTheirNameWhenTheHostGoesDown) {
  HostPool pool(sshd_->options());
  std::shared_ptr<HostShell> host = pool.at("web-1").value();
  ASSERT_TRUE(host->run({.text = "true"}).ok());
  sshd_->stop();
  Result<os::RunResult> done = host->run({.text = "true"});
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().message, testing::StartsWith("web-1 can't be reached: "));
}

TEST_F(SshHosts, TellTheAddressThatOthersReachThemAt) {
  HostPool pool(sshd_->options());
  EXPECT_EQ(pool.at("web-1").value()->address().value(), "127.0.0.1");
}

TEST(HostPools, RefuseANameThatWouldBeAnOption) {
  HostPool pool;
  EXPECT_FALSE(pool.at("-oProxyCommand=touch /tmp/x").ok());
  EXPECT_FALSE(pool.at("").ok());
}

TEST(LocalHost, KeepsThisProgramsVariablesFromItsScripts) {
  ::setenv("CI_SECRET_THING", "s", 1);
  HostPool pool;
  EXPECT_EQ(pool.at("local").value()->must("x", {.text = "echo ${CI_SECRET_THING-none}"}).value(), "none\n");
}

}  // namespace
}  // namespace penstock
