#include "workspace/job_git.h"

#include <map>

#include "git/refs.h"
#include "git/repository.h"
#include "os/files.h"
#include "workspace/job_config.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

using Refs = std::map<std::string, git::PackedRef>;

Result<Refs> all_refs(const git::Repository& repository) {
  PENSTOCK_TRY(auto read, git::read_all_refs(repository.location()));
  if (read) return std::move(*read);
  PENSTOCK_TRY(const std::string listed,
               repository.run({"for-each-ref", "--format=%(objectname) %(refname) %(symref)"}));
  Refs refs;
  for (std::string_view rest = listed; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const size_t first = line.find(' ');
    const size_t second = line.find(' ', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view symbolic = line.substr(second + 1);
    refs[std::string(line.substr(first + 1, second - first - 1))].id =
        symbolic.empty() ? std::string(line.substr(0, first)) : "ref: " + std::string(symbolic);
  }
  return refs;
}

/// Refs that belong to a work tree or to what is under way in it.
bool is_private(std::string_view name) {
  for (std::string_view prefix : {"refs/stash", "refs/bisect/", "refs/worktree/", "refs/rewritten/"}) {
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

bool is_plain(std::string_view name) {
  for (const char c : name) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return false;
  }
  return name.find("..") == std::string_view::npos && !name.starts_with('/') && !name.starts_with('-') && !name.empty();
}

void add_refs(Refs refs, const std::string& commit, const std::optional<std::string>& branch, JobGit& git) {
  if (branch) refs["refs/heads/" + *branch] = {commit, {}};
  std::string packed = "# pack-refs with: sorted \n";
  for (const auto& [name, ref] : refs) {
    if (is_private(name) || !is_plain(name)) continue;
    if (ref.id.starts_with("ref: ")) {
      git.files.emplace_back(name, ref.id + "\n");
      continue;
    }
    packed.append(ref.id).append(" ").append(name).append("\n");
    if (!ref.peeled.empty()) packed.append("^").append(ref.peeled).append("\n");
  }
  git.files.emplace_back("packed-refs", std::move(packed));
  git.files.emplace_back("HEAD", branch ? "ref: refs/heads/" + *branch + "\n" : commit + "\n");
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  return !folder.empty() && (path == folder || path.native().starts_with(folder.native() + "/"));
}

Result<> add_objects(const git::Repository& repository, const fs::path& project, const fs::path& in_job, JobGit& git) {
  const fs::path own = repository.common_folder() / "objects";
  // As absolute paths: git-lfs doesn't read relative ones.
  std::string alternates = (in_job / "shared/objects").native() + "\n";
  git.folders.insert(git.folders.end(), {"objects/info", "objects/pack", "refs/heads", "refs/tags", "shared/objects"});
  git.binds.push_back({own, "shared/objects"});
  PENSTOCK_TRY(const std::vector<fs::path> borrowed, repository.alternates());
  for (size_t index = 0; index < borrowed.size(); ++index) {
    if (lies_in(borrowed[index], project)) {
      const std::string place = "shared/borrowed-" + std::to_string(index);
      git.folders.push_back(place);
      git.binds.push_back({borrowed[index], place});
      alternates += (in_job / place).native() + "\n";
    } else {
      alternates += borrowed[index].native() + "\n";
    }
  }
  // Paths in the real list may be relative to where that lies: all that it names is in ours.
  if (!borrowed.empty()) git.binds.push_back({"/dev/null", "shared/objects/info/alternates"});
  git.files.emplace_back("objects/info/alternates", std::move(alternates));
  return success();
}

}  // namespace

Result<JobGit> describe_job_git(const git::Repository& repository, const std::string& commit,
                                const std::optional<std::string>& branch, const fs::path& project,
                                const fs::path& place) {
  JobGit git;
  PENSTOCK_TRY(Refs refs, all_refs(repository));
  add_refs(std::move(refs), commit, branch && is_plain(*branch) ? branch : std::nullopt, git);
  PENSTOCK_CHECK(add_objects(repository, project, project / place, git));
  PENSTOCK_TRY(const std::vector<git::ConfigEntry> config, repository.config());
  git.files.emplace_back("config", job_config(config));
  for (const char* name : {"shallow", "info/exclude", "info/attributes", "info/grafts"}) {
    PENSTOCK_TRY(auto content, os::read_file_if_exists(repository.common_folder() / name));
    if (content) git.files.emplace_back(name, std::move(*content));
  }
  return git;
}

Result<> write_job_git(const JobGit& git, const fs::path& folder) {
  PENSTOCK_CHECK(os::ensure_folder(folder));
  for (const std::string& name : git.folders) PENSTOCK_CHECK(os::ensure_folder(folder / name));
  for (const auto& [name, content] : git.files) {
    const fs::path path = folder / name;
    PENSTOCK_CHECK(os::ensure_folder(path.parent_path()));
    PENSTOCK_CHECK(os::write_atomically(path, content));
  }
  return success();
}

}  // namespace penstock::workspace
