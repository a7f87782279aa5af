#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "executor_sandbox/clean_environment.h"
#include "executor_sandbox/images.h"
#include "os/files.h"

namespace penstock::sandbox {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(CleanEnvironment, PassesWhatALoginShellAndPackageManagersNeedAndNothingElse) {
  const os::Environment caller{{"PATH", "/bin"},       {"LC_ALL", "C.UTF-8"},  {"XDG_RUNTIME_DIR", "/run/1"},
                               {"https_proxy", "p"},   {"PIP_INDEX_URL", "i"}, {"npm_config_cache", "c"},
                               {"SSH_AUTH_SOCK", "s"}, {"VIRTUAL_ENV", "/v"},  {"AWS_SECRET_ACCESS_KEY", "no"},
                               {"GITHUB_TOKEN", "no"}, {"LD_PRELOAD", "no"},   {"BASH_ENV", "no"},
                               {"PYTHONPATH", "no"},   {"PATHS", "no"},        {"TMPDIR", "no"}};
  const os::Environment clean = clean_environment(caller, {});
  std::vector<std::string> names;
  for (const auto& [name, value] : clean) {
    names.push_back(name);
    EXPECT_NE(value, "no") << name;
  }
  EXPECT_THAT(names, ElementsAre("LC_ALL", "PATH", "PIP_INDEX_URL", "SSH_AUTH_SOCK", "VIRTUAL_ENV", "XDG_RUNTIME_DIR",
                                 "https_proxy", "npm_config_cache"));
}

TEST(CleanEnvironment, PassAddsWhatItNames) {
  const os::Environment clean = clean_environment({{"A", "1"}, {"B", "2"}}, {"B", "MISSING"});
  EXPECT_EQ(clean, (os::Environment{{"B", "2"}}));
}

TEST(Images, APythonImageNamesAVersion) {
  EXPECT_EQ(python_of_image("python:3.12"), "3.12");
  EXPECT_EQ(python_of_image("python:3.12-slim-bookworm"), "3.12");
  EXPECT_EQ(python_of_image("registry.example:5000/library/python:3.9.1@sha256:00"), "3.9");
  EXPECT_EQ(python_of_image("python:3-alpine"), "3");
  EXPECT_EQ(python_of_image("python"), "");
  EXPECT_EQ(python_of_image("python:slim"), "");
  EXPECT_EQ(python_of_image("my-python:3.12"), std::nullopt);
  EXPECT_EQ(python_of_image("ruby:3.3"), std::nullopt);
}

class Pythons : public testing::Test {
 protected:
  void install(const std::string& program) {
    const fs::path path = home() / program;
    fs::create_directories(path.parent_path());
    ASSERT_TRUE(os::write_atomically(path, "#!/bin/sh\n", os::Durability::crash_safe, 0755).ok());
  }
  [[nodiscard]] fs::path home() const { return folder_->path(); }
  [[nodiscard]] os::Environment caller() const {
    return {{"HOME", home()}, {"PATH", (home() / ".pyenv/shims").string() + ":" + (home() / "bin").string()}};
  }

  Result<os::TempFolder> folder_ = os::TempFolder::make();
};

TEST_F(Pythons, TheSystemsIsShownUnderTheNamesThatScriptsUse) {
  install("bin/python3.12");
  Result<std::optional<Interpreter>> found = find_python("3.12", caller());
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->program, home() / "bin/python3.12");
  EXPECT_EQ(fs::read_symlink(fs::path((*found)->folder) / "python"), home() / "bin/python3.12");
  EXPECT_TRUE(fs::exists(fs::path((*found)->folder) / "pip"));
}

TEST_F(Pythons, PyenvsNewestPatchReleaseIsTakenAndItsShimsAreNot) {
  install(".pyenv/shims/python3.11");
  install(".pyenv/versions/3.11.9/bin/python3");
  install(".pyenv/versions/3.11.10/bin/python3");
  install(".pyenv/versions/3.1.4/bin/python3");
  Result<std::optional<Interpreter>> found = find_python("3.11", caller());
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->folder, home() / ".pyenv/versions/3.11.10/bin");
}

TEST_F(Pythons, UvsIsTaken) {
  install(".local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu/bin/python3");
  Result<std::optional<Interpreter>> found = find_python("3.13", caller());
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_THAT((*found)->folder, HasSubstr("cpython-3.13.1"));
}

TEST_F(Pythons, OneThatIsMissingIsSaid) {
  JobSpec spec;
  spec.image = Image{};
  spec.image->name = "python:3.4";
  spec.services.emplace_back().image.name = "postgres:16";
  Result<ImageChoice> choice = choose_for_image(spec, caller(), false);
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->path_folder, "");
  EXPECT_THAT(choice->notices, ElementsAre(HasSubstr("no Python 3.4"), HasSubstr("postgres:16")));
}

}  // namespace
}  // namespace penstock::sandbox
