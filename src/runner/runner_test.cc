#include <gtest/gtest.h>

#include "runner/testing/job_test.h"

namespace penstock {
namespace {

using RunnerTest = JobTest;

TEST_F(RunnerTest, RunsTheScriptShowsEachLineAndTellsTheResult) {
  const JobResult result = run({"echo hello", "echo again"});
  EXPECT_EQ(result.outcome.reason, EndReason::passed);
  EXPECT_EQ(log(), "$ echo hello\nhello\n$ echo again\nagain\n");
  EXPECT_EQ(result.log_bytes, log().size());
  EXPECT_EQ(executor.rooms_standing(), 0);
  EXPECT_GT(result.peak_memory, 0u);
  EXPECT_TRUE(result.failed_command.empty());
}

TEST_F(RunnerTest, StopsAtTheFirstLineThatFailsAndNamesIt) {
  const JobResult result = run({"true", "(exit 3)", "echo never"});
  EXPECT_EQ(result.outcome.reason, EndReason::script_failure);
  EXPECT_EQ(result.outcome.exit_code, 3);
  EXPECT_EQ(result.failed_command, "(exit 3)");
  EXPECT_EQ(result.outcome.detail, "`(exit 3)` ended with 3");
  EXPECT_EQ(log(), "$ true\n$ (exit 3)\n");
}

TEST_F(RunnerTest, AllLinesShareOneShell) {
  EXPECT_EQ(run({"mkdir sub && cd sub", "x=5; f() { echo \"f $1 in ${PWD##*/}\"; }", "f $x"}).outcome.reason,
            EndReason::passed);
  EXPECT_TRUE(log().ends_with("f 5 in sub\n")) << log();
}

TEST_F(RunnerTest, BashKeepsItsOwnWays) {
  EXPECT_EQ(run({"exit 0", "false"}).outcome.reason, EndReason::passed);
  EXPECT_EQ(run({"set +e", "false", "echo on"}).outcome.reason, EndReason::passed);
  EXPECT_EQ(run({"false | true"}).outcome.reason, EndReason::script_failure);
  EXPECT_EQ(run({"if true; then", "echo inside", "fi"}).outcome.reason, EndReason::passed);
  EXPECT_EQ(run({"cat <<EOF\nit's\nEOF\n", "echo after"}).outcome.reason, EndReason::passed);
  EXPECT_EQ(run({"false || true", "echo a # it's a comment", "trap 'echo bye' EXIT"}).outcome.reason,
            EndReason::passed);
  EXPECT_TRUE(log().ends_with("bye\n"));
  EXPECT_EQ(run({"shopt -s expand_aliases", "alias greet='echo hi'", "greet"}).outcome.reason, EndReason::passed);
}

TEST_F(RunnerTest, AnOpenQuoteIsThatLinesMistakeAndRunsNothingElse) {
  const JobResult result = run({"true", "echo it's", "touch 'never'"});
  EXPECT_EQ(result.outcome.reason, EndReason::script_failure);
  EXPECT_EQ(result.failed_command, "echo it's");
  EXPECT_NE(log().find("unexpected EOF while looking for matching"), std::string::npos) << log();
  EXPECT_EQ(log().find("never"), std::string::npos);
}

TEST_F(RunnerTest, ABlockIsShownByItsFirstLine) {
  const JobResult result = run({"echo one\nfalse\necho three\n"});
  EXPECT_EQ(log(), "$ echo one # collapsed multi-line command\none\n");
  EXPECT_EQ(result.failed_command, "echo one\nfalse\necho three");
}

TEST_F(RunnerTest, TheFailedCommandIsKnownThoughTheScriptSetsItsOwnTraps) {
  const JobResult result = run({"trap 'echo cleaning' EXIT", "set -o noclobber -x", "exit 7"});
  EXPECT_EQ(result.failed_command, "exit 7");
  EXPECT_EQ(result.outcome.exit_code, 7);
  EXPECT_EQ(log().find("builtin"), std::string::npos) << log();
}

TEST_F(RunnerTest, VariablesReachTheScriptExpanded) {
  spec.variables = {{"NAME", "app", false, false, false},
                    {"WHEEL", "${NAME}-1.0 costs $$5", false, false, false},
                    {"RAW", "$NAME", true, false, false},
                    {"PATH", "/opt/x:$PATH", false, false, false},
                    {"KEYS", "a\nb\n", true, true, false}};
  run({"echo \"$WHEEL|$RAW|$PATH\"", "cat \"$KEYS\"", "stat -c %a \"$KEYS\"", "echo $CI_PROJECT_DIR; pwd",
       "echo $CI_JOB_STATUS"});
  EXPECT_NE(log().find("app-1.0 costs $5|$NAME|/opt/x:/usr/local/bin"), std::string::npos) << log();
  EXPECT_NE(log().find("a\nb\n"), std::string::npos);
  EXPECT_NE(log().find("\n600\n"), std::string::npos) << log();
  EXPECT_NE(log().find("\nrunning\n"), std::string::npos);
}

TEST_F(RunnerTest, SecretsAreHandedOverAndMaskedWhereverTextLeaves) {
  source.secrets["TOKEN"] = "s3cr3t-value-42";
  spec.variables = {{"TOKEN", "", false, false, true}, {"URL", "https://x:${TOKEN}@host", false, false, false}};
  spec.artifacts.paths = {"out/$TOKEN-missing"};
  const JobResult result = run({"test \"$TOKEN\" = s3cr3t-\"value-42\" && echo same", "echo $URL",
                                "printf s3cr3t-; printf 'value-42\\n'", "ls s3cr3t-value-42 2>/dev/null"});
  EXPECT_NE(log().find("\nsame\n"), std::string::npos) << log();
  EXPECT_EQ(log().find("s3cr3t-value-42"), std::string::npos) << log();
  EXPECT_EQ(to_json(result).find("s3cr3t-value-42"), std::string::npos) << to_json(result);
  EXPECT_EQ(result.failed_command, "ls [MASKED] 2>/dev/null");
}

TEST_F(RunnerTest, ASecretThatIsMissingIsAnUnmetPrerequisite) {
  spec.variables = {{"TOKEN", "", false, false, true}};
  const JobResult result = run({"echo never"});
  EXPECT_EQ(result.outcome.reason, EndReason::unmet_prerequisites);
  EXPECT_NE(result.outcome.detail.find("`TOKEN`"), std::string::npos);
  EXPECT_EQ(executor.rooms_opened(), 0);
}

TEST_F(RunnerTest, AfterScriptRunsInAShellOfItsOwnAndKnowsTheStatus) {
  after({"echo \"status $CI_JOB_STATUS x=$x in $PWD\""});
  EXPECT_EQ(run({"x=1; cd /"}).outcome.reason, EndReason::passed);
  EXPECT_NE(log().find("status success x= in /"), std::string::npos) << log();
  EXPECT_EQ(run({"false"}).failed_command, "false");
  EXPECT_NE(log().find("status failed"), std::string::npos);
}

TEST_F(RunnerTest, AFailingAfterScriptChangesNothingUnlessAsked) {
  after({"exit 4"});
  const JobResult result = run({"true"});
  EXPECT_EQ(result.outcome.reason, EndReason::passed);
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_NE(result.notes[0].find("ended with 4"), std::string::npos);
  spec.variables = {{"AFTER_SCRIPT_IGNORE_ERRORS", "false", false, false, false}};
  const JobResult strict = run({"true"});
  EXPECT_EQ(strict.outcome.reason, EndReason::script_failure);
  EXPECT_EQ(strict.outcome.exit_code, 4);
}

TEST_F(RunnerTest, ATimeoutEndsTheJobWithoutAfterScript) {
  spec.timeout = Duration(150);
  after({"echo after"});
  const JobResult result = run({"echo begun; sleep 100"});
  EXPECT_EQ(result.outcome.reason, EndReason::job_execution_timeout);
  EXPECT_EQ(result.failed_command, "echo begun; sleep 100");
  EXPECT_EQ(log().find("after\n"), std::string::npos);
}

TEST_F(RunnerTest, AScriptTimeoutOfItsOwnLeavesTimeForAfterScript) {
  spec.variables = {{"RUNNER_SCRIPT_TIMEOUT", "150ms", false, false, false}};
  after({"echo after $CI_JOB_STATUS"});
  EXPECT_EQ(run({"sleep 100"}).outcome.reason, EndReason::job_execution_timeout);
  EXPECT_NE(log().find("after failed\n"), std::string::npos) << log();
}

TEST_F(RunnerTest, CancellingEndsTheScriptAndRunsAfterScript) {
  after({"echo after $CI_JOB_STATUS"});
  cancel_at("begun\n", Cancel::Level::graceful);
  const JobResult result = run({"echo begun", "sleep 100"});
  EXPECT_EQ(result.outcome.reason, EndReason::canceled);
  EXPECT_NE(log().find("after canceled\n"), std::string::npos) << log();
}

TEST_F(RunnerTest, KillingEndsEverythingAtOnce) {
  after({"echo after"});
  spec.artifacts.paths = {"x"};
  spec.artifacts.when = KeepWhen::always;
  cancel_at("begun\n", Cancel::Level::kill);
  const JobResult result = run({"touch x; trap '' TERM; echo begun", "sleep 100"});
  EXPECT_EQ(result.outcome.reason, EndReason::canceled);
  EXPECT_EQ(log().find("after\n"), std::string::npos);
  EXPECT_TRUE(result.artifacts.empty());
}

TEST_F(RunnerTest, AKillAfterACancelReachesAfterScript) {
  after({"echo cleaning; sleep 100"});
  cancel.request(Cancel::Level::none);
  sink.on_log = [&] {
    if (log().find("begun\n") != std::string::npos) cancel.request(Cancel::Level::graceful);
    if (log().find("cleaning\n") != std::string::npos) cancel.request(Cancel::Level::kill);
  };
  EXPECT_EQ(run({"echo begun", "sleep 100"}).outcome.reason, EndReason::canceled);
}

TEST_F(RunnerTest, WhatIsCancelledBeforeItStartsNeverRuns) {
  cancel.request(Cancel::Level::graceful);
  EXPECT_EQ(run({"echo never"}).outcome.reason, EndReason::canceled);
  EXPECT_EQ(executor.rooms_opened(), 0);
}

TEST_F(RunnerTest, FaultsOfTheMachineAreNotTheScripts) {
  executor.open_error = Error{Fault::machine, "no namespaces here", ""};
  EXPECT_EQ(run({"true"}).outcome.reason, EndReason::runner_system_failure);
  EXPECT_NE(log().find("no namespaces here"), std::string::npos);
  executor.open_error = Error{Fault::user, "it needs the image `x`", ""};
  EXPECT_EQ(run({"true"}).outcome.reason, EndReason::runner_unsupported);
  executor.open_error = Error{Fault::machine, "can't make a folder: No space left on device", ""};
  EXPECT_EQ(run({"true"}).outcome.reason, EndReason::disk_full);
  executor.open_error.reset();
  executor.run_error = Error{Fault::machine, "can't start bash", ""};
  EXPECT_EQ(run({"true"}).outcome.reason, EndReason::runner_system_failure);
  executor.run_error.reset();
  executor.out_of_memory = {"job"};
  EXPECT_EQ(run({"true"}).outcome.reason, EndReason::out_of_memory);
  EXPECT_EQ(executor.rooms_standing(), 0);
}

TEST_F(RunnerTest, ALogThatCanNotBeWrittenStopsTheJob) {
  sink.log_limit = 1000;
  const JobResult result = run({"while :; do echo on and on; done"});
  EXPECT_EQ(result.outcome.reason, EndReason::disk_full);
  EXPECT_LE(log().size(), 1000u);
}

TEST_F(RunnerTest, ALogOfAnySizePassesThroughInSmallPieces) {
  source.secrets["TOKEN"] = "s3cr3t-value-42";
  spec.variables = {{"TOKEN", "", false, false, true}};
  spec.coverage = "cov (\\d+)%";
  size_t largest = 0;
  sink.on_log = [&] {
    largest = std::max(largest, log().size());
    EXPECT_EQ(log().find("s3cr3t"), std::string::npos);
    sink.text.clear();
  };
  const JobResult result = run({"head -n 400000 < <(yes \"$TOKEN and so on\")", "echo cov 81%"});
  EXPECT_EQ(result.outcome.reason, EndReason::passed);
  EXPECT_GT(result.log_bytes, 400000u * 18);
  EXPECT_LT(largest, 300000u);
  EXPECT_EQ(result.coverage, 81.0);
}

TEST_F(RunnerTest, ProcessesLeftRunningAreNamed) {
  // Between fork and exec a process has the shell's name, or none.
  const JobResult result = run({"sleep 1234 &", "until grep -q sleep /proc/$!/cmdline; do :; done", "echo done"});
  EXPECT_EQ(result.outcome.reason, EndReason::passed);
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_NE(result.notes[0].find("sleep 1234"), std::string::npos);
}

TEST_F(RunnerTest, TheRoomStandsWhenAFailureIsShown) {
  std::string seen;
  sink.on_failed = [&](Room& room, const JobResult& so_far) {
    seen = so_far.failed_command;
    EXPECT_EQ(executor.rooms_standing(), 1);
    EXPECT_FALSE(room.project_folder().empty());
  };
  run({"exit 9"});
  EXPECT_EQ(seen, "exit 9");
}

TEST_F(RunnerTest, NoticesOfTheRoomComeFirst) {
  executor.notices = {"image `python:3.11` is not used"};
  run({"echo x"});
  EXPECT_TRUE(log().starts_with("image `python:3.11` is not used\n$ echo x\n")) << log();
}

TEST_F(RunnerTest, AnEmptyGitStrategyGivesAnEmptyProject) {
  executor.files = {{"README", "x"}, {"src/a.py", "y"}};
  spec.variables = {{"GIT_STRATEGY", "empty", false, false, false}};
  run({"ls -A | wc -l"});
  EXPECT_TRUE(log().ends_with("\n0\n")) << log();
}

TEST_F(RunnerTest, TheEnvironmentsUrlKnowsWhatTheJobReported) {
  spec.environment = Environment{"review", "https://$HOST/${CI_X}", "start", "", "", ""};
  spec.variables = {{"CI_X", "x", false, false, false}};
  spec.artifacts.reports["dotenv"] = {"out.env"};
  EXPECT_EQ(run({"echo HOST=review.example >out.env"}).environment_url, "https://review.example/x");
}

TEST_F(RunnerTest, JobsOfSeveralThreadsDoNotMeet) {
  std::vector<std::thread> threads;
  std::vector<std::string> logs(4);
  Runner runner(executor, *blobs, clock);
  for (size_t i = 0; i < logs.size(); ++i) {
    threads.emplace_back([&, i] {
      FakeSource my_source;
      FakeSink my_sink(my_source);
      Cancel nobody;
      JobSpec my_spec = spec;
      my_spec.steps = {ScriptStep{{"echo job " + std::to_string(i)}}};
      runner.run(my_spec, my_source, my_sink, nobody);
      logs[i] = my_sink.text;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < logs.size(); ++i)
    EXPECT_TRUE(logs[i].ends_with("\njob " + std::to_string(i) + "\n")) << logs[i];
}

TEST_F(RunnerTest, ImagesAndServicesAreNamedByTheJobsVariables) {
  spec.variables = {{"PYTHON", "3.$MINOR", false, false, false}, {"MINOR", "11", false, false, false}};
  spec.image.emplace().name = "python:$PYTHON";
  spec.services.emplace_back().image.name = "db:${MINOR}";
  std::vector<std::string> asked_for;
  executor.on_open = [&](const JobSpec& asked) { asked_for = {asked.image->name, asked.services.at(0).image.name}; };
  EXPECT_EQ(run({"true"}).outcome.reason, EndReason::passed);
  EXPECT_EQ(asked_for, (std::vector<std::string>{"python:3.11", "db:11"}));
}

}  // namespace
}  // namespace penstock
