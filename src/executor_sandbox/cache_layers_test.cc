#include "executor_sandbox/cache_layers.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <thread>

#include "blobs/folder_blob_store.h"
#include "executor_sandbox/kept_rooms.h"
#include "executor_sandbox/testing/sandbox_fixture.h"
#include "os/testing/fake_clock.h"
#include "runner/testing/fake_ends.h"

namespace penstock::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Enough for a room to stand on it.
constexpr const char* kMany = "mkdir -p venv/lib; for i in $(seq 110); do echo $i > venv/lib/$i.py; done; ";
/// All that can be seen of it, but when folders and links were made.
constexpr const char* kLook =
    "find venv -type f -exec stat -c '%n %a %s %Y' {} + | sort; find venv ! -type f -printf '%p %y %m %l\\n' | sort; "
    "find venv -type f -print0 | sort -z | xargs -0 cat | cksum; ";

constexpr CacheLimits kNothing{0, 0, 0};

/// Jobs with a cache, on every rung: they can't tell whether they stand on it or have a copy.
class Caches : public testing::TestWithParam<Rung> {
 protected:
  void SetUp() override {
    if (!fixture_.stands()) GTEST_SKIP() << "this machine refuses the rung " << name_of(GetParam());
    blobs_ = std::move(open_folder_blob_store(fixture_.folder() / "blobs")).value();
    restart();
    spec_ = fixture_.spec();
    spec_.caches = {cache("venv/")};
  }
  void TearDown() override { fixture_.stop(); }

  void restart() {
    SandboxOptions options = fixture_.options();
    options.blobs = blobs_.get();
    fixture_.restart(std::move(options));
  }
  static Cache cache(const std::string& path) {
    Cache cache;
    cache.key = path;
    cache.paths = {path};
    return cache;
  }
  JobResult run(const std::string& script, FakeSink& sink) {
    JobSpec spec = spec_;
    spec.id = ++id_;
    spec.steps = {ScriptStep{{script}}};
    const Cancel cancel;
    return Runner(fixture_.executor(), *blobs_, clock_).run(spec, source_, sink, cancel);
  }
  /// What it prints.
  std::string run(const std::string& script) {
    FakeSink sink(source_);
    const JobResult result = run("echo begin-output; " + script + "echo end-output", sink);
    EXPECT_EQ(result.outcome.reason, EndReason::passed) << sink.text;
    log_ = sink.text;
    const size_t begin = log_.rfind("begin-output\n") + 13;
    return log_.substr(begin, log_.rfind("end-output\n") - begin);
  }
  [[nodiscard]] bool stands_on_layers() const { return GetParam() != Rung::copy; }
  [[nodiscard]] std::vector<std::string> layers() const {
    std::vector<std::string> names;
    const auto entries = os::list_folder(CacheLayers::folder_in(fixture_.state()));
    if (!entries.ok()) return names;
    for (const os::FolderEntry& entry : *entries) {
      if (entry.type == os::FileType::folder) names.push_back(entry.name);
    }
    return names;
  }
  [[nodiscard]] Digest digest() const { return source_.caches.at("venv/"); }
  CacheLayers store() { return {fixture_.state(), *blobs_}; }
  [[nodiscard]] uint64_t trim(const CacheLimits& limits, const std::set<std::string>& needed = {}) const {
    return trim_cache_layers(fixture_.state(), needed, limits).value();
  }

  SandboxFixture fixture_{GetParam()};
  std::unique_ptr<BlobStore> blobs_;
  os::FakeClock clock_;
  FakeSource source_;
  JobSpec spec_;
  std::string log_;
  int64_t id_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Rungs, Caches, testing::Values(Rung::root, Rung::user_namespace, Rung::copy), rung_in_name);

TEST_P(Caches, AJobFindsWhatTheOneBeforeLeft) {
  const std::string left =
      run(std::string(kMany) +
          "mkdir -p venv/bin; echo run > venv/bin/run; chmod 700 venv/bin/run; chmod 555 venv/bin; "
          "ln -s /usr/bin/env venv/env; ln -s lib venv/lib64; touch -d @1000000000 venv/lib/7.py; " +
          kLook);
  EXPECT_EQ(run(kLook), left);
  EXPECT_EQ(run("stat -c %a venv/bin venv/bin/run; stat -c %Y venv/lib/7.py; readlink venv/env venv/lib64; "),
            "555\n700\n1000000000\n/usr/bin/env\nlib\n");
  EXPECT_THAT(log_, HasSubstr("cache `venv/`: restored 113 files"));
  EXPECT_THAT(layers(), SizeIs(stands_on_layers() ? 1 : 0));
}

