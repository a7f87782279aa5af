#include "workspace/shelf.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>

#include "os/errors.h"

namespace penstock::workspace {
namespace {

namespace fs = std::filesystem;

std::string fresh_name(const char* prefix) {
  static std::atomic<unsigned> counter{0};
  return prefix + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1));
}

bool is_temporary(std::string_view name) { return name.starts_with("new-") || name.starts_with("gone-"); }

void set_last_use(const os::FileLock& lock, std::chrono::system_clock::time_point moment) {
  const auto since = moment.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const timespec time{seconds.count(), std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count()};
  const timespec times[2] = {time, time};
  (void)::futimens(lock.fd(), times);
}

/// The one on top is the newest, and each below it a little older, so that it is the top that the next commit is
/// compared with.
void mark_as_used(const std::vector<HeldLayer>& layers) {
  using namespace std::chrono_literals;
  auto moment = std::chrono::system_clock::now();
  for (const HeldLayer& layer : layers) {
    set_last_use(layer.lock, moment);
    moment -= 1ms;
  }
}

}  // namespace

Result<std::optional<HeldLayer>> Shelf::hold_one(const std::string& id) const {
  const fs::path layer = folder_ / id;
  if (!os::path_exists(layer)) return std::optional<HeldLayer>();
  auto lock = os::FileLock::take(layer / "lock", os::FileLock::Mode::shared);
  if (!lock.ok()) {
    // Dropped between the two looks.
    if (!os::path_exists(layer)) return std::optional<HeldLayer>();
    return lock.error();
  }
  return std::optional<HeldLayer>(HeldLayer{id, std::move(*lock)});
}

Result<std::optional<std::vector<HeldLayer>>> Shelf::hold(const std::string& id) const {
  using Held = std::optional<std::vector<HeldLayer>>;
  std::vector<HeldLayer> held;
  PENSTOCK_TRY(auto top, hold_one(id));
  if (!top) return Held();
  held.push_back(std::move(*top));
  for (const std::string& below : stack_of(id)) {
    PENSTOCK_TRY(auto layer, hold_one(below));
    if (!layer) return Held();
    held.push_back(std::move(*layer));
  }
  mark_as_used(held);
  return Held(std::move(held));
}

Result<os::FileLock> Shelf::lock_making() const {
  PENSTOCK_CHECK(os::ensure_folder(folder_));
  return os::FileLock::take(folder_ / "making");
}

Result<HeldLayer> Shelf::make(const std::string& id, const std::vector<std::string>& below,
                              const std::function<Result<>(const fs::path&)>& fill) const {
  const fs::path place = folder_ / fresh_name("new-");
  PENSTOCK_CHECK(os::ensure_folder(place));
  PENSTOCK_TRY(os::FileLock lock, os::FileLock::take(place / "lock"));
  std::string stack;
  for (const std::string& layer : below) stack += layer + "\n";
  Result<> made = os::write_atomically(place / "stack", stack);
  if (made.ok()) made = os::ensure_folder(place / "tree");
  if (made.ok()) made = fill(place / "tree");
  // Files are stamped by a clock that may lag behind ours by a tick: the ground, marked a moment ago, would look newer.
  set_last_use(lock, std::chrono::system_clock::now());
  // Shared before it has its name: nobody can drop it in between.
  if (made.ok()) made = lock.downgrade();
  if (made.ok() && ::rename(place.c_str(), (folder_ / id).c_str()) == 0) return HeldLayer{id, std::move(lock)};
  const int number = errno;
  (void)os::remove_tree(place);
  if (!made.ok()) return made.error();
  PENSTOCK_TRY(auto others, hold_one(id));
  if (others) return std::move(*others);
  return os::system_error("can't name the layer `" + (folder_ / id).native() + "`", number);
}

std::vector<std::string> Shelf::stack_of(const std::string& id) const {
  std::vector<std::string> stack;
  auto content = os::read_file_if_exists(folder_ / id / "stack", 65536);
  if (!content.ok() || !content->has_value()) return stack;
  for (std::string_view rest = **content; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    stack.emplace_back(line);
  }
  return stack;
}

Result<std::vector<std::string>> Shelf::ids() const {
  PENSTOCK_TRY(const auto entries, os::list_folder(folder_));
  std::vector<std::pair<std::pair<int64_t, int64_t>, std::string>> found;
  for (const os::FolderEntry& entry : entries) {
    struct stat status {};
    if (entry.type != os::FileType::folder || is_temporary(entry.name)) continue;
    if (::stat((folder_ / entry.name / "lock").c_str(), &status) != 0) continue;
    found.push_back({{-status.st_mtim.tv_sec, -status.st_mtim.tv_nsec}, entry.name});
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (auto& [age, name] : found) names.push_back(std::move(name));
  return names;
}

Result<bool> Shelf::drop(const std::string& id) const {
  const fs::path layer = folder_ / id;
  PENSTOCK_TRY(const auto lock, os::FileLock::try_take(layer / "lock"));
  if (!lock) return false;
  const fs::path gone = folder_ / fresh_name("gone-");
  if (::rename(layer.c_str(), gone.c_str()) != 0)
    return os::system_error("can't drop the layer `" + layer.native() + "`", errno);
  PENSTOCK_CHECK(os::remove_tree(gone));
  return true;
}

Result<> Shelf::sweep() const {
  PENSTOCK_TRY(const auto entries, os::list_folder(folder_));
  for (const os::FolderEntry& entry : entries) {
    if (!is_temporary(entry.name)) continue;
    auto lock = os::FileLock::try_take(folder_ / entry.name / "lock");
    const bool alive = lock.ok() && !lock->has_value();
    if (!alive) PENSTOCK_CHECK(os::remove_tree(folder_ / entry.name));
  }
  return success();
}

}  // namespace penstock::workspace
