#include "delivery/folder_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "hosts/host_pool.h"
#include "hosts/host_shell.h"
#include "os/files.h"

namespace penstock {
namespace {

constexpr Duration kLong = std::chrono::hours(1);
constexpr Duration kOver{0};  // a lease that ends with the moment that it was taken in

LeaseHolder holder(const std::string& who) {
  return {who + " on laptop", "app-1.0 (rollout 1)", "token-" + who, {}, 0};
}

JournalEntry entry(const std::string& release) {
  JournalEntry entry;
  entry.release = release;
  entry.message = "one\ntwo";
  return entry;
}

/// A host whose scripts are killed, group and all, after a short random time.
class Deadly final : public HostShell {
 public:
  Deadly(std::shared_ptr<HostShell> host, unsigned seed) : host_(std::move(host)), random_(seed) {}
  [[nodiscard]] const std::string& host() const override { return host_->host(); }
  Result<os::RunResult> run(const HostScript& script) override {
    HostScript doomed = script;
    doomed.timeout = Duration(random_() % 60);
    return host_->run(doomed);
  }
  Result<std::optional<os::ExitStatus>> attend(const HostScript& script, std::stop_token stop,
                                               const PrintedTo& printed) override {
    return host_->attend(script, stop, printed);
  }
  Result<Endpoint> reach_port(int port) override { return host_->reach_port(port); }
  Result<Endpoint> reach_socket(const std::string& path) override { return host_->reach_socket(path); }
  Result<std::string> address() override { return host_->address(); }

 private:
  std::shared_ptr<HostShell> host_;
  std::mt19937 random_;
};

class FolderLedgers : public testing::Test {
 protected:
  std::unique_ptr<Ledger> open() { return make_folder_ledger(host_, folder_.path().string(), "production"); }
  std::filesystem::path journal() { return folder_.path() / "ledger" / "journal"; }

  HostPool pool_;
  std::shared_ptr<HostShell> host_ = pool_.at("local").value();
  os::TempFolder folder_ = os::TempFolder::make().value();
  std::unique_ptr<Ledger> ledger_ = open();
};

TEST_F(FolderLedgers, GiveTheLeaseToOneAndTellTheOthersWhoHasIt) {
  Result<Ledger::Taken> ana = ledger_->take(holder("ana"), kLong);
  ASSERT_TRUE(ana.ok()) << ana.error().message;
  EXPECT_TRUE(ana->taken);
  Ledger::Taken ben = open()->take(holder("ben"), kLong).value();
  EXPECT_FALSE(ben.taken);
  EXPECT_EQ(ben.holder, ana->holder);
  EXPECT_EQ(ben.holder.who, "ana on laptop");
  EXPECT_EQ(ledger_->holder().value(), ana->holder);
}

TEST_F(FolderLedgers, AreFreeAgainWhenTheHolderLetsGo) {
  const LeaseHolder ana = ledger_->take(holder("ana"), kLong)->holder;
  ASSERT_TRUE(ledger_->let_go(ana).ok());
  EXPECT_EQ(ledger_->holder().value(), std::nullopt);
  Ledger::Taken ben = ledger_->take(holder("ben"), kLong).value();
  EXPECT_TRUE(ben.taken);
  EXPECT_GT(ben.holder.fence, ana.fence);
}

TEST_F(FolderLedgers, AreTakenOverWhenTheLeaseIsOverAndTheOldHolderIsTold) {
  const LeaseHolder ana = ledger_->take(holder("ana"), kOver)->holder;
  EXPECT_EQ(ledger_->holder().value(), std::nullopt);
  const LeaseHolder ben = ledger_->take(holder("ben"), kLong)->holder;
  EXPECT_EQ(ben.who, "ben on laptop");
  EXPECT_FALSE(ledger_->renew(ana, kLong).value());
  ASSERT_TRUE(ledger_->let_go(ana).ok());
  EXPECT_EQ(ledger_->holder().value(), ben);
}

TEST_F(FolderLedgers, RenewALeaseThatNobodyElseTook) {
  const LeaseHolder ana = ledger_->take(holder("ana"), kOver)->holder;
  EXPECT_TRUE(ledger_->renew(ana, kLong).value());
  EXPECT_EQ(ledger_->holder().value()->fence, ana.fence);
  EXPECT_FALSE(ledger_->take(holder("ben"), kLong)->taken);
}

TEST_F(FolderLedgers, GiveItAtOnceToASuccessorWithTheSameTokenAndFenceTheDeadOneOff) {
  const LeaseHolder dead = ledger_->take(holder("ana"), kLong)->holder;
  Ledger::Taken next = ledger_->take(holder("ana"), kLong).value();
  EXPECT_TRUE(next.taken);
  EXPECT_FALSE(ledger_->renew(dead, kLong).value());
  EXPECT_FALSE(ledger_->append(entry("r"), dead.fence).ok());
}

TEST_F(FolderLedgers, GiveItToExactlyOneOfManyWhoWantIt) {
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> takers;
    for (int i = 0; i < 12; ++i) {
      takers.emplace_back([&, i] { taken += open()->take(holder(std::to_string(i)), kLong)->taken ? 1 : 0; });
    }
  }
  EXPECT_EQ(taken, 1);
}

TEST_F(FolderLedgers, GiveEachNewHolderAFenceOfItsOwn) {
  std::mutex mutex;
  std::set<int64_t> fences;
  {
    std::vector<std::jthread> takers;
    for (int i = 0; i < 12; ++i) {
      takers.emplace_back([&, i] {
        const int64_t fence = open()->take(holder(std::to_string(i)), kOver)->holder.fence;
        const std::lock_guard lock(mutex);
        fences.insert(fence);
      });
    }
  }
  EXPECT_EQ(fences.size(), 12u);
}

TEST_F(FolderLedgers, KeepTheJournalInOrderWithTheirOwnNumbers) {
  const int64_t fence = ledger_->take(holder("ana"), kLong)->holder.fence;
  EXPECT_TRUE(ledger_->entries(0)->empty());
  EXPECT_EQ(ledger_->append(entry("first"), fence).value(), 1);
  EXPECT_EQ(ledger_->append(entry("second"), 0).value(), 2);
  std::vector<JournalEntry> all = ledger_->entries(0).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].release, "first");
  EXPECT_EQ(all[0].message, "one\ntwo");
  EXPECT_EQ(all[1].number, 2);
  std::vector<JournalEntry> later = ledger_->entries(1).value();
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0], all[1]);
}

