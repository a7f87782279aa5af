#include "cli/gates.h"

#include <gtest/gtest.h>

#include "engine/testing/driver.h"

namespace penstock {
namespace {

using testing::Driver;
using testing::job;
using testing::plan_of;
using Indices = std::vector<size_t>;

Driver waiting_run() {
  Driver driver(plan_of({"europe", "production"},
                        {job("asia", "europe").manual(), job("ship", "europe").manual().environment("asia"),
                         job("check", "europe"), job("last", "production").manual(true)}));
  driver.start_run();
  return driver;
}

TEST(GatesTest, ANameMeansAnEnvironmentBeforeAStageBeforeAJob) {
  const Driver driver = waiting_run();
  EXPECT_EQ(gates_of(driver.run, "asia").waiting, Indices{1});
  EXPECT_EQ(gates_of(driver.run, "europe").waiting, (Indices{0, 1}));
  EXPECT_EQ(gates_of(driver.run, "europe").known, (Indices{0, 1, 2}));
  EXPECT_EQ(gates_of(driver.run, "ship").waiting, Indices{1});
}

TEST(GatesTest, WhatDoesNotWaitIsKnownAlone) {
  const Driver driver = waiting_run();
  EXPECT_TRUE(gates_of(driver.run, "last").waiting.empty());
  EXPECT_EQ(gates_of(driver.run, "last").known, Indices{3});
  EXPECT_TRUE(gates_of(driver.run, "nobody").known.empty());
}

}  // namespace
}  // namespace penstock
