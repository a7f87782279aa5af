#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "git/commit.h"
#include "git/location.h"
#include "os/environment.h"

namespace penstock::git {

enum class ObjectType { commit, tree, blob, tag };

struct ObjectInfo {
  std::string id;  ///< 40 or 64 lower-case hexadecimal digits.
  ObjectType type = ObjectType::blob;
  size_t size = 0;
};

/// One entry of `git config`: the key with section and name in lower case, as git prints it.
struct ConfigEntry {
  std::string key;
  std::string value;
  std::string origin;  ///< Such as `file:/home/me/.gitconfig`.
  std::string scope;   ///< system, global, local, worktree or command.
};

/// What differs between two commits at one path. An id or mode of zeros (mode 0) means "not there".
struct Change {
  std::string path;
  unsigned old_mode = 0;  ///< As git has it: 0100644, 0100755, 0120000 (link), 0160000 (submodule), 0040000 (folder).
  unsigned new_mode = 0;
  std::string old_id;
  std::string new_id;
};

struct TreeEntry {
  unsigned mode = 0;
  std::string id;
  std::string path;
};

/// How a work tree differs from its HEAD.
struct WorkTreeStatus {
  std::vector<std::string> changed;    ///< Tracked paths whose content, mode or existence differs from HEAD.
  std::vector<std::string> untracked;  ///< Files that are neither tracked nor ignored; a nested repository ends in `/`.
  std::vector<std::string> staged;     ///< The tracked paths among `changed` whose index entry differs from HEAD.

  [[nodiscard]] bool clean() const { return changed.empty() && untracked.empty(); }
};

/// What we ask of a repository, through the `git` program. Names are bytes: they may hold anything but NUL.
///
/// Finding the repository, HEAD and its branch cost no process in the ordinary case. Objects are read through one `git
/// cat-file`, started when first needed. No shell is ever involved; no hook, file system monitor, pager or prompt runs.
/// Safe to use from several threads; a slow question (status) doesn't hold up the others.
class Repository {
 public:
  /// The repository that `folder` lies in. $GIT_DIR is honoured, as git does.
  static Result<Repository> open(const std::filesystem::path& folder);
  /// The repository whose git folder this is, without a work tree; neither the environment nor folders above count.
  static Repository at(const std::filesystem::path& git_folder);
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  [[nodiscard]] const Location& location() const;
  /// The root of the work tree, absolute and free of symbolic links; empty for a bare repository.
  [[nodiscard]] const std::filesystem::path& top_level() const { return location().top_level; }
  [[nodiscard]] const std::filesystem::path& git_folder() const { return location().git_folder; }
  [[nodiscard]] const std::filesystem::path& common_folder() const { return location().common_folder; }

  /// The id of the commit that HEAD names. An error that says so where there is no commit yet.
  Result<std::string> head() const;
  /// The branch that HEAD is on, such as `main`; nothing where it is detached.
  Result<std::optional<std::string>> branch() const;

  /// The id of the commit that a revision (`v1.2`, `HEAD~3`, an abbreviated id) names; tags are followed.
  Result<std::string> resolve(std::string_view revision) const;
  Result<Commit> commit(std::string_view revision) const;
  /// Type and size of any object; nothing where there is none by that name.
  Result<std::optional<ObjectInfo>> object(std::string_view name) const;
  /// The bytes of `path` in a commit, before filters; nothing where it isn't there, or isn't a file. Symbolic links
  /// give their target.
  Result<std::optional<std::string>> read_file(std::string_view revision, std::string_view path) const;

  /// Begins to read a commit, by its whole id, and files of it, so that `commit` and `read_file` needn't wait for each
  /// in turn: a hint, which changes no answer. For a few files of ordinary size.
  void expect(const std::string& commit, const std::vector<std::string>& paths) const;

  /// All files of a commit, in git's order; `below` names a folder to stay in.
  Result<std::vector<std::string>> files(std::string_view revision, std::string_view below = {}) const;
  /// The same with modes and ids; submodules are entries, folders aren't.
  Result<std::vector<TreeEntry>> entries(std::string_view revision, std::string_view below = {}) const;
  /// Files that differ between two commits; an empty `old_revision` means the empty tree. Renames are a deletion and an
  /// addition.
  Result<std::vector<std::string>> changed_files(std::string_view old_revision, std::string_view new_revision) const;
  /// The same with modes and ids, and an entry for each folder that differs, before what lies in it.
  Result<std::vector<Change>> changes(std::string_view old_revision, std::string_view new_revision) const;
  /// The best common ancestor; nothing where there is none (or a shallow clone doesn't reach it).
  Result<std::optional<std::string>> merge_base(std::string_view one, std::string_view other) const;

  /// Takes as long as the work tree is large: ask it beside other work.
  Result<WorkTreeStatus> status() const;
  /// Whether anything is changed or untracked; submodules' insides are not looked at.
  Result<bool> dirty() const;

  /// The tags that point at a commit, sorted by name.
  Result<std::vector<std::string>> tags_at(std::string_view revision) const;
  /// `git describe --tags --always` of a commit.
  Result<std::string> describe(std::string_view revision) const;
  /// The default branch by what the remote says (refs/remotes/REMOTE/HEAD), else main, else master, else
  /// init.defaultBranch where these exist, else the branch that HEAD is on; nothing where it is on none.
  Result<std::optional<std::string>> default_branch(const std::string& remote = "origin") const;

  /// Keeps what config() was told in `file` (mode 0600), so that the next process needn't ask git while the
  /// configuration's files stay as they are.
  void keep_config_in(std::filesystem::path file);
  /// Lets the process that reads objects go. For who has no more questions for a while: it needn't be waited for then.
  void rest() const;
  /// All of the configuration that applies, in git's order: the last of several entries counts. Asked of git once.
  Result<std::vector<ConfigEntry>> config() const;
  /// The last value of a key, given in lower case such as `user.name` or `remote.origin.url`.
  Result<std::optional<std::string>> config_value(std::string_view key) const;

  /// The object folders that this repository borrows from (objects/info/alternates, followed), absolute; its own is not
  /// among them.
  Result<std::vector<std::filesystem::path>> alternates() const;

  /// Runs git on this repository: `arguments` without the program, input as given. A failure of git is an Error with
  /// its words. `variables` are added to the cleaned environment. For rooms that need a verb that isn't here.
  Result<std::string> run(const std::vector<std::string>& arguments, std::string_view input = {},
                          const os::Environment& variables = {}) const;
  /// The same against another work tree and index, which git does not look for a repository in.
  Result<std::string> run_in(const std::filesystem::path& work_tree, const std::filesystem::path& index_file,
                             const std::vector<std::string>& arguments, std::string_view input = {}) const;

 private:
  struct State;
  explicit Repository(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace penstock::git
