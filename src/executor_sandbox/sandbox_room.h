#pragma once

#include <memory>
#include <string>
#include <vector>

#include "executor_sandbox/oom_watch.h"
#include "executor_sandbox/room_plan.h"
#include "os/unique_fd.h"
#include "runner/executor.h"

namespace penstock::sandbox {

/// `ci`'s end of a room: it talks to the room's first process.
struct RoomParts {
  os::UniqueFd socket;
  os::UniqueFd project_fd;
  os::UniqueFd temporary_fd;
  std::string project;
  std::string temporary;
  std::string shell;  ///< Path of bash, or of sh where there is none.
  std::vector<std::string> environment;
  std::vector<std::string> notices;
  std::shared_ptr<const void> lease;  ///< Of the layers.
  OomWatch* oom_watch = nullptr;
  bool waits_for_end = false;  ///< The room's folder must be free before the next one is opened.
};

class SandboxRoom final : public Room {
 public:
  explicit SandboxRoom(RoomParts parts) : parts_(std::move(parts)) {}
  ~SandboxRoom() override;

  [[nodiscard]] const std::string& project_folder() const override { return parts_.project; }
  [[nodiscard]] int project_fd() const override { return parts_.project_fd.get(); }
  [[nodiscard]] const std::string& temporary_folder() const override { return parts_.temporary; }
  [[nodiscard]] int temporary_fd() const override { return parts_.temporary_fd.get(); }
  [[nodiscard]] const std::vector<std::string>& base_environment() const override { return parts_.environment; }
  [[nodiscard]] const std::vector<std::string>& notices() const override { return parts_.notices; }
  Result<ShellEnd> run(const ShellRequest& request, const OutputFunction& output, const Cancel& cancel) override;
  [[nodiscard]] Usage usage() const override { return usage_; }

 private:
  Result<> order(ShellOrder order, const std::string& script, int output);

  RoomParts parts_;
  Usage usage_;
};

}  // namespace penstock::sandbox
