#include "store/folder_log_store.h"

#include <gtest/gtest.h>

#include <thread>

#include "os/files.h"

namespace penstock {
namespace {

class LogStoreTest : public ::testing::Test {
 protected:
  os::TempFolder folder_ = os::TempFolder::make().value();
  std::unique_ptr<LogStore> logs_ = open_folder_log_store(folder_.path() / "logs");
};

TEST_F(LogStoreTest, KeepsWhatIsAppended) {
  const std::unique_ptr<LogWriter> writer = logs_->create(3, 17).value();
  EXPECT_EQ(writer->append(0, "one\n").value(), 4u);
  EXPECT_EQ(writer->append(4, "two\n").value(), 8u);
  const std::unique_ptr<LogReader> reader = logs_->open(3, 17).value();
  EXPECT_EQ(reader->read(0, 100).value(), "one\ntwo\n");
  EXPECT_EQ(reader->read(4, 2).value(), "tw");
  EXPECT_EQ(reader->read(8, 100).value(), "");
  EXPECT_EQ(reader->size().value(), 8u);
}

TEST_F(LogStoreTest, OneOfARunThatWasLostWithThePowerGivesWay) {
  EXPECT_EQ(logs_->create(3, 17).value()->append(0, "long and lost\n").value(), 14u);
  EXPECT_EQ(logs_->create(3, 17).value()->append(0, "new\n").value(), 4u);
  EXPECT_EQ(logs_->open(3, 17).value()->read(0, 100).value(), "new\n");
}

TEST_F(LogStoreTest, TakesARepeatedCallOnce) {
  const std::unique_ptr<LogWriter> writer = logs_->create(3, 17).value();
  EXPECT_EQ(writer->append(0, "one\n").value(), 4u);
  EXPECT_EQ(writer->append(0, "one\ntwo\n").value(), 8u);
  EXPECT_EQ(writer->append(2, "e\n").value(), 8u);
  EXPECT_FALSE(writer->append(9, "gap").ok());
  EXPECT_EQ(logs_->open(3, 17).value()->read(0, 100).value(), "one\ntwo\n");
}

TEST_F(LogStoreTest, ReadsNothingOfAnAttemptThatNeverBegan) {
  const std::unique_ptr<LogReader> reader = logs_->open(3, 99).value();
  EXPECT_EQ(reader->read(0, 100).value(), "");
  EXPECT_FALSE(reader->wait(0, -1).value());
}

TEST_F(LogStoreTest, LetsAReaderFollowToTheEnd) {
  std::unique_ptr<LogWriter> writer = logs_->create(1, 1).value();
  const std::unique_ptr<LogReader> reader = logs_->open(1, 1).value();
  std::string followed;
  std::thread follower([&] {
    while (reader->wait(followed.size(), -1).value()) followed += reader->read(followed.size(), 7).value();
  });
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    EXPECT_TRUE(writer->append(expected.size(), line).ok());
    expected += line;
  }
  writer.reset();  // its end is what the follower waits for
  follower.join();
  EXPECT_EQ(followed, expected);
}

TEST_F(LogStoreTest, RemovesARunsLogs) {
  ASSERT_TRUE(logs_->create(1, 1).value()->append(0, "x").ok());
  ASSERT_TRUE(logs_->create(2, 2).value()->append(0, "y").ok());
  ASSERT_TRUE(logs_->remove(1).ok());
  EXPECT_EQ(logs_->open(1, 1).value()->size().value(), 0u);
  EXPECT_EQ(logs_->open(2, 2).value()->size().value(), 1u);
}

TEST_F(LogStoreTest, SaysWhereALogIs) {
  EXPECT_EQ(logs_->address(3, 17), "file://" + (folder_.path() / "logs/3/17.log").native());
}

}  // namespace
}  // namespace penstock