TEST_P(Caches, OneThatNobodyTouchedIsNotKeptAgain) {
  run(kMany);
  const Digest kept = digest();
  source_.caches["elsewhere"] = kept;
  spec_.caches[0].key = "new";
  spec_.caches[0].fallback_keys = {"elsewhere"};
  run("cat venv/lib/*.py > /dev/null; touch outside; ");
  EXPECT_TRUE(source_.caches.contains("new")) << "what was found under another key is kept under its own";
  if (stands_on_layers()) {
    EXPECT_EQ(source_.caches.at("new"), kept);
    EXPECT_THAT(log_, HasSubstr("cache `new`: unchanged, 110 files"));
  }
}

TEST_P(Caches, WhatJobsDoToItIsWhatTheNextOneFinds) {
  // A name may be a file, a link, a folder or nothing from job to job.
  const std::vector<std::string> operations = {"rm -rf venv/X",
                                               "rm -rf venv/X; mkdir -p venv/X/deep; echo a > venv/X/deep/Y",
                                               "rm -rf venv/X; echo $RANDOM > venv/X",
                                               "rm -rf venv/X; ln -s lib venv/X",
                                               "rm -rf venv/Y; [ ! -e venv/X ] || mv venv/X venv/Y",
                                               "mkdir -p venv/lib; echo Y > venv/lib/Y$RANDOM",
                                               "rm -f venv/lib/1*",
                                               "chmod 600 venv/lib/2* || true",
                                               "rm -rf venv/lib; mkdir -p venv/lib/X; echo x > venv/lib/X/Y",
                                               "[ ! -d venv/X ] || cp -r venv/X venv/lib/X$RANDOM",
                                               "echo more >> venv/lib/9.py",
                                               "true"};
  std::string before = run(std::string(kMany) + kLook);
  for (unsigned round = 1; round <= (stands_on_layers() ? 6 : 2); ++round) {
    std::minstd_rand random(round);
    std::string script = std::string("RANDOM=") + std::to_string(round) + "; " + kLook + "echo now; (";
    for (int i = 0; i < 3; ++i) {
      std::string operation = operations[random() % operations.size()];
      const std::string names[2] = {std::string(1, "pqr"[random() % 3]), std::string(1, "stp"[random() % 3])};
      for (size_t at = 0; (at = operation.find_first_of("XY", at)) != std::string::npos; ++at)
        operation.replace(at, 1, names[operation[at] == 'Y']);
      script += operation + "; ";
    }
    // It stays large enough to be stood on.
    script += "mkdir -p venv/keep; [ -e venv/keep/99 ] || for i in $(seq 110); do echo $i > venv/keep/$i; done) 2>&1; ";
    const std::string said = run(script + "echo then; " + kLook);
    const size_t now = said.find("now\n");
    const size_t then = said.find("then\n");
    ASSERT_NE(now, std::string::npos) << said;
    ASSERT_EQ(said.substr(0, now), before) << "round " << round;
    before = said.substr(then + 5);
  }
}

TEST_P(Caches, OneMayLieAmongTheCommitsFilesAndBesideOthers) {
  spec_.caches = {cache("deep/"), cache("venv/")};
  run(std::string(kMany) + "mv venv/lib deep/more; " + kMany + "echo changed > deep/folder/leaf; ");
  EXPECT_EQ(run("cat deep/folder/leaf deep/more/110.py venv/lib/110.py file; rm deep/more/110.py; "),
            "changed\n110\n110\nthin\n");
  EXPECT_EQ(run("ls deep/more | wc -l; ls venv/lib | wc -l; ls -A; rm -r deep/folder; "),
            "109\n110\n.git\ndeep\nfile\nvenv\n");
  EXPECT_EQ(run("cat deep/folder/leaf; "), "leaf\n") << "a cache takes nothing away from the commit";
}