TEST_F(FolderLedgers, RefuseWhatAnEarlierHolderStillWrites) {
  const int64_t old = ledger_->take(holder("ana"), kOver)->holder.fence;
  ASSERT_TRUE(ledger_->take(holder("ben"), kLong)->taken);
  Result<int64_t> late = ledger_->append(entry("late"), old);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().fault, Fault::user);
  EXPECT_THAT(late.error().message, testing::HasSubstr("ben on laptop"));
  EXPECT_TRUE(ledger_->entries(0)->empty());
}

TEST_F(FolderLedgers, LoseNoEntryOfManyWritersAtATime) {
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 6; ++i) {
      writers.emplace_back([&, i] {
        for (int n = 0; n < 4; ++n) EXPECT_TRUE(open()->append(entry(std::to_string(i * 4 + n)), 0).ok());
      });
    }
  }
  std::set<std::string> releases;
  const Result<std::vector<JournalEntry>> entries =
      ledger_->entries(0);  // a temporary wouldn't outlive the loop's head
  for (const JournalEntry& each : entries.value()) releases.insert(each.release);
  EXPECT_EQ(releases.size(), 24u);
}

TEST_F(FolderLedgers, CutOffAHalfLineThatAPowerCutLeft) {
  ASSERT_TRUE(ledger_->append(entry("whole"), 0).ok());
  std::ofstream(journal(), std::ios::app) << R"({"what":"started","rel)";
  EXPECT_EQ(ledger_->entries(0)->size(), 1u);
  EXPECT_EQ(ledger_->append(entry("next"), 0).value(), 2);
  std::vector<JournalEntry> all = ledger_->entries(0).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].release, "next");
}

TEST_F(FolderLedgers, NeverLeaveAHalfLineOrALostOneWhereverTheWriterIsKilled) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  auto doomed = make_folder_ledger(std::make_shared<Deadly>(host_, seed), folder_.path().string(), "production");
  std::vector<std::pair<int64_t, std::string>> told;
  for (int i = 0; i < 40; ++i) {
    const std::string release = "r" + std::to_string(i);
    if (Result<int64_t> number = doomed->append(entry(release), 0); number.ok()) told.emplace_back(*number, release);
  }
  ASSERT_TRUE(ledger_->append(entry("last"), 0).ok());
  Result<std::vector<JournalEntry>> all = ledger_->entries(0);
  ASSERT_TRUE(all.ok()) << all.error().message;
  for (const auto& [number, release] : told) {
    ASSERT_LE(number, static_cast<int64_t>(all->size()));
    EXPECT_EQ((*all)[static_cast<size_t>(number - 1)].release, release);
  }
  EXPECT_EQ(all->back().release, "last");
}

