#include "executor_sandbox/wire.h"

#include <gtest/gtest.h>

#include "executor_sandbox/room_plan.h"

namespace penstock::sandbox {
namespace {

TEST(Wire, AStructComesBackAsItWasSent) {
  RoomPlan plan;
  plan.project = "/home/ana/app";
  plan.lower = {"/top", std::string("with\0zero", 9), ""};
  plan.binds = {{"/a", "/b", true}, {"/c", "/d", false}};
  plan.network = false;
  plan.job_temporary = "/tmp/x";
  const auto back = decode<RoomPlan>(encode(plan));
  EXPECT_EQ(encode(back), encode(plan));
  EXPECT_EQ(back.lower, plan.lower);
  EXPECT_EQ(back.binds, plan.binds);
  EXPECT_FALSE(back.network);
  EXPECT_EQ(decode<Error>(encode(Error{Fault::job, "no", "do"})), (Error{Fault::job, "no", "do"}));
}

TEST(Wire, WhatIsMissingReadsAsNothing) {
  const std::string whole = encode(std::string("abc"), -7, std::vector<std::string>{"x", "y"});
  for (size_t size = 0; size < whole.size(); ++size) {
    std::string text;
    int64_t number = 1;
    std::vector<std::string> list;
    decode_into(std::string_view(whole).substr(0, size), text, number, list);
    EXPECT_LE(text.size(), 3u);
    EXPECT_TRUE(number == 0 || number == -7) << number;
    EXPECT_LE(list.size(), 2u);
  }
}

}  // namespace
}  // namespace penstock::sandbox
