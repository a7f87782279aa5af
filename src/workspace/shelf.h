#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/files.h"
#include "os/lock.h"

namespace penstock::workspace {

/// One layer that is there, and stays while its lock is held.
struct HeldLayer {
  std::string id;
  os::FileLock lock;
};

/// The folder that layers lie in, and the rules by which several processes share it. It knows nothing of git.
///
///   ID/tree, ID/stack, ID/lock   a layer that is whole: it got its name by a rename
///   new-PID-N/…                  one that is being made, its lock held exclusively by the maker
///   gone-PID-N                   one that is being dropped
///   making                       flock: held by the one who makes or drops layers
class Shelf {
 public:
  explicit Shelf(std::filesystem::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path tree(const std::string& id) const { return folder_ / id / "tree"; }

  /// The layer with all that it stands on, top first, each locked against dropping and marked as used now; nothing
  /// where any is missing.
  Result<std::optional<std::vector<HeldLayer>>> hold(const std::string& id) const;

  /// The lock that makers and droppers hold.
  Result<os::FileLock> lock_making() const;

  /// Makes layer `id` on top of `below` (ids, nearest first): `fill` writes into the new tree. Hold lock_making, or use
  /// an id that nobody else can want. Where the layer has come to be there meanwhile, that one is held.
  Result<HeldLayer> make(const std::string& id, const std::vector<std::string>& below,
                         const std::function<Result<>(const std::filesystem::path& tree)>& fill) const;

  /// The ids of whole layers, most recently used first.
  Result<std::vector<std::string>> ids() const;
  /// The ids that a layer stands on, nearest first; empty for one that isn't there.
  [[nodiscard]] std::vector<std::string> stack_of(const std::string& id) const;

  /// Drops a layer that nobody holds; false where somebody does. Hold lock_making.
  Result<bool> drop(const std::string& id) const;
  /// Removes what makers and droppers left behind that died.
  Result<> sweep() const;

 private:
  Result<std::optional<HeldLayer>> hold_one(const std::string& id) const;

  std::filesystem::path folder_;
};

}  // namespace penstock::workspace