TEST_P(Caches, WhereTheCommitHasAnotherKindOfThingItIsRestoredAsEver) {
  run(std::string(kMany) + "rm -rf venv/lib/1.py; mkdir -p venv/to; ");
  spec_.steps.clear();
  ASSERT_TRUE(os::write_atomically(fixture_.folder() / "layers/thin/tree/other", "").ok());
  fs::create_directories(fixture_.folder() / "layers/thin/tree/real/lib");
  fs::create_directory_symlink("real", fixture_.folder() / "layers/thin/tree/venv");
  EXPECT_EQ(run("readlink venv; ls real/lib | wc -l; "), "real\n109\n");
}

TEST_P(Caches, TwoThatOverlapAreRestoredOneOverTheOther) {
  spec_.caches = {cache("venv/"), cache("venv/lib/")};
  run(kMany);
  spec_.caches[0].policy = "push";
  run("[ -e venv ] || echo none; rm -rf venv; " + std::string(kMany) + "echo first > venv/lib/1.py; ");
  spec_.caches[0].policy = "pull-push";
  spec_.caches[1].policy = "pull";
  EXPECT_EQ(run("cat venv/lib/1.py; "), "first\n");
}

TEST_P(Caches, AKeptRoomStandsOnItAgain) {
  run(kMany);
  FakeSink sink(source_);
  run("echo changed > venv/lib/1.py; rm venv/lib/2.py; exit 1", sink);
  const std::string look = "cat venv/lib/1.py; ls venv/lib | wc -l; ";
  const auto open = [&] {
    auto room = fixture_.executor().open_kept(fixture_.spec(), Runner::room_name(id_));
    EXPECT_TRUE(room.ok()) << room.error().message;
    return std::move(room).value();
  };
  restart();
  ASSERT_TRUE(open());
  EXPECT_EQ(fixture_.run(*open(), look).output, "changed\n109\n");
  EXPECT_EQ(trim(kNothing, KeptRooms(fixture_.state()).caches()), 0u);
  EXPECT_EQ(fixture_.run(*open(), look).output, "changed\n109\n");
  if (!stands_on_layers()) return;
  EXPECT_GT(trim(kNothing), 0u);
  EXPECT_EQ(open(), nullptr) << "what it stood on is gone: a fresh one serves";
}

TEST_P(Caches, JobsNeitherSeeNorChangeWhatLiesUnpacked) {
  if (!stands_on_layers()) GTEST_SKIP() << "this rung hides nothing";
  run(kMany);
  const std::string folder = CacheLayers::folder_in(fixture_.state());
  EXPECT_EQ(run("rm -rf venv/lib; echo x > venv/lib; find " + folder + "/ -mindepth 1; "), "");
  EXPECT_EQ(run("cat venv/lib; "), "x\n");
  source_.caches.clear();
}

TEST_P(Caches, OneThatAKilledProgramLeftHalfMadeIsMadeAgain) {
  if (!stands_on_layers()) GTEST_SKIP() << "nothing is unpacked on this rung";
  run(kMany);
  const fs::path folder = CacheLayers::folder_in(fixture_.state());
  fs::create_directories(folder / "new-1-1/tree/venv/lib");
  ASSERT_TRUE(os::write_atomically(folder / ("turn-" + CacheLayers::id_of(digest())), "").ok());
  EXPECT_EQ(run("ls venv/lib | wc -l; "), "110\n");
  fixture_.stop();
  EXPECT_THAT(layers(), testing::ElementsAre(CacheLayers::id_of(digest()))) << "swept at the end";
  EXPECT_FALSE(os::path_exists(folder / ("turn-" + CacheLayers::id_of(digest()))));
}

TEST_P(Caches, OneOfBeforeTheMachineWasStartedIsMadeAgain) {
  if (!stands_on_layers()) GTEST_SKIP() << "nothing is unpacked on this rung";
  run(kMany);
  run("true; ");
  // As a loss of power leaves what was never synced.
  const fs::path layer = CacheLayers::folder_in(fixture_.state()) / CacheLayers::id_of(digest());
  fs::resize_file(layer / "tree/venv/lib/1.py", 0);
  ASSERT_TRUE(os::write_atomically(layer / "about", "of another start").ok());
  EXPECT_EQ(run("cat venv/lib/1.py; "), "1\n");
}

