#include <gmock/gmock.h>

#include "blobs/tree.h"
#include "runner/testing/job_test.h"

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PrepareTest : public JobTest {
 protected:
  PrepareTest() { spec.id = 7; }

  /// What a person's command prints in the job's room.
  std::string look(const std::string& script) {
    auto prepared = Runner(executor, *blobs, clock).prepare(spec, source, sink, cancel);
    if (!prepared.ok()) return "error: " + prepared.error().message;
    as_it_was = prepared->as_it_was;
    ShellRequest request;
    request.script = script;
    request.environment = prepared->environment;
    std::string output;
    const auto end = prepared->room->run(
        request, [&](std::string_view piece) { output += piece; }, cancel);
    EXPECT_TRUE(end.ok());
    return output;
  }

  bool as_it_was = false;
};

TEST_F(PrepareTest, TheRoomOfAFailedAttemptIsKeptAndOpensAsItWas) {
  EXPECT_EQ(run({"echo made > file", "false"}).outcome.reason, EndReason::script_failure);
  EXPECT_THAT(executor.kept(), ElementsAre("7"));
  EXPECT_EQ(look("cat file"), "made\n");
  EXPECT_TRUE(as_it_was);
}

TEST_F(PrepareTest, NothingIsKeptOfWhatPassedOrWasCancelled) {
  run({"true"});
  cancel_at("up", Cancel::Level::graceful);
  EXPECT_EQ(run({"echo up; exec sleep 60"}).outcome.reason, EndReason::canceled);
  EXPECT_THAT(executor.kept(), IsEmpty());
}

TEST_F(PrepareTest, AFreshRoomIsFilledAsTheJobs) {
  executor.files["source"] = "code\n";
  ASSERT_EQ(run({"echo built > out"}).outcome.reason, EndReason::passed);
  spec.artifacts.paths = {"out"};
  const JobResult built = run({"echo built > out"});
  ASSERT_EQ(built.artifacts.size(), 1U);
  spec.artifacts = {};
  spec.inputs = {{"build", built.artifacts[0].tree}};
  spec.variables = {{"NAME", "app", false, false, false}, {"BOTH", "$NAME-1", false, false, false}};
  EXPECT_EQ(look("cat source out; echo $BOTH"), "code\nbuilt\napp-1\n");
  EXPECT_FALSE(as_it_was);
}

TEST_F(PrepareTest, SecretsAreThereAgainButNotInWhatIsKept) {
  source.secrets["TOKEN"] = "s3cr3t-value";
  source.secrets["KEY_FILE"] = "s3cr3t-key";
  spec.variables = {{"TOKEN", "", true, false, true}, {"KEY_FILE", "", true, true, true}};
  EXPECT_EQ(run({"test -s $KEY_FILE", "false"}).outcome.reason, EndReason::script_failure);
  const auto kept = executor.open_kept(spec, "7");
  ASSERT_TRUE(kept.ok() && *kept);
  ShellRequest request;
  request.script = "grep -r s3cr3t .. ; ls ../tmp/variables";
  request.environment = {"PATH=/usr/bin:/bin"};
  std::string output;
  ASSERT_TRUE((*kept)
                  ->run(
                      request, [&](std::string_view piece) { output += piece; }, cancel)
                  .ok());
  EXPECT_EQ(output, "");
  EXPECT_EQ(look("echo $TOKEN; cat $KEY_FILE"), "s3cr3t-value\ns3cr3t-key");
}

TEST_F(PrepareTest, WhatKeepsAJobFromBeginningIsTold) {
  spec.variables = {{"TOKEN", "", true, false, true}};
  EXPECT_EQ(look("true"), "error: secret `TOKEN` is not set");
  spec.variables.clear();
  executor.open_error = Error{Fault::machine, "no room", ""};
  EXPECT_EQ(look("true"), "error: no room");
}

}  // namespace
}  // namespace penstock
