#include "target_commands/commands_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <optional>
#include <thread>

#include "blobs/folder_blob_store.h"
#include "delivery/folder_ledger.h"
#include "environments/environment_spec.h"
#include "hosts/host_pool.h"
#include "os/clock.h"
#include "os/files.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

/// A target of shell scripts that keep their state as files in `work/`.
class CommandsTargets : public testing::Test {
 protected:
  CommandsTargets() : folder_(std::move(*os::TempFolder::make())) {
    work_ = folder_.path() / "work";
    EXPECT_TRUE(os::ensure_folder(work_).ok());
    ledger_ = make_folder_ledger(*pool_.at("local"), folder_.path() / "ledger", "production");
    blobs_ = std::move(*open_folder_blob_store(folder_.path() / "blobs"));
    environment_.name = "production";
    scripts_.start = "env > started-$PORT; touch up-$PORT";
    scripts_.stop = "rm up-$PORT";
    scripts_.check = "test -e up-$PORT || { echo not up; exit 1; }";
    scripts_.shift = "cat > split";
    release_.id = "r1";
    release_.name = "app-1.0";
    release_.version = "1.0";
    release_.artifacts = {file("app.txt", "the application")};
  }

  ReleaseFile file(const std::string& name, const std::string& content) {
    return {name, *put(*blobs_, content), content.size()};
  }

  std::unique_ptr<Target> open() {
    environment_.target = scripts_;
    Result<std::unique_ptr<Target>> target = make_commands_target({environment_,
                                                                   *ledger_,
                                                                   *blobs_,
                                                                   clock_,
                                                                   folder_.path() / "ours",
                                                                   work_,
                                                                   {{"PATH", "/usr/bin:/bin"}},
                                                                   {release_},
                                                                   secrets_});
    EXPECT_TRUE(target.ok());
    return std::move(*target);
  }

  std::string content(const std::string& name) {
    const Result<std::string> text = os::read_file(work_ / name);
    return text.ok() ? *text : text.error().message;
  }

  os::TempFolder folder_;
  std::filesystem::path work_;
  HostPool pool_;
  os::SystemClock clock_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<BlobStore> blobs_;
  EnvironmentSpec environment_;
  CommandsTarget scripts_;
  Release release_;
  std::vector<std::pair<std::string, std::string>> secrets_;
  const Instance instance_{{"web1", 8001}, "r1", InstanceGroup::incoming};
};

TEST_F(CommandsTargets, StartsChecksAndStopsWithTheInstancesFacts) {
  environment_.application.variables = {{"MODE", "fast"}};
  const auto target = open();
  ASSERT_TRUE(target->prepare("web1", release_).ok());
  EXPECT_EQ(target->probe(instance_, {}, Duration(5000))->detail, "check: exit status 1, not up");
  ASSERT_TRUE(target->start(instance_).ok());
  for (const char* fact : {"HOST=web1\n", "PORT=8001\n", "RELEASE=r1\n", "RELEASE_NAME=app-1.0\n", "VERSION=1.0\n",
                           "INSTANCE=production-web1-8001\n", "GROUP=incoming\n", "ENVIRONMENT=production\n",
                           "STOP_SIGNAL=TERM\n", "STOP_WITHIN=30\n", "MODE=fast\n"}) {
    EXPECT_THAT(content("started-8001"), HasSubstr(fact));
  }
  EXPECT_TRUE(target->probe(instance_, {}, Duration(5000))->ok);
  ASSERT_TRUE(target->stop(instance_).ok());
  EXPECT_FALSE(target->probe(instance_, {}, Duration(5000))->ok);
}

TEST_F(CommandsTargets, TakesAnEnvironmentWithASlashInItsName) {
  environment_.name = "review/cart";
  scripts_.start = "echo hello from $INSTANCE";
  const auto target = open();
  const Result<> started = target->start(instance_);
  ASSERT_TRUE(started.ok()) << started.error().message;
  EXPECT_EQ(*target->last_log(instance_, 1), "hello from review-cart-web1-8001");
}

TEST_F(CommandsTargets, StartsNothingTwice) {
  scripts_.start = "echo once >> starts; touch up-$PORT";
  const auto target = open();
  ASSERT_TRUE(target->start(instance_).ok());
  ASSERT_TRUE(target->start(instance_).ok());
  EXPECT_EQ(content("starts"), "once\n");
}

