#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include "blobs/folder_blob_store.h"
#include "cli/commands.h"
#include "cli/kept_content.h"
#include "cli/kept_releases.h"
#include "cli/project.h"
#include "cli/size_words.h"
#include "executor_sandbox/cache_layers.h"
#include "executor_sandbox/kept_rooms.h"
#include "os/clock.h"
#include "workspace/folders.h"
#include "workspace/layer_store.h"

namespace penstock {
namespace {

/// What may go, found before anything is removed.
struct Cleaning {
  std::vector<ArtifactRecord> expired;
  std::vector<int64_t> runs;  ///< To be forgotten as a whole, oldest first.
  std::vector<CacheRecord> caches;
};

struct Inventory {
  std::vector<ArtifactRecord> artifacts;  ///< Oldest first.
  std::vector<CacheRecord> caches;        ///< Oldest first.
  std::vector<RunHeader> runs;            ///< Newest first.
  std::map<int64_t, uint64_t> logs;       ///< Bytes of each run's logs.
};

uint64_t bytes_below(const std::filesystem::path& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unreadable;  // a log that was removed meanwhile weighs nothing
    const uint64_t size = entry->is_regular_file(unreadable) ? entry->file_size(unreadable) : 0;
    if (!unreadable) bytes += size;
  }
  return bytes;
}

Result<Inventory> take_inventory(Project& project) {
  constexpr size_t kAll = size_t{1} << 30;
  Inventory inventory;
  PENSTOCK_TRY(inventory.artifacts, project.store().all_artifacts());
  PENSTOCK_TRY(inventory.caches, project.store().all_caches());
  PENSTOCK_TRY(inventory.runs, project.store().list(kAll));
  for (const RunHeader& run : inventory.runs) {
    inventory.logs[run.id] = bytes_below(project.state / "logs" / std::to_string(run.id));
  }
  return inventory;
}

/// Expired artifacts go, but those of the newest run that passed on each ref stay, as on GitLab.
std::vector<ArtifactRecord> expired_artifacts(const Inventory& inventory, Instant now) {
  std::map<std::string, int64_t> newest;
  for (const RunHeader& run : inventory.runs) {
    if (run.summary.status == Status::success) newest.try_emplace(run.facts.ref + "\n" + run.facts.pipeline, run.id);
  }
  std::vector<ArtifactRecord> expired;
  for (const ArtifactRecord& record : inventory.artifacts) {
    const bool latest =
        std::any_of(newest.begin(), newest.end(), [&](const auto& entry) { return entry.second == record.run; });
    if (record.artifact.expires_at && *record.artifact.expires_at < now && !latest) expired.push_back(record);
  }
  return expired;
}

bool may_be_forgotten(const RunHeader& run) { return has_ended(run.summary.status) && run.summary.manual_left == 0; }

/// What is kept now, and what would be after each decision: content and logs.
struct Footprint {
  KeptContent content;
  uint64_t logs = 0;

