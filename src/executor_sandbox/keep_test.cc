#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <algorithm>

#include "executor_sandbox/kept_rooms.h"
#include "executor_sandbox/testing/sandbox_fixture.h"

namespace penstock::sandbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What every rung promises of rooms that are kept.
class Keep : public testing::TestWithParam<Rung> {
 protected:
  void SetUp() override {
    if (!fixture_.stands()) GTEST_SKIP() << "this machine refuses the rung " << name_of(GetParam());
  }

  /// Runs a script in a room and keeps what it left.
  std::string keep(const std::string& script, const std::string& name) {
    std::unique_ptr<Room> room = fixture_.open();
    std::string output = fixture_.run(*room, script).output;
    const Result<> kept = room->keep(name);
    EXPECT_TRUE(kept.ok()) << kept.error().message;
    return output;
  }
  std::unique_ptr<Room> open(const std::string& name) {
    auto room = fixture_.executor().open_kept(fixture_.spec(), name);
    EXPECT_TRUE(room.ok()) << room.error().message;
    return room.ok() ? std::move(*room) : nullptr;
  }
  std::string look(const std::string& name, const std::string& script) {
    const std::unique_ptr<Room> room = open(name);
    return room ? fixture_.run(*room, script).output : "no room";
  }
  KeptRooms rooms() { return KeptRooms(fixture_.state()); }

  SandboxFixture fixture_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Rungs, Keep, testing::Values(Rung::root, Rung::user_namespace, Rung::copy), rung_in_name);

TEST_P(Keep, AKeptRoomIsAsTheJobLeftIt) {
  keep("echo more >> file; rm -r deep; mkdir made; echo new > made/new; ln -s made link; chmod 700 made", "7");
  EXPECT_EQ(look("7", "cat file link/new; ls -A; stat -c %a made"), "thin\nmore\nnew\n.git\nfile\nlink\nmade\n700\n");
  EXPECT_EQ(fixture_.run("cat file; ls -A").output, "thin\n.git\ndeep\nfile\n") << "a job's room stays pristine";
}

TEST_P(Keep, ItsTemporaryFolderIsThereByTheNameThatTheJobKnew) {
  const std::string folder = keep("echo note > $TMPDIR/note; mkdir $TMPDIR/d; printf $TMPDIR", "7");
  fixture_.restart(fixture_.options());
  EXPECT_EQ(look("7", "cat " + folder + "/note; echo $TMPDIR; ls -A $TMPDIR"), "note\n" + folder + "\nd\nnote\n");
}

TEST_P(Keep, TwoMayLookAtOnceAndNeitherChangesWhatIsKept) {
  keep("echo left > file; echo left > $TMPDIR/note", "7");
  const std::unique_ptr<Room> one = open("7");
  const std::unique_ptr<Room> other = open("7");
  ASSERT_TRUE(one && other);
  fixture_.run(*one, "echo changed > file; echo changed > $TMPDIR/note");
  EXPECT_EQ(fixture_.run(*other, "cat file $TMPDIR/note").output, "left\nleft\n");
  EXPECT_EQ(look("7", "cat file $TMPDIR/note"), "left\nleft\n");
}

TEST_P(Keep, ItOutlivesTheProgramThatKeptIt) {
  keep("echo left > file; echo left > $TMPDIR/note", "7");
  fixture_.restart(fixture_.options());
  EXPECT_EQ(look("7", "cat file $TMPDIR/note"), "left\nleft\n");
}

TEST_P(Keep, NothingOfItStaysWhereTheTemporaryFolderWas) {
  const std::string folder = keep("echo left > $TMPDIR/note; printf $TMPDIR", "7");
  const std::string parent = folder.substr(0, folder.rfind('/'));
  fixture_.restart(fixture_.options());
  EXPECT_FALSE(os::path_exists(parent));
  EXPECT_EQ(look("7", "cat " + folder + "/note"), "left\n");
  fixture_.stop();
  EXPECT_FALSE(os::path_exists(parent));
}

