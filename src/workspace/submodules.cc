#include "workspace/submodules.h"

#include <algorithm>
#include <map>
#include <optional>

#include "git/repository.h"
#include "os/files.h"
#include "workspace/checkout.h"
#include "workspace/job_git.h"
#include "workspace/tree_writer.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kSubmoduleMode = 0160000;
constexpr int kDeepest = 16;

/// Path → name, from the commit's own .gitmodules.
Result<std::map<std::string, std::string>> names_by_path(const git::Repository& repository, const std::string& commit) {
  std::map<std::string, std::string> names;
  PENSTOCK_TRY(const auto file, repository.object(commit + ":.gitmodules"));
  if (!file) return names;
  PENSTOCK_TRY(const std::string listed, repository.run({"config", "--null", "--blob", file->id, "--list"}));
  for (std::string_view rest = listed; !rest.empty();) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    const size_t line = entry.find('\n');
    const std::string_view key = entry.substr(0, line);
    constexpr std::string_view kPrefix = "submodule.";
    constexpr std::string_view kSuffix = ".path";
    if (line == std::string_view::npos || !key.starts_with(kPrefix) || !key.ends_with(kSuffix)) continue;
    if (key.size() <= kPrefix.size() + kSuffix.size()) continue;
    names[std::string(entry.substr(line + 1))] =
        key.substr(kPrefix.size(), key.size() - kPrefix.size() - kSuffix.size());
  }
  return names;
}

/// The submodule's repository: where git keeps it, else where an old git or a person put it.
std::shared_ptr<const git::Repository> find_repository(const git::Repository& outer, const std::string& name,
                                                       const std::string& path) {
  for (const fs::path& place : {outer.common_folder() / "modules" / name, outer.top_level() / path / ".git"}) {
    if (!os::path_exists(place / "HEAD")) continue;
    auto repository = git::Repository::open(place);
    if (repository.ok()) return std::make_shared<const git::Repository>(std::move(*repository));
  }
  return nullptr;
}

class Finder {
 public:
  explicit Finder(bool recursive) : recursive_(recursive) {}

  Result<> find(const git::Repository& repository, const std::string& commit, const std::string& path_prefix,
                const std::string& git_prefix, int depth) {
    PENSTOCK_TRY(const auto names, names_by_path(repository, commit));
    if (names.empty() || depth > kDeepest) return success();
    PENSTOCK_TRY(const std::vector<git::TreeEntry> entries, repository.entries(commit));
    for (const git::TreeEntry& entry : entries) {
      auto named = names.find(entry.path);
      if (entry.mode != kSubmoduleMode || named == names.end()) continue;
      PENSTOCK_CHECK(add(repository, entry, named->second, path_prefix, git_prefix, depth));
    }
    return success();
  }

  SubmoduleTree take() { return std::move(found_); }

 private:
  Result<> add(const git::Repository& outer, const git::TreeEntry& entry, const std::string& name,
               const std::string& path_prefix, const std::string& git_prefix, int depth) {
    // A hostile name would lead out of `modules`.
    if (!is_writable_path(name) || !is_writable_path(entry.path)) {
      return Error{Fault::user, "the submodule name `" + name + "` is not allowed", "rename it in .gitmodules"};
    }
    Submodule module{name, path_prefix + entry.path, entry.id, git_prefix + "modules/" + name,
                     find_repository(outer, name, entry.path)};
    bool here = module.repository != nullptr;
    if (here) {
      auto commit = module.repository->object(entry.id + "^{commit}");
      here = commit.ok() && commit->has_value();
    }
    if (!here) {
      return Error{Fault::user,
                   "the submodule `" + module.path + "` at " + entry.id.substr(0, 12) + " is not on this machine",
                   std::string("get it: `git submodule update --init") + (recursive_ ? " --recursive`" : "`")};
    }
    found_.modules.push_back(module);
    if (!recursive_) return success();
    return find(*module.repository, entry.id, module.path + "/", module.git + "/", depth + 1);
  }

  bool recursive_;
  SubmoduleTree found_;
};

Result<JobGit> describe(const Submodule& module, const fs::path& project) {
  PENSTOCK_TRY(JobGit git, describe_job_git(*module.repository, module.commit, std::nullopt, project,
                                            fs::path(".git") / module.git));
  // From its git folder up to the project, and down to its files.
  std::string up = "../";
  for (const char c : module.git + "/") up += c == '/' ? "../" : "";
  for (auto& [name, content] : git.files) {
    if (name == "config") content += "[core]\n\tworktree = \"" + up + module.path + "\"\n";
  }
  return git;
}

}  // namespace

std::string SubmoduleTree::identity() const {
  std::string text;
  for (const Submodule& module : modules) text += module.path + "\n" + module.commit + "\n" + module.git + "\n";
  return text;
}

Result<SubmoduleTree> find_submodules(const git::Repository& repository, const std::string& commit, bool recursive) {
  Finder finder(recursive);
  PENSTOCK_CHECK(finder.find(repository, commit, "", "", 0));
  return finder.take();
}

Result<> check_out_submodules(const SubmoduleTree& tree, const fs::path& project, const fs::path& target) {
  for (const Submodule& module : tree.modules) {
    const fs::path files = target / module.path;
    PENSTOCK_CHECK(os::ensure_folder(files));
    PENSTOCK_CHECK(check_out_whole(*module.repository, module.commit, files));
    const fs::path git_folder = target / ".git" / module.git;
    PENSTOCK_TRY(const JobGit git, describe(module, project));
    PENSTOCK_CHECK(write_job_git(git, git_folder));
    std::error_code problem;
    fs::rename(files / ".git/index", git_folder / "index", problem);
    if (problem)
      return Error{Fault::machine, "can't place the index of submodule `" + module.path + "`: " + problem.message(),
                   ""};
    PENSTOCK_CHECK(os::remove_tree(files / ".git"));
    std::string up = "../";
    for (const char c : module.path) up += c == '/' ? "../" : "";
    PENSTOCK_CHECK(os::write_atomically(files / ".git", "gitdir: " + up + ".git/" + module.git + "\n"));
  }
  return success();
}

Result<> add_submodule_binds(const SubmoduleTree& tree, const fs::path& project, std::vector<Bind>& binds) {
  for (const Submodule& module : tree.modules) {
    PENSTOCK_TRY(const JobGit git, describe_job_git(*module.repository, module.commit, std::nullopt, project,
                                                    fs::path(".git") / module.git));
    for (const Bind& bind : git.binds) binds.push_back({bind.source, fs::path(".git") / module.git / bind.target});
  }
  return success();
}

}  // namespace penstock::workspace
