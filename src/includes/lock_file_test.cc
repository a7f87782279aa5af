#include "includes/lock_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

using testing::ElementsAre;

Pin pin(Pin::Kind kind, const std::string& name, const std::string& commit, const std::string& sha256_hex = {}) {
  Pin made;
  made.kind = kind;
  made.name = name;
  made.commit = commit;
  made.sha256 = sha256_hex;
  return made;
}

const std::string kOne(40, '1');
const std::string kTwo(40, '2');
const std::string kDigest(64, 'a');

TEST(LockFile, ReadsWhatItWrote) {
  LockFile lock;
  lock.put(pin(Pin::Kind::image, "python:3.12", ""));
  lock.put(pin(Pin::Kind::project, "group/ci@v1", kOne));
  lock.put(pin(Pin::Kind::remote, "https://example.com/a.yml", "", kDigest));
  Pin folder = pin(Pin::Kind::project, "a/b", "");
  folder.files = {{"x \"y\".yml", sha256("x")}};
  lock.put(folder);
  const Result<LockFile> read = parse_lock(to_text(lock));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->pins, lock.pins);
  EXPECT_EQ(lock.pins.front().name, "a/b");
  EXPECT_EQ(to_text(*read), to_text(lock));
}

TEST(LockFile, WhatIsNoLockIsAnErrorThatSaysHowToWriteOne) {
  for (const char* text :
       {"", "[]", "{}", R"({"version": 2, "locked": []})", R"({"version": 1})", R"({"version": 1, "locked": [1]})",
        R"({"version": 1, "locked": [{"kind": "else"}]})", R"({"version": 1, "locked": [{"kind": "project"}]})",
        R"({"version": 1, "locked": [{"kind": "project", "name": "a/b", "commit": "main"}]})",
        R"({"version": 1, "locked": [{"kind": "remote", "name": "https://a/b.yml"}]})",
        R"({"version": 1, "locked": [{"kind": "project", "name": "a", "files": {"a": "b"}}]})"}) {
    const Result<LockFile> read = parse_lock(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().help, "write it anew with: ci lock");
  }
}

TEST(LockFile, DifferencesAreALineEach) {
  LockFile before;
  before.put(pin(Pin::Kind::project, "a/changed@main", kOne));
  before.put(pin(Pin::Kind::project, "a/gone@main", kOne));
  before.put(pin(Pin::Kind::project, "a/same@main", kOne));
  LockFile after;
  Pin changed = pin(Pin::Kind::project, "a/changed@main", kTwo);
  changed.version = "1.2.3";
  after.put(changed);
  after.put(pin(Pin::Kind::project, "a/same@main", kOne));
  after.put(pin(Pin::Kind::image, "python:3", ""));
  EXPECT_THAT(differences(before, after),
              ElementsAre("~ project a/changed@main  11111111 → 22222222 (1.2.3)", "- project a/gone@main  11111111",
                          "+ image python:3  not pinned"));
}

}  // namespace
}  // namespace penstock
