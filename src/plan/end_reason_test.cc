#include "plan/end_reason.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace penstock {
namespace {

constexpr int kReasons = static_cast<int>(EndReason::unmet_prerequisites) + 1;

TEST(EndReason, EachHasANameOfItsOwnThatReadsBack) {
  std::set<std::string_view> names;
  for (int i = 0; i < kReasons; ++i) {
    const auto reason = static_cast<EndReason>(i);
    EXPECT_EQ(end_reason_from_name(name_of(reason)), reason);
    EXPECT_FALSE(sentence_of(reason).empty());
    EXPECT_NE(sentence_of(reason).back(), '.');
    names.insert(name_of(reason));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(kReasons));
  EXPECT_FALSE(end_reason_from_name("no_such_reason"));
}

TEST(EndReason, TellsTheMachinesFaultFromTheJobs) {
  EXPECT_EQ(fault_of(EndReason::script_failure), Fault::job);
  EXPECT_EQ(fault_of(EndReason::disk_full), Fault::machine);
  EXPECT_EQ(fault_of(EndReason::out_of_memory), Fault::machine);
  EXPECT_EQ(fault_of(EndReason::interrupted), Fault::machine);
}

TEST(EndReason, RetryWordsAreGitLabs) {
  EXPECT_TRUE(retry_word_matches("always", EndReason::script_failure));
  EXPECT_TRUE(retry_word_matches("script_failure", EndReason::script_failure));
  EXPECT_FALSE(retry_word_matches("script_failure", EndReason::runner_system_failure));
  EXPECT_TRUE(retry_word_matches("stuck_or_timeout_failure", EndReason::job_execution_timeout));
  EXPECT_TRUE(retry_word_matches("job_execution_timeout", EndReason::job_execution_timeout));
  EXPECT_TRUE(retry_word_matches("runner_interrupted", EndReason::interrupted));
  EXPECT_FALSE(retry_word_matches("runner_interrupted", EndReason::disk_full));
}

TEST(EndReason, OurOwnReasonsCountAsFailuresOfTheRunnersSystem) {
  for (const auto reason : {EndReason::out_of_memory, EndReason::disk_full, EndReason::interrupted})
    EXPECT_TRUE(retry_word_matches("runner_system_failure", reason)) << name_of(reason);
}

TEST(EndReason, WhatAPersonEndedIsNeverRetried) {
  for (const auto reason : {EndReason::passed, EndReason::canceled, EndReason::rejected})
    EXPECT_FALSE(retry_word_matches("always", reason)) << name_of(reason);
}

}  // namespace
}  // namespace penstock
