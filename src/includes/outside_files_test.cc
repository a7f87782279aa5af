#include "includes/outside_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/testing/scratch_repository.h"
#include "os/files.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A project, a mirror beside it, and a cache.
class Outside : public testing::Test {
 protected:
  Outside() : own_(git::Repository::open(mine_.path()).value()) {
    mine_.write("own.yml", "mine");
    mine_.commit();
    settings_.mirrors = {mirror()};
    fs::create_directories(mirror() / "group");
  }

  [[nodiscard]] fs::path mirror() const { return mine_.outside() / "mirror"; }
  [[nodiscard]] fs::path cache() const { return mine_.outside() / "cache"; }

  /// A repository in which `a.yml` is `1` at tag 1.0.0, `2` at v1.2.0, and `main` on the branch.
  static void grow(git::ScratchRepository& repository) {
    for (const auto& [text, tag] : {std::pair("1", "1.0.0"), std::pair("2", "v1.2.0")}) {
      repository.write("a.yml", text);
      repository.commit();
      repository.git({"tag", "-a", "-m", "released", tag});
    }
    repository.write("a.yml", "main");
    repository.commit();
  }

  OutsideFiles outside(std::optional<LockFile> lock = std::nullopt) {
    OwnProject own{&tree_, &own_, own_.head().value(), {}, branch_};
    own.address.host = "gitlab.example.com";
    own.address.path = "group/mine";
    return {std::move(own), settings_, cache(), std::move(lock)};
  }

  static std::string read(const Result<FoundProject>& found, const char* path = "a.yml") {
    if (!found.ok()) return found.error().message;
    const auto text = found->tree->read(path);
    if (!text.ok()) return text.error().message;
    return text->value_or("nothing");
  }

  git::ScratchRepository mine_;
  git::Repository own_;
  FolderTree tree_{mine_.path()};
  std::string branch_;
  IncludeSettings settings_;
};

TEST_F(Outside, AMirrorHoldsClonesBareRepositoriesAndFolders) {
  git::ScratchRepository project;
  grow(project);
  fs::create_directories(mirror() / "gitlab.example.com/group");
  git::run_git(mirror(), {"clone", "--quiet", project.path(), "group/clone"});
  git::run_git(mirror(), {"clone", "--quiet", "--bare", project.path(), "gitlab.example.com/group/bare.git"});
  fs::create_directories(mirror() / "group/plain");
  ASSERT_TRUE(os::write_atomically(mirror() / "group/plain/a.yml", "plain").ok());
  OutsideFiles files = outside();
  EXPECT_EQ(read(files.project({"", "group/clone", "", false})), "main");
  EXPECT_EQ(read(files.project({"", "group/clone", "1.0.0", false})), "1");
  EXPECT_EQ(read(files.project({"", "group/clone", "main", false})), "main");
  EXPECT_EQ(read(files.project({"", "group/bare", "v1.2.0", false})), "2");
  EXPECT_EQ(read(files.project({"gitlab.example.com", "group/bare", "1.0", true})), "1");
  EXPECT_EQ(read(files.project({"gitlab.example.com", "group/bare", "~latest", true})), "2");
  EXPECT_EQ(files.project({"gitlab.example.com", "group/bare", "1", true})->version, "1.2.0");
  EXPECT_EQ(read(files.project({"", "group/plain", "any", false})), "plain");
  const std::string full = project.git({"rev-parse", "1.0.0^{commit}"});
  EXPECT_EQ(read(files.project({"", "group/clone", full, false})), "1");
  EXPECT_EQ(read(files.project({"", "group/clone", full.substr(0, 9), false})), "1");
}

TEST_F(Outside, WhatIsNowhereSaysWhereItWasLookedForAndWhatToConfigure) {
  git::ScratchRepository project;
  grow(project);
  git::run_git(mirror(), {"clone", "--quiet", project.path(), "group/ci"});
  OutsideFiles files = outside();
  const Result<FoundProject> no_ref = files.project({"", "group/ci", "v9", false});
  ASSERT_FALSE(no_ref.ok());
  EXPECT_THAT(no_ref.error().message, HasSubstr("group/ci` has no `v9`"));
  const Result<FoundProject> no_project = files.project({"", "group/other", "", false});
  ASSERT_FALSE(no_project.ok());
  EXPECT_EQ(no_project.error().message, "it isn't in the mirror `" + mirror().native() + "`");
  EXPECT_THAT(no_project.error().help, HasSubstr("git config --global penstock.mirror FOLDER"));
  settings_.remotes = {{(mirror() / "{project}.git").native(), false}};
  EXPECT_THAT(outside().project({"", "group/none", "", false}).error().help,
              HasSubstr("look why with `git ls-remote "));
}

