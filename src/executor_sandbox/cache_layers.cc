#include "executor_sandbox/cache_layers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

#include "executor_sandbox/wire.h"
#include "os/errors.h"
#include "os/files.h"
#include "os/unique_fd.h"

namespace penstock::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAbout = "about";  // in a layer's folder
constexpr const char* kTurn = "turn-";   // and an id: whose turn it is to unpack that
constexpr uint64_t kBlock = 4096;

/// What was unpacked before the machine lost its power may be empty files.
std::string this_start_of_the_machine() {
  auto id = os::read_file_if_exists("/proc/sys/kernel/random/boot_id", 4096);
  return id.ok() && *id ? **id : std::string();
}

struct About {
  std::string started;  // the machine's start that it was made in
  uint64_t bytes = 0;
  std::string tree;      // its whole digest
  std::string replaces;  // the id of the layer that it was made of
};

About about(const fs::path& layer) {
  About about;
  if (auto text = os::read_file_if_exists(layer / kAbout, 4096); text.ok() && *text)
    decode_into(**text, about.started, about.bytes, about.tree, about.replaces);
  return about;
}

int64_t seconds_unused(const fs::path& layer) {
  struct stat status {};
  if (::stat((layer / "lock").c_str(), &status) != 0) return std::numeric_limits<int64_t>::max();
  return ::time(nullptr) - status.st_mtime;
}

uint64_t bytes_of(const Tree& tree) {
  uint64_t bytes = 0;
  for (const TreeEntry& entry : tree) {
    bytes += entry.kind == TreeEntry::Kind::link ? 0 : std::max(kBlock, (entry.size + kBlock - 1) / kBlock * kBlock);
  }
  return bytes;
}

Result<os::UniqueFd> open_folder(const fs::path& folder) {
  os::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return os::system_error("can't open " + folder.native(), errno);
  return fd;
}

Result<> restore(BlobStore& blobs, const fs::path& folder, const Tree& entries) {
  PENSTOCK_TRY(const os::UniqueFd fd, open_folder(folder));
  return restore_files(blobs, fd.get(), entries, LinkRule{true, ""});
}

/// The locks of those who were killed while they held one.
void sweep_turns(const fs::path& folder) {
  const auto entries = os::list_folder(folder);
  if (!entries.ok()) return;
  for (const os::FolderEntry& entry : *entries) {
    if (!entry.name.starts_with(kTurn)) continue;
    const auto lock = os::FileLock::try_take(folder / entry.name);
    if (lock.ok() && *lock) ::unlink((folder / entry.name).c_str());
  }
}

HeldTree held_tree(std::vector<workspace::HeldLayer> layers) {
  HeldTree tree;
  for (workspace::HeldLayer& layer : layers) {
    tree.ids.push_back(std::move(layer.id));
    tree.locks.push_back(std::move(layer.lock));
  }
  return tree;
}

}  // namespace

Result<std::optional<HeldTree>> CacheLayers::find(const std::string& id) const {
  using Found = std::optional<HeldTree>;
  if (!os::path_exists(shelf_.tree(id))) return Found();
  PENSTOCK_TRY(auto held, shelf_.hold(id));
  if (!held) return Found();
  const std::string started = this_start_of_the_machine();
  for (const workspace::HeldLayer& layer : *held) {
    if (about(shelf_.folder() / layer.id).started != started) return Found();
  }
  return Found(held_tree(std::move(*held)));
}