TEST_F(CommandsTargets, HandsTheReleasesFilesToTheScriptsAndMendsDamagedOnes) {
  scripts_.start = "cat \"$ARTIFACTS/app.txt\" > seen";  // never up: started each time
  release_.dependencies = {{"cpython-3.11", {file("dep.whl", "a wheel")}, {}}};
  const auto target = open();
  const std::filesystem::path artifacts = folder_.path() / "ours" / "releases" / "r1";
  for (const char* before : {"", "damaged"}) {
    if (*before != '\0') (void)os::write_atomically(artifacts / "app.txt", before);
    ASSERT_TRUE(target->prepare("web1", release_).ok());
    ASSERT_TRUE(target->start(instance_).ok());
    EXPECT_EQ(content("seen"), "the application");
  }
  EXPECT_EQ(*os::read_file(artifacts / "dependencies" / "cpython-3.11" / "dep.whl"), "a wheel");
}

TEST_F(CommandsTargets, RefusesFilesThatWouldLeaveTheReleasesFolder) {
  release_.artifacts[0].name = "../evil";
  EXPECT_FALSE(open()->prepare("web1", release_).ok());
}

TEST_F(CommandsTargets, PreparesOnceAHostAndRelease) {
  environment_.application.prepare = "echo $HOST $RELEASE >> prepared";
  const auto target = open();
  for (const char* host : {"web1", "web2", "web1"}) ASSERT_TRUE(target->prepare(host, release_).ok());
  EXPECT_EQ(content("prepared"), "web1 r1\nweb2 r1\n");
}

TEST_F(CommandsTargets, RemembersInTheLedgerWhatStandsAndHowTrafficIsSplit) {
  const TrafficSplit split{{{instance_.address, 2500}}, {}, {}};
  {
    const auto target = open();
    ASSERT_TRUE(target->start(instance_).ok());
    ASSERT_TRUE(target->start({{"web2", 8002}, "r1", InstanceGroup::stable}).ok());
    ASSERT_TRUE(target->stop({{"web2", 8002}, "r1", InstanceGroup::stable}).ok());
    ASSERT_TRUE(target->shift(split).ok());
  }
  const auto standing = open()->observe();
  ASSERT_TRUE(standing.ok()) << standing.error().message;
  ASSERT_EQ(standing->size(), 1U);
  EXPECT_EQ(standing->front().instance, instance_);
  EXPECT_TRUE(standing->front().running);
  EXPECT_EQ(standing->front().weight, 2500);
}

TEST_F(CommandsTargets, AnInstanceThatIsLongGoneIsNotSeenAsRunning) {
  environment_.rollout.health.start_within = Duration(0);
  const auto target = open();
  ASSERT_TRUE(target->start(instance_).ok());
  ASSERT_TRUE(std::filesystem::remove(work_ / "up-8001"));
  EXPECT_FALSE(target->observe()->front().running);
}

TEST_F(CommandsTargets, TellsTheShiftCommandWhoGetsHowMuch) {
  const auto target = open();
  ASSERT_TRUE(target->start(instance_).ok());
  ASSERT_TRUE(target->shift({{{instance_.address, 250}, {{"web2", 8002}, 9750}}, {"X-Beta", "1"}, {}}).ok());
  EXPECT_EQ(content("split"),
            R"({"environment":"production","shares":[)"
            R"({"host":"web1","port":8001,"release":"r1","weight":2.5},)"
            R"({"host":"web2","port":8002,"weight":97.5}],"header":{"name":"X-Beta","value":"1"},"preview":[]})"
            "\n");
}

TEST_F(CommandsTargets, ObservesByTheUsersOwnCommand) {
  scripts_.observe = R"(echo '[{"host":"web1","port":8001,"release":"r0","weight":12.5,"running":false}]')";
  const auto standing = open()->observe();
  ASSERT_TRUE(standing.ok()) << standing.error().message;
  ASSERT_EQ(standing->size(), 1U);
  EXPECT_EQ(standing->front().instance.release, "r0");
  EXPECT_EQ(standing->front().weight, 1250);
  EXPECT_FALSE(standing->front().running);
}

TEST_F(CommandsTargets, SaysWhatIsWrongWithWhatAScriptPrinted) {
  scripts_.observe = "echo '[{\"host\": 3}]'";
  const auto standing = open()->observe();
  ASSERT_FALSE(standing.ok());
  EXPECT_EQ(standing.error().fault, Fault::job);
  EXPECT_THAT(standing.error().message, HasSubstr("the observe command of production"));
  EXPECT_THAT(standing.error().message, HasSubstr("`host`"));
}

TEST_F(CommandsTargets, SaysWhichScriptFailedWhereAndHow) {
  scripts_.start = "echo no more room >&2; exit 7";
  const auto target = open();
  const Result<> started = target->start(instance_);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().message, "the start command of production for web1:8001 ended with exit status 7");
  EXPECT_EQ(*target->last_log(instance_, 5), "no more room");
}

