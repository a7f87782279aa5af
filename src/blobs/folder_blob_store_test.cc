#include "blobs/folder_blob_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "blobs/blob_folder.h"
#include "os/files.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

class FolderBlobStoreTest : public ::testing::Test {
 protected:
  FolderBlobStoreTest() : temp_(std::move(os::TempFolder::make()).value()), folder_(temp_.path() / "blobs") {
    blobs_ = std::move(open_folder_blob_store(folder_)).value();
  }

  static std::string noise(size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string text(size, '\0');
    for (char& letter : text) letter = static_cast<char>(random());
    return text;
  }
  Digest put_in_pieces(const std::string& content, size_t piece) {
    auto writer = std::move(blobs_->create()).value();
    for (size_t at = 0; at < content.size(); at += piece) {
      EXPECT_TRUE(writer->write(std::string_view(content).substr(at, piece)).ok());
    }
    return writer->finish().value();
  }
  [[nodiscard]] fs::path file_of(const Digest& digest) const { return folder_ / blob_path(digest); }
  void make_old(const Digest& digest) {
    fs::last_write_time(file_of(digest), fs::file_time_type::clock::now() - std::chrono::hours(24));
  }
  [[nodiscard]] size_t unfinished() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_ / "new"), fs::directory_iterator()));
  }
  static Instant an_hour_ago() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) - std::chrono::hours(1);
  }

  os::TempFolder temp_;
  fs::path folder_;
  std::unique_ptr<BlobStore> blobs_;
};

TEST_F(FolderBlobStoreTest, GivesBackWhatWasPutByItsSha256) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, size_t{262144}, size_t{262145}, size_t{3000000}}) {
    const std::string content = noise(size, static_cast<unsigned>(size));
    const Digest digest = put_in_pieces(content, 70001);
    EXPECT_EQ(digest, sha256(content));
    EXPECT_EQ(get(*blobs_, digest, 1 << 30).value(), content) << size;
  }
  EXPECT_EQ(unfinished(), 0u);
}

TEST_F(FolderBlobStoreTest, KeepsTheSameContentOnceAndCompressed) {
  const std::string content(1000000, 'a');
  const Digest digest = put_in_pieces(content, 4096);
  const auto inode = [&] {
    struct stat status {};
    ::stat(file_of(digest).c_str(), &status);
    return status.st_ino;
  };
  const auto before = inode();
  EXPECT_EQ(put_in_pieces(content, 1000000), digest);
  EXPECT_EQ(inode(), before);
  EXPECT_LT(fs::file_size(file_of(digest)), 10000u);
  EXPECT_EQ(list_blobs(folder_)->size(), 1u);
}

TEST_F(FolderBlobStoreTest, AWriterThatIsDroppedLeavesNothing) {
  {
    auto writer = std::move(blobs_->create()).value();
    ASSERT_TRUE(writer->write(noise(1000000, 1)).ok());
    EXPECT_EQ(unfinished(), 1u);
  }
  EXPECT_EQ(unfinished(), 0u);
  EXPECT_TRUE(list_blobs(folder_)->empty());
}

TEST_F(FolderBlobStoreTest, SaysWhatIsMissingAndWhatIsTooLarge) {
  const Digest absent = sha256("absent");
  EXPECT_FALSE(blobs_->has(absent));
  EXPECT_NE(get(*blobs_, absent, 10).error().message.find(to_hex(absent)), std::string::npos);
  const Digest digest = put(*blobs_, "eleven byte").value();
  EXPECT_TRUE(get(*blobs_, digest, 11).ok());
  EXPECT_NE(get(*blobs_, digest, 10).error().message.find("larger than 10 bytes"), std::string::npos);
}

TEST_F(FolderBlobStoreTest, NoticesDamageAndHealsWithTheNextPut) {
  const std::string content = noise(50000, 7);
  const Digest digest = put(*blobs_, content).value();
  for (const char* how : {"flip", "cut", "empty", "other"}) {
    std::string stored = os::read_file(file_of(digest)).value();
    if (std::string_view(how) == "flip") stored[stored.size() / 2] = static_cast<char>(stored[stored.size() / 2] ^ 1);
    if (std::string_view(how) == "cut") stored.resize(stored.size() / 2);
    if (std::string_view(how) == "empty") stored.clear();
    if (std::string_view(how) == "other") stored = os::read_file(file_of(put(*blobs_, "other").value())).value();
    ASSERT_TRUE(os::write_atomically(file_of(digest), stored).ok());
    EXPECT_FALSE(get(*blobs_, digest, 1 << 20).ok()) << how;
    EXPECT_EQ(put(*blobs_, content).value(), digest);
    EXPECT_EQ(get(*blobs_, digest, 1 << 20).value(), content) << how;
  }
}

TEST_F(FolderBlobStoreTest, ThreadsAndProcessesShareOneFolder) {
  const pid_t child = ::fork();
  const auto work = [&](unsigned first) {
    const auto mine = std::move(open_folder_blob_store(folder_)).value();
    for (unsigned i = 0; i < 50; ++i) (void)put(*mine, noise(2000, first + i));
    return true;
  };
  if (child == 0) ::_exit(work(25) ? 0 : 1);
  std::thread one([&] { work(0); });
  std::thread two([&] { work(40); });
  one.join();
  two.join();
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(list_blobs(folder_)->size(), 90u);
  for (unsigned i = 0; i < 90; ++i) EXPECT_TRUE(get(*blobs_, sha256(noise(2000, i)), 4000).ok()) << i;
  EXPECT_TRUE(blobs_->sync().ok());
}

TEST_F(FolderBlobStoreTest, ASweepRemovesWhatIsNeitherKeptNorRecent) {
  const Digest kept = put(*blobs_, "kept").value();
  const Digest old = put(*blobs_, "old").value();
  const Digest recent = put(*blobs_, "recent").value();
  make_old(kept);
  make_old(old);
  std::ofstream(folder_ / "new" / "123.4") << "left by a writer that died";
  fs::last_write_time(folder_ / "new" / "123.4", fs::file_time_type::clock::now() - std::chrono::hours(24));

  const Swept swept = sweep_blobs(folder_, {kept}, an_hour_ago()).value();
  EXPECT_EQ(swept.removed, 1u);
  EXPECT_EQ(swept.kept, 2u);
  EXPECT_TRUE(blobs_->has(kept));
  EXPECT_FALSE(blobs_->has(old));
  EXPECT_TRUE(blobs_->has(recent));
  EXPECT_EQ(unfinished(), 0u);
}

TEST_F(FolderBlobStoreTest, PuttingAgainProtectsFromASweep) {
  const Digest digest = put(*blobs_, "again").value();
  make_old(digest);
  ASSERT_EQ(put(*blobs_, "again").value(), digest);
  EXPECT_EQ(sweep_blobs(folder_, {}, an_hour_ago())->removed, 0u);
  EXPECT_TRUE(blobs_->has(digest));
}

TEST_F(FolderBlobStoreTest, NothingPutIsLostToASweepBesideIt) {
  std::vector<std::string> contents;
  for (unsigned i = 0; i < 200; ++i) contents.push_back("content " + std::to_string(i));
  for (const std::string& content : contents) make_old(put(*blobs_, content).value());
  std::thread sweeper([&] { EXPECT_TRUE(sweep_blobs(folder_, {}, an_hour_ago()).ok()); });
  std::vector<Digest> put_again;
  for (const std::string& content : contents) put_again.push_back(put(*blobs_, content).value());
  sweeper.join();
  for (const Digest& digest : put_again) EXPECT_TRUE(get(*blobs_, digest, 100).ok());
}

}  // namespace
}  // namespace penstock