Result<HeldTree> CacheLayers::make(const NewLayer& layer,
                                   const std::function<Result<>(const fs::path& tree)>& fill) const {
  const std::string id = id_of(layer.tree);
  // Beside others who make layers, but not beside one who sweeps them.
  PENSTOCK_TRY(const os::FileLock making, os::FileLock::take(shelf_.folder() / "making", os::FileLock::Mode::shared));
  struct statvfs space {};
  if (::statvfs(shelf_.folder().c_str(), &space) == 0 && space.f_bavail * space.f_frsize < 2 * layer.bytes)
    return Error{Fault::machine, "there is too little space for an unpacked cache", ""};
  PENSTOCK_TRY(workspace::HeldLayer made, shelf_.make(id, layer.below, [&](const fs::path& tree) -> Result<> {
    PENSTOCK_CHECK(fill(tree));
    return os::write_atomically(tree.parent_path() / kAbout,
                                encode(this_start_of_the_machine(), layer.bytes, to_hex(layer.tree), layer.replaces));
  }));
  // Somebody else's may have been quicker, and stand on others.
  PENSTOCK_TRY(std::optional<HeldTree> found, find(id));
  if (!found) return Error{Fault::machine, "an unpacked cache is gone again", ""};
  return std::move(*found);
}

Result<HeldTree> CacheLayers::hold(const Digest& tree) const {
  const std::string id = id_of(tree);
  PENSTOCK_TRY(std::optional<HeldTree> found, find(id));
  if (found) return std::move(*found);
  const fs::path turn = shelf_.folder() / (std::string(kTurn) + id);  // of two jobs that want the same, one unpacks it
  PENSTOCK_TRY(const os::FileLock lock, os::FileLock::take(turn));
  Result<HeldTree> made = [&]() -> Result<HeldTree> {
    PENSTOCK_TRY(found, find(id));
    if (found) return std::move(*found);
    if (os::path_exists(shelf_.tree(id))) PENSTOCK_CHECK(shelf_.drop(id));
    PENSTOCK_TRY(const Tree entries, get_tree(blobs_, tree));
    const uint64_t bytes = bytes_of(entries);
    if (bytes > kLargest) return Error{Fault::user, "the cache is too large to lie unpacked", ""};
    return make({tree, {}, bytes, ""}, [&](const fs::path& folder) { return restore(blobs_, folder, entries); });
  }();
  ::unlink(turn.c_str());
  return made;
}

Result<std::optional<HeldTree>> CacheLayers::hold_again(const std::vector<std::string>& ids) const {
  HeldTree all;
  for (const std::string& id : ids) {
    PENSTOCK_TRY(std::optional<HeldTree> found, find(id));
    if (!found) return std::optional<HeldTree>();
    all.ids.push_back(id);
    std::move(found->locks.begin(), found->locks.end(), std::back_inserter(all.locks));
  }
  return std::optional(std::move(all));
}

Result<> CacheLayers::derive(const Digest& tree, const Tree& entries, const Digest& base,
                             const Tree& base_entries) const {
  if (os::path_exists(shelf_.tree(id_of(tree)))) return success();
  PENSTOCK_TRY(const std::optional<HeldTree> held, find(id_of(base)));
  if (!held) return success();
  // A thin layer takes nothing away: that would hide what the commit has at the same place.
  const std::optional<Tree> addition = addition_to(held->ids.back(), entries, base, base_entries);
  if (addition && addition->size() < entries.size() / 2) {
    const auto fill = [&](const fs::path& folder) { return restore(blobs_, folder, *addition); };
    PENSTOCK_TRY(const HeldTree made, make({tree, {held->ids.back()}, bytes_of(*addition), id_of(base)}, fill));
    return success();
  }
  const uint64_t bytes = bytes_of(entries);
  const Tree same = unchanged_between(base_entries, entries);
  if (bytes > kLargest || same.size() < entries.size() / 2) return success();  // little is won: `hold` unpacks it
  const auto fill = [&](const fs::path& folder) { return fill_whole(folder, entries, held->ids, same); };
  PENSTOCK_TRY(const HeldTree made, make({tree, {}, bytes, id_of(base)}, fill));
  return success();
}

