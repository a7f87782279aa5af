#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <latch>
#include <thread>

#include "base/last_lines.h"
#include "delivery/command.h"
#include "delivery/request_log.h"
#include "delivery/timetable.h"
#include "delivery/workers.h"
#include "os/files.h"

namespace penstock {
namespace {

using testing::ElementsAre;

TEST(Workers, DoManyThingsAtATimeButALaneOneAfterTheOther) {
  std::latch all(8);
  std::vector<int> order;
  {
    Workers workers(8);
    for (int i = 0; i < 100; ++i) {
      workers.run_in("lane", [&order, i] { order.push_back(i); });  // the lane guards `order`
    }
    for (int i = 0; i < 7; ++i) workers.run([&] { all.arrive_and_wait(); });
    workers.run_in("lane", [&] { all.arrive_and_wait(); });
  }
  ASSERT_EQ(order.size(), 100U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Workers, NeverUseMoreThreadsThanTheyMay) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  {
    Workers workers(3);
    for (int i = 0; i < 200; ++i) {
      workers.run([&] {
        const int count = ++now;
        for (int before = most; count > before && !most.compare_exchange_weak(before, count);) {
        }
        std::this_thread::yield();
        --now;
      });
    }
  }
  EXPECT_LE(most, 3);
  EXPECT_EQ(now, 0);
}

TEST(Timetable, DoesThingsInTheOrderOfTheirTimes) {
  std::vector<int> order;
  std::latch both(2);
  Timetable timetable;
  timetable.after(Duration(40), [&] { order.push_back(2), both.count_down(); });
  timetable.after(Duration(1), [&] { order.push_back(1), both.count_down(); });
  timetable.after(std::chrono::hours(1), [&] { order.push_back(3); });
  both.wait();
  timetable.end();
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(RequestLog, TellsARequestByTheGroupThatItsInstanceHad) {
  RequestLog log;
  const InstanceAddress address{"web1", 1};
  const Instant start{};
  log.add({start, address, 200, 1});  // of an unknown instance
  log.introduce({address, "r2", InstanceGroup::incoming});
  log.add({start, address, 500, 2});
  log.add({start + Duration(10), address, 200, 3});
  log.introduce({address, "r2", InstanceGroup::stable});
  log.add({start + Duration(20), address, 200, 4});
  std::vector<int> seen;
  const auto note = [&](const RequestLog::Seen& one) { seen.push_back(one.microseconds); };
  log.each_since(InstanceGroup::incoming, start, note);
  EXPECT_THAT(seen, ElementsAre(2, 3));
  log.each_since(InstanceGroup::incoming, start + Duration(1), note);
  log.each_since(InstanceGroup::stable, start, note);
  EXPECT_THAT(seen, ElementsAre(2, 3, 3, 4));
}

TEST(RequestLog, ForgetsTheOldestBeyondItsLimit) {
  RequestLog log;
  const InstanceAddress address{"web1", 1};
  log.introduce({address, "r2", InstanceGroup::incoming});
  for (size_t i = 0; i < RequestLog::kMost + 5; ++i) log.add({Instant{}, address, 200, static_cast<int64_t>(i)});
  size_t count = 0;
  int32_t first = -1;
  log.each_since(InstanceGroup::incoming, Instant{}, [&](const RequestLog::Seen& one) {
    if (count++ == 0) first = one.microseconds;
  });
  EXPECT_EQ(count, RequestLog::kMost);
  EXPECT_EQ(first, 5);
}

UserCommand command(const std::string& line) {
  UserCommand command;
  command.line = line;
  command.environment = {{"PATH", "/usr/bin:/bin"}};
  return command;
}

TEST(UserCommand, GivesOutputAndTheLogOfBothStreams) {
  UserCommand echo = command("cat; echo out; sleep 0; echo err >&2; exit 4");
  echo.input = "in\n";
  const Result<CommandOutcome> outcome = run_user_command(echo);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->status.code, 4);
  EXPECT_EQ(outcome->output, "in\nout\n");
  EXPECT_EQ(outcome->log.size(), std::string("in\nout\nerr\n").size());
}

TEST(UserCommand, EndsWithItsFirstProcessWhateverThatLeavesRunning) {
  const Result<CommandOutcome> outcome = run_user_command(command("sleep 1000 & echo $!"));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(::kill(std::stoi(outcome->output), SIGKILL), 0);
}

TEST(UserCommand, KeepsTheEndOfALongLog) {
  const Result<CommandOutcome> outcome =
      run_user_command(command("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"));
  ASSERT_TRUE(outcome.ok());
  EXPECT_LE(outcome->log.size(), size_t{16} << 10);
  EXPECT_EQ(last_lines(outcome->log, 2), "line 19998\nline 19999");
}

TEST(LastLines, AreAsManyAsThereAre) {
  EXPECT_EQ(last_lines("", 3), "");
  EXPECT_EQ(last_lines("\n\n", 3), "");
  EXPECT_EQ(last_lines("a", 3), "a");
  EXPECT_EQ(last_lines("a\nb\nc\n\n", 2), "b\nc");
  EXPECT_EQ(last_lines("a\nb", 2), "a\nb");
  EXPECT_EQ(last_lines("\na\nb", 2), "a\nb");
}

}  // namespace
}  // namespace penstock