TEST_F(Outside, AnAddressIsFetchedOnceAndThenHadOffline) {
  git::ScratchRepository project;
  grow(project);
  fs::create_directories(mine_.outside() / "server/group");
  const fs::path served = mine_.outside() / "server/group/ci.git";
  git::run_git(mine_.outside(), {"clone", "--quiet", "--bare", project.path(), served});
  settings_.remotes = {{"file://" + (mine_.outside() / "server").native() + "/{project}.git", false}};
  EXPECT_EQ(read(outside().project({"", "group/ci", "1.0.0", false})), "1");
  fs::remove_all(served);
  EXPECT_THAT(read(outside().project({"", "group/ci", "1.0.0", false})), HasSubstr("ls-remote"));
  settings_.offline = true;
  EXPECT_EQ(read(outside().project({"", "group/ci", "1.0.0", false})), "1");
  EXPECT_THAT(read(outside().project({"", "group/ci", "main", false})), HasSubstr("isn't in the cache"));
  EXPECT_THAT(read(outside().project({"", "group/none", "main", false})), HasSubstr("isn't in the cache"));
}

TEST_F(Outside, ProjectsBesideTheOriginAreFoundThere) {
  git::ScratchRepository project;
  grow(project);
  fs::create_directories(mine_.outside() / "server/group");
  git::run_git(mine_.outside(), {"clone", "--quiet", "--bare", project.path(), "server/group/ci.git"});
  settings_.origin = "file://" + (mine_.outside() / "server").native() + "/group/mine.git";
  EXPECT_EQ(read(outside().project({"", "group/ci", "", false})), "main");
}

TEST_F(Outside, ANameMissingOnTheOwnServerIsNotAskedForAtAnother) {
  settings_.mirrors.clear();
  settings_.remotes = {{"https://other.example.invalid/{project}.git", false}};
  EXPECT_EQ(read(outside().project({"", "group/ci", "", false})), "nothing says where it lies");
  EXPECT_EQ(read(outside().project({"third.example.invalid", "group/ci", "1", true})), "nothing says where it lies");
}

TEST_F(Outside, TheOwnProjectIsThisRepository) {
  const std::string commit = own_.head().value();
  mine_.write("own.yml", "later");
  mine_.commit();
  EXPECT_EQ(read(outside().project({"", "group/mine", own_.head().value(), false}), "own.yml"), "later");
  EXPECT_EQ(read(outside().project({"gitlab.example.com", "group/mine", commit, true}), "own.yml"), "mine");
  mine_.git({"update-ref", "refs/remotes/origin/main", commit});
  EXPECT_EQ(read(outside().project({"", "group/mine", "main", false}), "own.yml"), "mine");
  branch_ = "main";  // as it would be once it is pushed
  EXPECT_EQ(read(outside().project({"", "Group/Mine", "main", false}), "own.yml"), "later");
  EXPECT_EQ(read(outside().project({"", "group/mine", "", false}), "own.yml"), "later");
  EXPECT_TRUE(outside().used().pins.empty());
}

TEST_F(Outside, ALockHoldsEverythingWhereItWas) {
  git::ScratchRepository project;
  grow(project);
  git::run_git(mirror(), {"clone", "--quiet", "--bare", project.path(), "group/ci.git"});
  fs::create_directories(mirror() / "group/plain");
  ASSERT_TRUE(os::write_atomically(mirror() / "group/plain/a.yml", "plain").ok());
  settings_.templates = {mine_.outside()};
  ASSERT_TRUE(os::write_atomically(mine_.outside() / "T.gitlab-ci.yml", "template").ok());
  OutsideFiles first = outside();
  EXPECT_EQ(read(first.project({"gitlab.example.com", "group/ci", "1", true})), "2");
  EXPECT_EQ(read(first.project({"", "group/plain", "", false})), "plain");
  EXPECT_TRUE(first.template_text("T.gitlab-ci.yml").ok());
  const Result<LockFile> lock = parse_lock(to_text(first.used()));
  ASSERT_TRUE(lock.ok()) << lock.error().message;
  EXPECT_EQ(lock->pins.size(), 3U);

  project.write("a.yml", "3");
  project.commit();
  project.git({"tag", "1.3.0"});
  git::run_git(mirror() / "group/ci.git", {"fetch", "--quiet", "--tags", project.path()});
  ASSERT_TRUE(os::write_atomically(mirror() / "group/plain/a.yml", "changed").ok());
  ASSERT_TRUE(os::write_atomically(mine_.outside() / "T.gitlab-ci.yml", "changed").ok());
  OutsideFiles locked = outside(*lock);
  const Result<FoundProject> component = locked.project({"gitlab.example.com", "group/ci", "1", true});
  EXPECT_EQ(read(component), "2");
  EXPECT_EQ(component->version, "1.2.0");
  EXPECT_THAT(read(locked.project({"", "group/plain", "", false})), HasSubstr("has changed since"));
  EXPECT_THAT(locked.template_text("T.gitlab-ci.yml").error().message, HasSubstr("has changed since"));
  EXPECT_THAT(read(locked.project({"", "group/ci", "main", false})), HasSubstr("isn't in `.ci/lock.json`"));
  EXPECT_THAT(locked.remote("https://example.invalid/a.yml", {}).error().message, HasSubstr("isn't in"));
  EXPECT_EQ(read(outside().project({"gitlab.example.com", "group/ci", "1", true})), "3");
}

TEST_F(Outside, ATemplateWantsAFolderOfThem) {
  const auto text = outside().template_text("Jobs/Build.gitlab-ci.yml");
  ASSERT_FALSE(text.ok());
  EXPECT_THAT(text.error().help, HasSubstr("git config --global penstock.templates FOLDER"));
}

}  // namespace
}  // namespace penstock