/// What has to lie over the whole layer `ground`, of which `base` is made; nothing where a layer can't do that.
std::optional<Tree> CacheLayers::addition_to(const std::string& ground, const Tree& entries, const Digest& base,
                                             const Tree& base_entries) const {
  if (ground == id_of(base)) return addition_between(base_entries, entries);
  const std::optional<Digest> digest = digest_from_hex(about(shelf_.folder() / ground).tree);
  if (!digest) return std::nullopt;
  const auto whole = get_tree(blobs_, *digest);  // a cleaning may have removed it
  return whole.ok() ? addition_between(*whole, entries) : std::nullopt;
}

/// Links what is the `same` as in the donors' folders (one above another), and writes the rest.
Result<> CacheLayers::fill_whole(const fs::path& tree, const Tree& entries, const std::vector<std::string>& donors,
                                 const Tree& same) const {
  std::vector<os::UniqueFd> from;
  for (const std::string& donor : donors) {
    PENSTOCK_TRY(os::UniqueFd fd, open_folder(shelf_.tree(donor)));
    from.push_back(std::move(fd));
  }
  Tree folders;
  for (const TreeEntry& entry : entries) {
    if (entry.kind != TreeEntry::Kind::folder) continue;
    folders.push_back(entry);
    folders.back().mode = 0755;  // until all is in it
  }
  PENSTOCK_CHECK(restore(blobs_, tree, folders));
  PENSTOCK_TRY(const os::UniqueFd to, open_folder(tree));
  std::set<std::string_view> linked;
  for (const TreeEntry& entry : same) {
    if (entry.kind != TreeEntry::Kind::file) continue;
    for (const os::UniqueFd& donor : from) {
      if (::linkat(donor.get(), entry.path.c_str(), to.get(), entry.path.c_str(), 0) == 0) linked.insert(entry.path);
      if (linked.contains(entry.path) || errno != ENOENT) break;
    }
  }
  Tree rest;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(rest),
               [&](const TreeEntry& entry) { return !linked.contains(entry.path); });
  return restore(blobs_, tree, rest);
}

Result<uint64_t> trim_cache_layers(const fs::path& state_folder, const std::set<std::string>& needed,
                                   const CacheLimits& limits, bool dry_run) {
  const workspace::Shelf shelf(CacheLayers::folder_in(state_folder));
  if (!os::path_exists(shelf.folder())) return uint64_t{0};
  PENSTOCK_TRY(const std::optional<os::FileLock> making, os::FileLock::try_take(shelf.folder() / "making"));
  if (!making) return uint64_t{0};  // somebody makes one: the next time
  if (!dry_run) {
    PENSTOCK_CHECK(shelf.sweep());
    sweep_turns(shelf.folder());
  }
  PENSTOCK_TRY(const std::vector<std::string> ids, shelf.ids());
  std::map<std::string, About> layers;
  std::set<std::string> replaced;
  for (const std::string& id : ids) replaced.insert((layers[id] = about(shelf.folder() / id)).replaces);
  std::set<std::string> stood_on;
  std::vector<std::string> unwanted;
  uint64_t kept = 0;
  // Most recently used first, and what a layer stands on after it.
  for (const std::string& id : ids) {
    const int64_t oldest = replaced.contains(id) ? std::min(limits.oldest, limits.oldest_replaced) : limits.oldest;
    const bool old = seconds_unused(shelf.folder() / id) >= oldest;
    if (!needed.contains(id) && !stood_on.contains(id) && (old || kept + layers[id].bytes > limits.most)) {
      unwanted.push_back(id);
      continue;
    }
    kept += layers[id].bytes;
    for (std::string& below : shelf.stack_of(id)) stood_on.insert(std::move(below));
  }
  uint64_t gone = 0;
  for (const std::string& id : unwanted) {
    if (stood_on.contains(id)) continue;
    if (!dry_run) {
      PENSTOCK_TRY(const bool dropped, shelf.drop(id));
      if (!dropped) continue;
    }
    gone += layers[id].bytes;
  }
  return gone;
}

}  // namespace penstock::sandbox
