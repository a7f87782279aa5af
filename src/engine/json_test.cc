#include "engine/json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/testing/driver.h"

namespace penstock {
namespace {

using testing::Driver;
using testing::job;
using testing::plan_of;

const Instant kAt{Duration(1'700'000'000'123)};
const Actor kAlice{"Alice", "alice@example.org", true};

std::vector<Event> one_of_each() {
  return {{kAt, event::Started{}},
          {kAt, event::JobStarted{"a"}},
          {kAt, event::JobFinished{"a", 2, {EndReason::script_failure, 3, "`make` failed"}}},
          {kAt, event::JobLost{"a", 1}},
          {kAt, event::TimeReached{}},
          {kAt, event::Approved{"a", kAlice, "go"}},
          {kAt, event::Rejected{"a", {"Bob", "", false}, ""}},
          {kAt, event::CancelRequested{"", kAlice}},
          {kAt, event::RetryRequested{"a", kAlice}},
          {kAt, event::ResourceGranted{"a"}},
          {kAt, event::JobsAdded{{"late"}, {job("x", "late").needs({"a"}).job, job("y", "late").job}}},
          {kAt, event::JobParked{"a", 1, "run 7 waits"}}};
}

TEST(EngineJson, EventsReadBackTheSame) {
  const auto events = one_of_each();
  ASSERT_EQ(events.size(), std::variant_size_v<decltype(Event::what)>);
  for (const Event& event : events) {
    const auto read = event_from_json(to_json(event));
    ASSERT_TRUE(read.ok()) << to_json(event) << read.error().message;
    EXPECT_EQ(*read, event) << to_json(event);
  }
}

TEST(EngineJson, TheStoredFormsAreFrozen) {
  EXPECT_EQ(to_json(one_of_each()[2]),
            R"({"format":1,"at":1700000000123,"event":"job_finished","job":"a","attempt":2,)"
            R"("outcome":{"reason":"script_failure","exit_code":3,"detail":"`make` failed"}})");
  EXPECT_EQ(to_json(one_of_each()[5]),
            R"({"format":1,"at":1700000000123,"event":"approved","job":"a",)"
            R"("by":{"name":"Alice","email":"alice@example.org","proved":true},"message":"go"})");
  EXPECT_EQ(to_json(JobState{}), R"({"format":1,"status":"created"})");
  EXPECT_EQ(to_json(RunRecord{true, Status::running, {{"test", Status::skipped}}}),
            R"({"format":1,"started":true,"status":"running","stages":{"test":"skipped"}})");
}

TEST(EngineJson, StatesReadBackTheSame) {
  JobState state{Status::failed,
                 3,
                 true,
                 JobOutcome{EndReason::out_of_memory, 137, "killed"},
                 kAt,
                 kAt,
                 kAt,
                 kAt,
                 kAlice,
                 "m",
                 1,
                 2,
                 "because"};
  for (int status = 0; status <= static_cast<int>(Status::skipped); ++status) {
    state.status = static_cast<Status>(status);
    const auto read = job_state_from_json(to_json(state));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read, state);
  }
  EXPECT_EQ(*job_state_from_json(to_json(JobState{})), JobState{});
  const RunRecord record{true, Status::failed, {{"a", Status::skipped}}};
  EXPECT_EQ(*run_record_from_json(to_json(record)), record);
}

TEST(EngineJson, AnArbiterReadsBackTheSame) {
  Arbiter arbiter;
  arbiter.apply(arbiter_event::ModeChanged{"production", QueueMode::oldest_first});
  arbiter.apply(arbiter_event::Requested{{7, "deploy"}, "production"});
  arbiter.apply(arbiter_event::Requested{{8, "deploy"}, "production"});
  arbiter.apply(arbiter_event::Announced{{9, "deploy"}, "production"});
  arbiter.apply(arbiter_event::Requested{{9, "x"}, "other"});
  const auto read = arbiter_from_json(to_json(arbiter));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, arbiter);
}

TEST(EngineJson, WhatIsUnknownIsNeverHalfUnderstood) {
  EXPECT_FALSE(event_from_json(R"({"format":2,"at":1,"event":"started"})").ok());
  EXPECT_FALSE(event_from_json(R"({"format":1,"at":1,"event":"exploded"})").ok());
  EXPECT_FALSE(event_from_json(R"({"format":1,"at":1,"event":"started","job":"a"})").ok());
  EXPECT_FALSE(event_from_json(R"({"format":1,"at":1,"event":"job_started"})").ok());
  EXPECT_FALSE(job_state_from_json(R"({"format":1,"status":"waiting"})").ok());
  EXPECT_FALSE(run_record_from_json("{}").ok());
  EXPECT_FALSE(arbiter_from_json(R"({"format":1,"groups":[]})").ok());
}

}  // namespace
}  // namespace penstock