TEST_P(Keep, AStrangersFolderWhereTheTemporaryFolderWasIsNotUsed) {
  const std::string folder = keep("echo left > $TMPDIR/note; printf $TMPDIR", "7");
  const std::string parent = folder.substr(0, folder.rfind('/'));
  fixture_.restart(fixture_.options());
  ASSERT_EQ(::symlink(fixture_.folder().c_str(), parent.c_str()), 0);
  EXPECT_EQ(look("7", "cat $TMPDIR/note; test $TMPDIR = " + folder + " || echo elsewhere"), "left\nelsewhere\n");
  ::unlink(parent.c_str());
}

TEST_P(Keep, SocketsAndPipesThatNobodyServesAreLeftOut) {
  keep("mkfifo $TMPDIR/pipe pipe; echo left > file", "7");
  EXPECT_EQ(look("7", "cat file; ls -A $TMPDIR"), "left\n");
}

TEST_P(Keep, NothingKeptIsNoRoom) {
  EXPECT_EQ(open("8"), nullptr);
  EXPECT_EQ(open("../8"), nullptr);
}

TEST_P(Keep, WhatIsTooLargeIsRefusedAndTheRoomGoes) {
  SandboxOptions options = fixture_.options();
  options.largest_kept = 100 * 1024;
  fixture_.restart(std::move(options));
  std::unique_ptr<Room> room = fixture_.open();
  fixture_.run(*room, "head -c 200000 /dev/urandom > large");
  const Result<> kept = room->keep("7");
  room.reset();
  // On the copy rung the sources are below the limit here, too.
  ASSERT_FALSE(kept.ok());
  EXPECT_THAT(kept.error().message, HasSubstr("more than 0 MiB"));
  EXPECT_THAT(rooms().names(), IsEmpty());
  EXPECT_EQ(open("7"), nullptr);
}

TEST_P(Keep, TheLastOfOneNameIsKept) {
  keep("echo one > file", "7");
  keep("echo two > file", "7");
  EXPECT_EQ(look("7", "cat file"), "two\n");
}

TEST_P(Keep, AJobSeesNothingOfWhatOthersLeft) {
  if (GetParam() == Rung::copy) GTEST_SKIP() << "this rung hides nothing";
  keep("echo left > file", "7");
  EXPECT_EQ(fixture_.run("find " + fixture_.state().string() + "/rooms -name file").output, "");
}

TEST_P(Keep, TheNewestStayAndOldOnesGo) {
  for (int i = 1; i <= static_cast<int>(KeptRooms::kMost) + 3; ++i) {
    keep("echo left > file", std::to_string(i));
    // Each a minute after the one before, in a past that is recent enough.
    const time_t when = ::time(nullptr) - 3600 + i * 60;
    const utimbuf times{when, when};
    ::utime((fixture_.state() / "rooms/kept" / std::to_string(i)).c_str(), &times);
  }
  const auto make_old = [this](const char* name) {
    const time_t old = ::time(nullptr) - KeptRooms::kOldest - 60;
    const utimbuf times{old, old};
    ::utime((fixture_.state() / "rooms/kept" / name).c_str(), &times);
  };
  for (const char* name : {"5", "12"}) make_old(name);
  fixture_.stop();
  EXPECT_THAT(rooms().names(), ElementsAre("13", "11", "10", "9", "8", "7", "6", "4", "3", "2"));
}

TEST_P(Keep, OneThatIsInUseIsNotDropped) {
  keep("echo left > file", "7");
  const std::unique_ptr<Room> room = open("7");
  ASSERT_TRUE(rooms().drop("7").ok());
  EXPECT_THAT(rooms().names(), ElementsAre("7"));
  EXPECT_EQ(fixture_.run(*room, "cat file").output, "left\n");
}

}  // namespace
}  // namespace penstock::sandbox