TEST_P(Caches, ManyJobsAtOnceUnpackItOnce) {
  run(kMany);
  const CacheLayers caches = store();
  std::vector<std::thread> jobs;
  std::vector<size_t> held(4);
  for (size_t& count : held) {
    jobs.emplace_back([&] {
      const auto tree = caches.hold(digest());
      count = tree.ok() ? tree->ids.size() : 0;
    });
  }
  for (std::thread& job : jobs) job.join();
  EXPECT_EQ(held, std::vector<size_t>(4, 1));
  EXPECT_THAT(layers(), SizeIs(1));
}

TEST_P(Caches, WhatNobodyUsesIsTrimmedTheLongestUnusedFirst) {
  if (!stands_on_layers()) GTEST_SKIP() << "nothing is unpacked on this rung";
  run(kMany);
  run("echo changed > venv/lib/1.py; ");
  const std::string top = CacheLayers::id_of(digest());
  const CacheLayers caches = store();
  {
    const HeldTree held = caches.hold(digest()).value();
    ASSERT_THAT(held.ids, SizeIs(2)) << "a thin layer over the whole one";
    EXPECT_EQ(trim(kNothing), 0u) << "it is in use";
  }
  EXPECT_EQ(trim({}), 0u);
  EXPECT_THAT(layers(), SizeIs(2));
  EXPECT_EQ(trim(kNothing, {top}), 0u) << "what a needed one stands on stays";
  EXPECT_GT(trim(kNothing), 0u);
  EXPECT_THAT(layers(), IsEmpty());
  EXPECT_EQ(run("cat venv/lib/1.py; "), "changed\n") << "it is unpacked again";
}

TEST_P(Caches, WhereAFileIsRemovedTheOthersAreSharedNotCopied) {
  if (!stands_on_layers()) GTEST_SKIP() << "nothing is unpacked on this rung";
  run(kMany);
  run("rm venv/lib/1.py; ");
  EXPECT_EQ(run("ls venv/lib | wc -l; stat -c %h venv/lib/2.py; "), "109\n2\n");
  EXPECT_EQ(run("echo changed > venv/lib/2.py; cat venv/lib/2.py; "), "changed\n");
  const fs::path first = CacheLayers::folder_in(fixture_.state());
  for (const std::string& id : layers()) {
    if (os::path_exists(first / id / "tree/venv/lib/1.py")) {
      EXPECT_EQ(*os::read_file(first / id / "tree/venv/lib/2.py"), "2\n");
    }
  }
}

TEST_P(Caches, OneThatWasReplacedGoesSooner) {
  if (!stands_on_layers()) GTEST_SKIP() << "nothing is unpacked on this rung";
  run(kMany);
  for (const char* version : {"one", "two", "three"}) run("echo "s + version + " > venv/lib/1.py; ");
  ASSERT_THAT(layers(), SizeIs(4));
  const time_t hours_ago = ::time(nullptr) - 2 * 3600;
  for (const std::string& id : layers()) {
    const utimbuf times{hours_ago, hours_ago};
    ::utime((CacheLayers::folder_in(fixture_.state()) / id / "lock").c_str(), &times);
  }
  EXPECT_GT(trim({}), 0u);
  EXPECT_THAT(layers(), SizeIs(2)) << "the newest, and the whole one that it stands on";
  EXPECT_EQ(run("cat venv/lib/1.py; "), "three\n");
}

TEST_P(Caches, OneThatIsGoneFromTheBlobsIsAWarning) {
  run(kMany);
  fs::remove_all(fixture_.folder() / "blobs");
  blobs_ = std::move(open_folder_blob_store(fixture_.folder() / "blobs")).value();
  restart();
  EXPECT_EQ(run("ls venv 2> /dev/null || echo none; " + std::string(kMany)), "none\n");
  EXPECT_THAT(log_, HasSubstr("WARNING: cache `venv/` can't be restored"));
  EXPECT_EQ(run("ls venv/lib | wc -l; "), "110\n");
}

}  // namespace
}  // namespace penstock::sandbox
