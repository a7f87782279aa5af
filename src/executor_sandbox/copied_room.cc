#include "executor_sandbox/copied_room.h"

#include "os/files.h"
#include "workspace/layers.h"

namespace penstock::sandbox {
namespace {

workspace::Layers layers_of(const RoomPlan& plan) {
  workspace::Layers layers;
  layers.project = plan.project;
  layers.lower.assign(plan.lower.begin(), plan.lower.end());
  for (const Bind& bind : plan.binds) {
    if (!bind.read_only || !bind.target.starts_with(plan.project + "/")) continue;
    layers.binds.push_back({bind.source, bind.target.substr(plan.project.size() + 1)});
  }
  return layers;
}

}  // namespace

Result<CopiedRoom> CopiedRoom::make(const RoomPlan& plan) {
  PENSTOCK_CHECK(os::ensure_folder(plan.copies));
  for (int number = 1;; ++number) {
    std::string slot = plan.copies + "/" + std::to_string(number);
    PENSTOCK_TRY(std::optional<os::FileLock> lock, os::FileLock::try_take(slot + ".lock"));
    if (!lock) continue;
    CopiedRoom room(std::move(*lock), std::move(slot));
    PENSTOCK_CHECK(os::remove_tree(room.slot_));  // of one that was killed
    const size_t slash = plan.project.rfind('/');
    room.project_ = room.slot_ + "/" + plan.project.substr(slash + 1);
    PENSTOCK_CHECK(os::ensure_folder(room.project_));
    PENSTOCK_CHECK(workspace::copy_layers(layers_of(plan), room.project_));
    return room;
  }
}

CopiedRoom::~CopiedRoom() {
  if (lock_.fd() >= 0) (void)os::remove_tree(slot_).ok();
}

void sweep_copies(const std::string& folder) {
  Result<std::vector<os::FolderEntry>> entries = os::list_folder(folder);
  if (!entries.ok()) return;
  for (const os::FolderEntry& entry : *entries) {
    if (entry.type != os::FileType::folder) continue;
    const std::string slot = folder + "/" + entry.name;
    Result<std::optional<os::FileLock>> lock = os::FileLock::try_take(slot + ".lock");
    if (lock.ok() && *lock) (void)os::remove_tree(slot).ok();
  }
}

}  // namespace penstock::sandbox