  [[nodiscard]] uint64_t bytes() const { return content.bytes() + logs; }
};

/// Adds the oldest runs, then the oldest caches, until what stays fits the limit. The newest run always stays.
void choose_by_size(const Inventory& inventory, uint64_t limit, Footprint& kept, Cleaning& cleaning) {
  std::set<int64_t> expired;  // attempts whose artifacts are out of the count already
  for (const ArtifactRecord& record : cleaning.expired) expired.insert(record.attempt_id);
  for (auto run = inventory.runs.rbegin(); run != inventory.runs.rend() && kept.bytes() > limit; ++run) {
    if (!may_be_forgotten(*run) || run->id == inventory.runs.front().id) continue;
    for (const ArtifactRecord& record : inventory.artifacts) {
      if (record.run == run->id && !expired.contains(record.attempt_id)) kept.content.remove(record.artifact.tree);
    }
    kept.logs -= inventory.logs.at(run->id);
    cleaning.runs.push_back(run->id);
  }
  for (auto cache = inventory.caches.begin(); cache != inventory.caches.end() && kept.bytes() > limit; ++cache) {
    kept.content.remove(cache->tree);
    cleaning.caches.push_back(*cache);
  }
}

Result<> carry_out(Project& project, const Cleaning& cleaning) {
  for (const ArtifactRecord& record : cleaning.expired)
    PENSTOCK_CHECK(project.store().drop_artifacts(record.attempt_id));
  for (const CacheRecord& cache : cleaning.caches) PENSTOCK_CHECK(project.store().drop_cache(cache.key));
  for (const int64_t run : cleaning.runs) {
    PENSTOCK_TRY(const std::vector<AttemptRecord> attempts, project.store().attempts(run));
    for (const AttemptRecord& attempt : attempts) PENSTOCK_CHECK(project.store().drop_artifacts(attempt.id));
    PENSTOCK_CHECK(project.records.logs->remove(run));
    PENSTOCK_CHECK(project.store().forget(run));
  }
  return success();
}

Result<std::optional<uint64_t>> limit_of(const CleanArguments& arguments) {
  if (arguments.limit.empty()) return std::optional<uint64_t>();
  const auto limit = size_from_words(arguments.limit);
  if (!limit) return Error{Fault::user, "`" + arguments.limit + "` is no size", "write it like 500MB or 2GB"};
  return std::optional<uint64_t>(*limit);
}

std::string counted(size_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// Rooms of failed jobs that were kept for `ci shell`.
struct RoomsGone {
  size_t count = 0;
  uint64_t bytes = 0;
};

/// All but those that somebody is in.
Result<RoomsGone> drop_rooms(const std::filesystem::path& folder, bool dry_run) {
  const sandbox::KeptRooms rooms(folder);
  RoomsGone gone;
  for (const std::string& name : rooms.names()) {
    const uint64_t bytes = bytes_below(rooms.path(name));
    if (!dry_run) {
      PENSTOCK_TRY(const bool dropped, rooms.drop(name));
      if (!dropped) continue;
    }
    ++gone.count;
    gone.bytes += bytes;
  }
  return gone;
}

/// Caches that lie unpacked for a next job, but are kept no more; with a limit all, since any can be unpacked again.
Result<uint64_t> drop_unpacked(const std::filesystem::path& folder, const Inventory& inventory,
                               const CleanArguments& arguments) {
  std::set<std::string> needed;
  for (const CacheRecord& cache : inventory.caches) {
    if (arguments.limit.empty()) needed.insert(sandbox::CacheLayers::id_of(cache.tree));
  }
  return sandbox::trim_cache_layers(folder, needed, {0, 0, 0}, arguments.dry_run);
}

void tell(const Cleaning& cleaning, const RoomsGone& rooms, uint64_t freed, uint64_t left, const World& world,
          bool dry_run) {
  std::string text = dry_run ? "would remove " : "removed ";
  text += counted(cleaning.runs.size(), "run") + ", " + counted(cleaning.expired.size(), "expired artifact") + ", " +
          counted(cleaning.caches.size(), "cache") + ", " + counted(rooms.count, "kept room") + ": " +
          size_words(freed + rooms.bytes) + (dry_run ? " would be freed, " : " freed, ") + size_words(left) +
          (dry_run ? " would stay\n" : " kept\n");
  world.outputs.out.write(text);
}

/// Counts what artifacts and caches need; `all` is what lies there now, needed or not.
Footprint footprint_of(const Inventory& inventory, const std::vector<StoredBlob>& stored, BlobStore& blobs,
                       uint64_t& all) {
  std::map<Digest, uint64_t> sizes;
  for (const StoredBlob& blob : stored) {
    sizes[blob.digest] = blob.bytes;
    all += blob.bytes;
  }
  Footprint kept{KeptContent(std::move(sizes)), 0};
  for (const ArtifactRecord& record : inventory.artifacts) kept.content.add(blobs, record.artifact.tree);
  for (const CacheRecord& cache : inventory.caches) kept.content.add(blobs, cache.tree);
  for (const auto& [run, bytes] : inventory.logs) kept.logs += bytes;
  all += kept.logs;
  return kept;
}

Result<> clean(const CleanArguments& arguments, const World& world) {
  PENSTOCK_TRY(const std::optional<uint64_t> limit, limit_of(arguments));
  PENSTOCK_TRY(Project project, open_project(world));
  const Instant now = world.clock.now();
  PENSTOCK_TRY(const std::unique_ptr<BlobStore> blobs, project.open_blobs());
  PENSTOCK_TRY(const std::vector<StoredBlob> stored, list_blobs(project.state / "blobs"));
  PENSTOCK_TRY(const Inventory inventory, take_inventory(project));
  uint64_t all = 0;
  Footprint kept = footprint_of(inventory, stored, *blobs, all);
  PENSTOCK_CHECK(add_deliveries(project, kept.content));
  Cleaning cleaning;
  cleaning.expired = expired_artifacts(inventory, now);
  for (const ArtifactRecord& record : cleaning.expired) kept.content.remove(record.artifact.tree);
  if (limit) choose_by_size(inventory, *limit, kept, cleaning);
  PENSTOCK_TRY(const workspace::LayerFolder layers, workspace::layer_folder(project.repository));
  PENSTOCK_TRY(const RoomsGone rooms, drop_rooms(layers.path, arguments.dry_run));
  PENSTOCK_TRY(const uint64_t unpacked, drop_unpacked(layers.path, inventory, arguments));
  tell(cleaning, rooms, all - kept.bytes() + unpacked, kept.bytes(), world, arguments.dry_run);
  if (arguments.dry_run) return success();
  PENSTOCK_CHECK(carry_out(project, cleaning));
  // A run that goes on beside this one puts blobs that the inventory didn't know: what is this young stays.
  PENSTOCK_TRY(const Swept swept,
               sweep_blobs(project.state / "blobs", kept.content.needed(), now - std::chrono::hours(1)));
  (void)swept;
  // What wasn't committed when a run was started stays for as long as the run may go on.
  PENSTOCK_TRY(const std::vector<RunHeader> may_go_on, project.store().playable());
  std::set<std::string> worktrees;
  for (const RunHeader& run : may_go_on) worktrees.insert(run.facts.worktree_layer);
  return workspace::LayerStore(layers.path / "layers", project.repository).collect(worktrees);
}

}  // namespace

int execute(const CleanArguments& arguments, World& world) {
  const auto done = clean(arguments, world);
  return done ? kPassed : world.fail(done.error());
}

}  // namespace penstock