TEST_F(FolderLedgers, KeepManifestsAndNotes) {
  EXPECT_EQ(ledger_->manifest("abc").value(), std::nullopt);
  ASSERT_TRUE(ledger_->put_manifest("abc", "{\"id\":\"abc\"}").ok());
  ASSERT_TRUE(ledger_->put_manifest("abc", "{}\n\n").ok());
  EXPECT_EQ(open()->manifest("abc").value(), "{}\n\n");
  ASSERT_TRUE(ledger_->put_note("empty", "", 0).ok());
  EXPECT_EQ(ledger_->note("empty").value(), "");
  EXPECT_FALSE(ledger_->put_note("../x", "", 0).ok());
}

TEST_F(FolderLedgers, KeepFilesOfReleasesAndSayWhichCannotBeRead) {
  const std::filesystem::path file = folder_.path() / "service.py";
  const Digest digest = sha256("of a release");
  EXPECT_THAT(ledger_->put_file("abc", digest, file).error().message,
              testing::StartsWith("can't read " + file.string() + ": "));
  EXPECT_THAT(ledger_->put_file("abc", digest, folder_.path()).error().message,
              testing::StartsWith("can't read " + folder_.path().string() + ": "));
  ASSERT_TRUE(os::write_atomically(file, "of another").ok());
  EXPECT_THAT(ledger_->put_file("abc", digest, file).error().message, testing::HasSubstr("a file arrived damaged"));
  EXPECT_EQ(ledger_->file("abc", digest).value(), std::nullopt);
  ASSERT_TRUE(os::write_atomically(file, "of a release").ok());
  ASSERT_TRUE(ledger_->put_file("abc", digest, file).ok());
  EXPECT_EQ(ledger_->file("abc", digest).value(), "of a release");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path() / "ledger/files/abc"), {}), 1);
}

TEST_F(FolderLedgers, RefuseANoteOfOneWhoHasLostTheEnvironment) {
  const int64_t anas = ledger_->take(holder("ana"), kOver)->holder.fence;
  EXPECT_TRUE(ledger_->put_note("standing", "of ana", anas).ok());
  const int64_t bobs = ledger_->take(holder("bob"), kLong)->holder.fence;
  EXPECT_EQ(ledger_->newer_than(anas).value(), "bob on laptop");
  EXPECT_EQ(ledger_->newer_than(bobs).value(), std::nullopt);
  EXPECT_THAT(ledger_->put_note("standing", "of ana again", anas).error().message, testing::HasSubstr("bob on laptop"));
  EXPECT_EQ(ledger_->note("standing").value(), "of ana");
}

TEST_F(FolderLedgers, GoOnBehindAFenceThatTheirHolderKnowsOf) {
  LeaseHolder ana = holder("ana");
  ana.fence = 57;
  EXPECT_EQ(ledger_->take(ana, kLong)->holder.fence, 58);
}

TEST_F(FolderLedgers, TakeWordsAsTheyAreWrittenInAName) {
  LeaseHolder odd = holder("ana");
  odd.who = "  A\\n'na \"$HOME\"\nx ";
  odd.what = "";
  EXPECT_EQ(ledger_->take(odd, kLong)->holder.who, "  A\\n'na \"$HOME\" x ");
  EXPECT_EQ(ledger_->holder().value()->who, "  A\\n'na \"$HOME\" x ");
}

TEST_F(FolderLedgers, SayWhichHostAndEnvironmentCannotBeUsed) {
  ASSERT_TRUE(os::write_atomically(folder_.path() / "file", "").ok());
  auto ledger = make_folder_ledger(host_, (folder_.path() / "file").string(), "production");
  Result<Ledger::Taken> taken = ledger->take(holder("ana"), kLong);
  ASSERT_FALSE(taken.ok());
  EXPECT_THAT(taken.error().message, testing::StartsWith("local: the ledger of `production`: "));
}

}  // namespace
}  // namespace penstock