TEST_F(CommandsTargets, WhatAScriptLeavesRunningLivesOnAndWritesItsLog) {
  scripts_.start = "(echo first; while [ ! -e go ]; do sleep 0.01; done; echo second; touch written) & touch up-$PORT";
  const auto target = open();
  ASSERT_TRUE(target->start(instance_).ok());
  ASSERT_TRUE(os::write_atomically(work_ / "go", "").ok());
  while (!os::path_exists(work_ / "written")) std::this_thread::yield();
  std::vector<std::string> lines;
  ASSERT_TRUE(target
                  ->follow_log(instance_, {},
                               [&](std::string_view line) {
                                 lines.emplace_back(line);
                                 return lines.size() < 2;
                               })
                  .ok());
  EXPECT_THAT(lines, ElementsAre("first", "second"));
}

TEST_F(CommandsTargets, ACheckThatHangsIsEnded) {
  scripts_.check = "sleep 1000";
  const Result<ProbeResult> result = open()->probe(instance_, {}, Duration(30));
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->ok);
  EXPECT_THAT(result->detail, HasSubstr("took longer than"));
}

TEST_F(CommandsTargets, SecretsAreFilesThatOnlyWeCanRead) {
  secrets_ = {{"TOKEN", "s3cret"}};
  scripts_.start = "env > started; cat $SECRETS/TOKEN > token";
  ASSERT_TRUE(open()->start(instance_).ok());
  EXPECT_EQ(content("token"), "s3cret");
  EXPECT_THAT(content("started"), testing::Not(HasSubstr("s3cret")));
  struct stat status {};
  ASSERT_EQ(::stat((folder_.path() / "ours" / "secrets" / "TOKEN").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(CommandsTargets, RunNoScriptForOneWhoseEnvironmentSomebodyElseHasTaken) {
  const auto hour = std::chrono::hours(1);
  const LeaseHolder ana = ledger_->take({"ana", "app-1.0", "anas", {}, 0}, Duration(0))->holder;
  const auto target = open();
  ASSERT_EQ(target->raise_fence(ana).value(), ana.fence);
  ASSERT_TRUE(target->start(instance_).ok());
  EXPECT_THAT(content("started-8001"), HasSubstr("PENSTOCK_FENCE=" + std::to_string(ana.fence)));

  const LeaseHolder bob = ledger_->take({"bob", "app-1.1", "bobs", {}, 0}, hour)->holder;
  const Result<> stopped = target->stop(instance_);
  ASSERT_FALSE(stopped.ok());
  EXPECT_THAT(stopped.error().message, HasSubstr("belongs to bob now"));
  EXPECT_EQ(target->refused_for(), "bob");
  EXPECT_TRUE(os::path_exists(work_ / "up-8001"));

  const auto bobs = open();
  ASSERT_EQ(bobs->raise_fence(bob).value(), bob.fence);
  EXPECT_EQ(target->raise_fence(ana).value(), bob.fence);
  EXPECT_TRUE(bobs->stop(instance_).ok());
}

TEST_F(CommandsTargets, KeepsOnlyTheReleasesThatItIsTold) {
  const auto target = open();
  ASSERT_TRUE(target->prepare("web1", release_).ok());
  ASSERT_TRUE(target->tidy("web1", {"r1"}).ok());
  EXPECT_TRUE(os::path_exists(folder_.path() / "ours" / "releases" / "r1"));
  ASSERT_TRUE(target->tidy("web1", {"r2"}).ok());
  EXPECT_FALSE(os::path_exists(folder_.path() / "ours" / "releases" / "r1"));
}

TEST_F(CommandsTargets, AnotherCloneStartsWhatItDidNotBuild) {
  scripts_.start = "cat \"$ARTIFACTS/app.txt\" > told-$PORT; echo \" $RELEASE_NAME $VERSION\" >> told-$PORT";
  release_.id = release_id(release_.commit, release_.artifacts);
  ASSERT_TRUE(ledger_->put_manifest(release_.id, to_json(release_)).ok());
  ASSERT_TRUE(open()->prepare("local", release_).ok());

  auto built_here = std::exchange(blobs_, std::move(*open_folder_blob_store(folder_.path() / "other")));
  ASSERT_TRUE(os::remove_tree(folder_.path() / "ours").ok());
  const Release built = std::exchange(release_, Release());
  const std::unique_ptr<Target> there = open();
  ASSERT_TRUE(there->prepare("local", built).ok());
  ASSERT_TRUE(there->start({{"local", 8001}, built.id, InstanceGroup::incoming}).ok());
  EXPECT_EQ(*os::read_file(work_ / "told-8001"), "the application app-1.0 1.0\n");

  ASSERT_TRUE(there->tidy("local", {}).ok());
  blobs_ = std::move(*open_folder_blob_store(folder_.path() / "third"));
  const auto gone = open()->prepare("local", built);
  ASSERT_FALSE(gone.ok());
  EXPECT_THAT(gone.error().message, HasSubstr("app.txt of app-1.0 is neither here nor"));
}

}  // namespace
}  // namespace penstock
