#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "executor_sandbox/kept_rooms.h"
#include "executor_sandbox/room_plan.h"
#include "executor_sandbox/rung.h"
#include "os/environment.h"
#include "os/unique_fd.h"
#include "runner/executor.h"

namespace penstock {

class BlobStore;
namespace sandbox {
struct ImageChoice;
struct RoomEnds;
}  // namespace sandbox

/// A commit's files, ready to be the lower folders of an overlay.
struct SandboxSources {
  std::string project;               ///< The repository's real path.
  std::string store;                 ///< The folder that all layers lie in.
  std::vector<std::string> lower;    ///< The layers, absolute, the topmost first.
  std::vector<sandbox::Bind> binds;  ///< Further folders of the machine that show inside the project.
  std::vector<std::string>
      read_only;  ///< Folders outside of the project that a job can't change: a linked work tree's repository.
  std::shared_ptr<const void> lease;  ///< Keeps the layers from being dropped.
};

struct SandboxOptions {
  /// An absolute folder of the user's on a local file system that can carry the upper layer of an overlay. Rooms lie in
  /// `rooms` below it, on the lowest rung also in `copies`; caches lie unpacked in `caches`.
  std::filesystem::path state_folder;
  std::function<Result<SandboxSources>(const JobSpec& spec)> sources;  ///< Called from the jobs' threads.
  BlobStore* blobs = nullptr;     ///< Where open_on finds its trees; null: it opens nothing.
  os::Environment caller;         ///< The environment of the one who started the run.
  std::vector<std::string> pass;  ///< Names that a job sees beside those that it always does (`--pass`).
  bool network = true;            ///< `--network=none` makes it false: a loopback alone.
  bool strict = false;            ///< An image or a service is an error rather than a notice.
  uint64_t largest_kept = sandbox::KeptRooms::kLargest;  ///< Bytes of a room that may be kept.
  std::optional<sandbox::Rung> forced_rung;              ///< Start the climb there: for tests and `ci doctor`.
};

/// Gives each job a copy of its commit at the repository's own path, in namespaces of its own; see docs/sandbox.md.
///
/// Make it before the program starts threads or reads secrets: it forks a small process from which all rooms are
/// cloned. A room's processes are gone when its last `run` has returned; its folders go in the background, at the
/// latest with the executor. All rooms must be destroyed before it. If this program is killed, the small process ends
/// all rooms and removes their folders.
class SandboxExecutor final : public Executor {
 public:
  static Result<std::unique_ptr<SandboxExecutor>> make(SandboxOptions options);
  ~SandboxExecutor() override;

  Result<std::unique_ptr<Room>> open(const JobSpec& spec) override;
  Result<std::unique_ptr<Room>> open_on(const JobSpec& spec, const std::vector<Digest>& trees) override;
  void expect(const Digest& tree, const Tree& entries, const Digest& base, const Tree& base_entries) override;
  Result<std::unique_ptr<Room>> open_kept(const JobSpec& spec, const std::string& name) override;

  /// Holds a room ready for a job like this one. Waits for its sources, so call it from a thread of its own.
  void warm_up(const JobSpec& spec);
  /// Lets go what is held ready: no room is needed for a while.
  void rest();
  /// Begins to take everything away, which the destructor waits for: no room is asked for any more.
  void retire();

  /// The rung that it stands on, and why not on a higher one. Waits until that is known.
  Result<sandbox::ProbeReport> probe();

  /// Removes what executors left below `state_folder` that died with their small process; those that live are left
  /// alone. Waits (10 s at most) for a small process that is still ending the rooms of a `ci` that was killed. `make`
  /// does it, too.
  static void sweep(const std::filesystem::path& state_folder);

 private:
  struct Parts;
  explicit SandboxExecutor(std::unique_ptr<Parts> parts);
  [[nodiscard]] sandbox::RoomPlan plan_of(const JobSpec& spec, const SandboxSources& sources) const;
  [[nodiscard]] std::unique_ptr<Room> room_of(sandbox::RoomEnds ends, std::shared_ptr<const void> lease,
                                              sandbox::ImageChoice image) const;
  Result<sandbox::RoomEnds> furnished_room(const std::string& plan);
  bool stand_on(sandbox::RoomPlan& plan, std::vector<std::string> caches) const;
  // With the mutex held:
  Result<> start_zygote();
  Result<> greet();
  Result<> climb_down(const std::string& trial);
  Result<os::UniqueFd> ask_for_room(const std::string& plan);

  std::unique_ptr<Parts> parts_;
};

}  // namespace penstock
