#include "rollout/journal.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Journal, ReadsWhatItWrote) {
  JournalEntry entry;
  entry.number = 7;
  entry.at = Instant(Duration(1'700'000'000'123));
  entry.what = JournalEntry::What::rolled_back;
  entry.release = "abc";
  entry.name = "app-2.8.0";
  entry.previous = "def";
  entry.commit = "3f9c2e1";
  entry.committed_at = Instant(Duration(1'699'999'999'000));
  entry.by = {"Ana \"A\" \n", "ana@example.org", true};
  entry.message = "2.8 is slow";
  entry.configuration = "cafe";
  entry.secret_versions = {{"DATABASE_URL", 3}, {"TOKEN", 1}};
  entry.rollout = "12@laptop-7";
  entry.incident = 9;
  const std::string text = to_json(entry);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const Result<JournalEntry> read = journal_entry_from_json(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, entry);
}

TEST(Journal, KnowsEveryKindOfEntryByName) {
  for (int what = 0; what <= static_cast<int>(JournalEntry::What::incident_closed); ++what) {
    JournalEntry entry;
    entry.what = static_cast<JournalEntry::What>(what);
    EXPECT_NE(to_string(entry.what), "");
    const Result<JournalEntry> read = journal_entry_from_json(to_json(entry));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->what, entry.what);
  }
}

TEST(Journal, RefusesWhatIsNoEntry) {
  for (const char* text : {"", "{", "[]", "{}", R"({"what":"danced"})", R"({"what":3})"}) {
    EXPECT_FALSE(journal_entry_from_json(text).ok()) << text;
  }
  EXPECT_TRUE(journal_entry_from_json(R"({"what":"pinned","tomorrow":[1]})").ok()) << "later members are ignored";
}

}  // namespace
}  // namespace penstock
