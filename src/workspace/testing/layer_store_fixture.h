#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include "git/repository.h"
#include "git/testing/scratch_repository.h"
#include "workspace/layer_store.h"
#include "workspace/testing/job_view.h"

namespace penstock::workspace {

/// A repository with a store, and a job's two ways to look at a checkout.
class LayerStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_mount(scratch.outside())) GTEST_SKIP() << "no overlay can be mounted here";
  }

  Layers prepare(const std::string& commit, std::optional<std::string> branch = std::nullopt,
                 Submodules submodules = Submodules::none) {
    git::Repository repository = std::move(git::Repository::open(scratch.path())).value();
    auto layers = LayerStore(folder, repository).prepare({commit, std::move(branch), submodules});
    if (!layers.ok()) throw std::runtime_error(layers.error().message + "; " + layers.error().help);
    return std::move(*layers);
  }

  Result<> collect(size_t keep, const std::set<std::string>& worktrees = {}) {
    git::Repository repository = std::move(git::Repository::open(scratch.path())).value();
    return LayerStore(folder, repository).collect(worktrees, keep);
  }

  /// Both views must agree; what they show.
  std::string see(const Layers& layers, const std::string& script) {
    std::string mounted = in_overlay(layers, script);
    EXPECT_EQ(mounted, in_copy(layers, script)) << script;
    return mounted;
  }

  /// That the job sees exactly what a fresh clone holds, and a clean status.
  void expect_like_a_clone(const Layers& layers, const std::string& commit) {
    const std::filesystem::path clone = scratch.outside() / "compare";
    std::filesystem::remove_all(clone);
    git::run_git(scratch.outside(), {"clone", "-q", "--shared", "--no-checkout", scratch.path(), clone});
    git::run_git(clone, {"checkout", "-q", "--detach", commit});
    const std::string tree = scratch.git({"rev-parse", commit + "^{tree}"});
    EXPECT_EQ(see(layers, "diff -r --no-dereference --exclude=.git . " + clone.native() +
                              "; git status --porcelain; git rev-parse HEAD; git write-tree"),
              commit + "\n" + tree);
  }

  size_t trees(const Layers& layers) { return layers.lower.size() - 1; }

  git::ScratchRepository scratch;
  std::filesystem::path folder = scratch.outside() / "layers";
};

}  // namespace penstock::workspace
