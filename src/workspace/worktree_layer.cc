// LayerStore::prepare_worktree: uncommitted changes as a thin layer of one run.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <random>

#include "git/repository.h"
#include "os/errors.h"
#include "os/files.h"
#include "workspace/copy_file.h"
#include "workspace/index_file.h"
#include "workspace/layer_store.h"
#include "workspace/shelf.h"
#include "workspace/tree_writer.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "run-";

/// Copies one path of the work tree into the layer, or marks it as deleted. Folders stay out: a submodule, or a
/// repository in the repository.
Result<> copy_path(const os::UniqueFd& project, const TreeWriter& writer, const std::string& path) {
  if (path.ends_with('/')) return success();
  struct stat status {};
  if (::fstatat(project.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    // Deleted, or a folder above it has become a file.
    if (errno == ENOENT || errno == ENOTDIR) return writer.whiteout(path);
    return os::system_error("can't look at `" + path + "`", errno);
  }
  if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) return success();
  PENSTOCK_TRY(const os::UniqueFd parent, writer.parent_of(path, true));
  if (!parent)
    return Error{Fault::machine, "the work tree changed while it was copied, at `" + path + "`", "run it again"};
  return copy_entry(project.get(), path, parent.get(), path.substr(path.rfind('/') + 1));
}

/// What is staged is staged in the job too. The entries carry no stamp, so git looks at the content of those few.
Result<> stage(const git::Repository& repository, const std::string& commit, const std::vector<fs::path>& below,
               const fs::path& tree) {
  PENSTOCK_TRY(const std::string listed, repository.run({"diff-index", "--cached", "-z", "--raw", "--no-renames",
                                                         "--full-index", "--ignore-submodules=dirty", commit, "--"}));
  std::vector<IndexEntry> entries;
  for (std::string_view rest = listed; !rest.empty();) {
    // :OLDMODE SP NEWMODE SP OLDID SP NEWID SP LETTER NUL PATH NUL
    const size_t middle = rest.find('\0');
    const size_t end = middle == std::string_view::npos ? middle : rest.find('\0', middle + 1);
    const size_t id_bytes = commit.size();
    if (end == std::string_view::npos || middle < 15 + 2 * id_bytes) {
      return Error{Fault::internal, "`git diff-index` printed something unknown", ""};
    }
    IndexEntry entry;
    entry.path = rest.substr(middle + 1, end - middle - 1);
    entry.mode = static_cast<unsigned>(std::stoul(std::string(rest.substr(8, 6)), nullptr, 8));
    entry.id = rest.substr(16 + id_bytes, id_bytes);
    entries.push_back(std::move(entry));
    rest.remove_prefix(end + 1);
  }
  for (const fs::path& layer : below) {
    if (entries.empty() || !os::path_exists(layer / ".git/index")) continue;
    PENSTOCK_TRY(IndexFile index, IndexFile::read(layer / ".git/index", commit.size() / 2));
    index.update(std::move(entries));
    PENSTOCK_CHECK(os::ensure_folder(tree / ".git"));
    return index.write(tree / ".git/index");
  }
  return success();
}

/// Unlike any other one ever: a run names it for as long as it may go on.
std::string fresh_id() {
  std::random_device random;
  std::string id = kPrefix;
  for (int i = 0; i < 16; ++i) id += "0123456789abcdef"[random() % 16];
  return id;
}

/// Below the job's .git, above all commits.
void put_on(const Shelf& shelf, HeldLayer layer, Layers& base) {
  base.lower.insert(base.lower.begin() + 1, shelf.tree(layer.id));
  base.worktree = std::move(layer.id);
  base.locks.push_back(std::move(layer.lock));
}

}  // namespace

Result<Layers> LayerStore::prepare_worktree(Layers base) const {
  const Shelf shelf(folder_);
  PENSTOCK_TRY(const git::WorkTreeStatus status, repository_.status());
  os::UniqueFd project(::open(repository_.top_level().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!project) return os::system_error("can't open `" + repository_.top_level().native() + "`", errno);
  auto fill = [&](const fs::path& tree) -> Result<> {
    PENSTOCK_TRY(const TreeWriter writer, TreeWriter::open(tree));
    // Files before deletions: a file that replaces a folder hides it.
    for (const auto* paths : {&status.untracked, &status.changed}) {
      for (const std::string& path : *paths) PENSTOCK_CHECK(copy_path(project, writer, path));
    }
    return status.staged.empty() ? success() : stage(repository_, base.commit, base.lower, tree);
  };
  PENSTOCK_TRY(HeldLayer layer, shelf.make(fresh_id(), {}, fill));
  put_on(shelf, std::move(layer), base);
  return base;
}

Result<Layers> LayerStore::hold_worktree(Layers base, const std::string& id) const {
  const Shelf shelf(folder_);
  const bool is_one = id.starts_with(kPrefix) && id.find('/') == std::string::npos;
  std::optional<std::vector<HeldLayer>> held;
  if (is_one) {
    PENSTOCK_TRY(held, shelf.hold(id));
  }
  if (!held) {
    return Error{Fault::user, "the uncommitted changes that the run was started with are no longer kept",
                 "start another one with: ci run --worktree"};
  }
  put_on(shelf, std::move(held->front()), base);
  return base;
}

}  // namespace penstock::workspace
