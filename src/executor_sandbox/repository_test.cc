// A job in a room over the layers of a real repository, with the real git.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "executor_sandbox/testing/sandbox_fixture.h"
#include "git/repository.h"
#include "git/testing/scratch_repository.h"
#include "workspace/layer_store.h"

namespace penstock::sandbox {
namespace {

using testing::HasSubstr;

class InARepository : public testing::TestWithParam<Rung> {
 protected:
  void SetUp() override {
    scratch_.write("file", "one\n");
    scratch_.write("gone", "one\n");
    scratch_.commit();
    scratch_.git({"tag", "-a", "v1.0", "-m", "one"});
    first_ = scratch_.git({"rev-parse", "HEAD"});
    scratch_.write("file", "two\n");
    scratch_.git({"rm", "-q", "gone"});
    second_ = scratch_.commit();
    Result<git::Repository> opened = git::Repository::open(scratch_.path());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    repository_ = std::make_unique<git::Repository>(std::move(*opened));
    store_ = std::make_unique<workspace::LayerStore>(scratch_.path() / ".git/penstock/layers", *repository_);
    SandboxOptions options;
    options.state_folder = scratch_.path() / ".git/penstock";
    options.forced_rung = GetParam();
    options.caller = os::current_environment();
    options.sources = [this](const JobSpec& spec) { return sources_of(spec); };
    Result<std::unique_ptr<SandboxExecutor>> made = SandboxExecutor::make(std::move(options));
    ASSERT_TRUE(made.ok()) << made.error().message;
    executor_ = std::move(*made);
    Result<ProbeReport> report = executor_->probe();
    ASSERT_TRUE(report.ok()) << report.error().message;
    if (report->rung != GetParam()) GTEST_SKIP() << "this machine refuses the rung " << name_of(GetParam());
  }

  Result<SandboxSources> sources_of(const JobSpec& spec) {
    PENSTOCK_TRY(workspace::Layers prepared, store_->prepare({spec.commit, "main", workspace::Submodules::none}));
    auto layers = std::make_shared<workspace::Layers>(std::move(prepared));
    SandboxSources sources;
    sources.project = layers->project;
    sources.store = layers->store;
    sources.lower.assign(layers->lower.begin(), layers->lower.end());
    for (const workspace::Bind& bind : layers->binds) sources.binds.push_back({bind.source, bind.target, true});
    sources.lease = layers;
    return sources;
  }

  std::string run(const std::string& commit, const std::string& script) {
    JobSpec spec;
    spec.repository = scratch_.path();
    spec.commit = commit;
    Result<std::unique_ptr<Room>> room = executor_->open(spec);
    if (!room.ok()) return room.error().message;
    return SandboxFixture::run(**room, script).output;
  }

  git::ScratchRepository scratch_;
  std::string first_;
  std::string second_;
  std::unique_ptr<git::Repository> repository_;
  std::unique_ptr<workspace::LayerStore> store_;
  std::unique_ptr<SandboxExecutor> executor_;
};

INSTANTIATE_TEST_SUITE_P(Rungs, InARepository, testing::Values(Rung::root, Rung::user_namespace, Rung::copy),
                         rung_in_name);

TEST_P(InARepository, GitWorksAndFindsTheCopyClean) {
  EXPECT_EQ(run(second_, "git status --short; git log --format=%H; cat file; ls"),
            second_ + "\n" + first_ + "\ntwo\nfile\n");
  EXPECT_EQ(run(first_, "git status --short; git describe; cat file; ls"), "v1.0\none\nfile\ngone\n");
}

TEST_P(InARepository, ACommitInAJobStaysThere) {
  const std::string before = scratch_.git({"rev-parse", "HEAD"});
  const std::string made = run(
      second_, "echo three > file && git -c user.name=a -c user.email=a@b commit -qam three && git log -1 --format=%s");
  EXPECT_EQ(made, "three\n");
  run(second_, "git gc -q --prune=now; git update-ref -d refs/heads/main; git tag -d v1.0; rm -rf .git/* ./*");
  EXPECT_EQ(scratch_.git({"rev-parse", "HEAD"}), before);
  EXPECT_EQ(scratch_.git({"status", "--short"}), "");
  EXPECT_EQ(scratch_.git({"fsck", "--no-progress"}), "");
  EXPECT_EQ(run(second_, "git status --short; git log -1 --format=%H"), second_ + "\n");
}

}  // namespace
}  // namespace penstock::sandbox
