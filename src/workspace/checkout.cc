#include "workspace/checkout.h"

#include <time.h>

#include <algorithm>
#include <set>

#include "git/repository.h"
#include "os/files.h"
#include "os/machine.h"
#include "workspace/index_file.h"
#include "workspace/tree_writer.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kFolderMode = 040000;
constexpr unsigned kSubmoduleMode = 0160000;

bool is_file(unsigned mode) { return mode != 0 && mode != kFolderMode && mode != kSubmoduleMode; }

/// Options that keep a user's settings from giving the index or the checkout another form.
std::vector<std::string> with_options(std::vector<std::string> verb) {
  const unsigned workers = std::clamp(os::processor_count(), 2U, 8U);
  std::vector<std::string> arguments;
  for (const std::string& setting :
       {std::string("core.sparseCheckout=false"), std::string("core.splitIndex=false"),
        std::string("core.untrackedCache=false"), std::string("index.version=2"), std::string("index.sparse=false"),
        std::string("submodule.recurse=false"), "checkout.workers=" + std::to_string(workers)}) {
    arguments.emplace_back("-c");
    arguments.push_back(setting);
  }
  arguments.insert(arguments.end(), verb.begin(), verb.end());
  return arguments;
}

/// Writes the changed files through git, so that attributes, line ends and filters apply: with a small index of its own
/// that holds them and every .gitattributes.
Result<> write_files(const git::Repository& repository, const std::vector<git::Change>& changes, const IndexFile& below,
                     size_t id_bytes, const fs::path& tree) {
  std::vector<IndexEntry> entries = below.named(".gitattributes");
  std::string names;
  for (const git::Change& change : changes) {
    if (!is_file(change.new_mode)) continue;
    entries.push_back({change.path, change.new_mode, change.new_id, {}});
    names.append(change.path).push_back('\0');
  }
  if (names.empty()) return success();
  IndexFile small(id_bytes);
  small.update(std::move(entries));
  const fs::path file = tree / ".git/small-index";
  PENSTOCK_CHECK(small.write(file));
  PENSTOCK_CHECK(
      repository.run_in(tree, file, with_options({"checkout-index", "--quiet", "--force", "-z", "--stdin"}), names));
  return os::remove_tree(file);
}

uint32_t low(auto value) { return static_cast<uint32_t>(value); }

}  // namespace

bool changes_attributes(const std::vector<git::Change>& changes) {
  constexpr std::string_view kName = ".gitattributes";
  return std::any_of(changes.begin(), changes.end(), [&](const git::Change& change) {
    return change.path == kName || change.path.ends_with("/.gitattributes");
  });
}

Result<> check_out_whole(const git::Repository& repository, const std::string& commit, const fs::path& tree) {
  const fs::path index_path = tree / ".git/index";
  PENSTOCK_CHECK(os::ensure_folder(tree / ".git"));
  const timespec before{::time(nullptr) - 2, 0};
  PENSTOCK_CHECK(repository.run_in(tree, index_path, with_options({"read-tree", "-u", "--reset", commit})));
  PENSTOCK_TRY(IndexFile index, IndexFile::read(index_path, commit.size() / 2));
  PENSTOCK_TRY(const TreeWriter writer, TreeWriter::open(tree));
  Result<> done = success();
  index.for_each([&](std::string_view path, unsigned mode) {
    if (done.ok() && is_file(mode)) done = writer.set_time(path, before);
  });
  PENSTOCK_CHECK(done);
  index.set_time(low(before.tv_sec));
  return index.write(index_path);
}

Result<> check_out_changes(const git::Repository& repository, const std::vector<git::Change>& changes,
                           const fs::path& index_below, const fs::path& tree) {
  if (changes.empty()) return success();
  const size_t id_bytes = changes.front().new_id.size() / 2;
  PENSTOCK_CHECK(os::ensure_folder(tree / ".git"));
  PENSTOCK_TRY(const TreeWriter writer, TreeWriter::open(tree));
  for (const git::Change& change : changes) {
    if (!is_writable_path(change.path)) {
      return Error{Fault::user, "the commit holds the path `" + change.path + "`, which must not be written", ""};
    }
  }
  PENSTOCK_TRY(IndexFile index, IndexFile::read(index_below, id_bytes));
  PENSTOCK_CHECK(write_files(repository, changes, index, id_bytes, tree));

  std::vector<IndexEntry> entries;
  std::set<std::string> gone;
  for (const git::Change& change : changes) {
    if (change.old_mode == kFolderMode && change.new_mode != kFolderMode) gone.insert(change.path);
    if (change.old_mode != kFolderMode && change.old_mode != 0) entries.push_back({change.path, 0, {}, {}});
    if (change.new_mode == 0 || change.new_mode == kFolderMode) continue;
    IndexEntry entry{change.path, change.new_mode, change.new_id, {}};
    if (change.new_mode == kSubmoduleMode) {
      PENSTOCK_CHECK(writer.make_folder(change.path));
    } else {
      PENSTOCK_TRY(const auto status, writer.look(change.path));
      if (!status) return Error{Fault::machine, "git did not write `" + change.path + "`", ""};
      entry.stamp = {low(status->st_mtim.tv_sec), low(status->st_mtim.tv_nsec), low(status->st_size)};
    }
    entries.push_back(std::move(entry));
  }
  // Last, so that what has come to stand at a path, or above it, is seen.
  for (const git::Change& change : changes) {
    if (change.new_mode == 0) PENSTOCK_CHECK(writer.whiteout(change.path));
  }
  index.update(std::move(entries), gone);
  return index.write(tree / ".git/index");
}

}  // namespace penstock::workspace
