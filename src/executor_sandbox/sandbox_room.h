#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "executor_sandbox/oom_watch.h"
#include "executor_sandbox/room_plan.h"
#include "executor_sandbox/room_pool.h"
#include "executor_sandbox/upper_view.h"
#include "runner/executor.h"

namespace penstock::sandbox {

struct RoomParts {
  std::string shell;  ///< Path of bash, or of sh where there is none.
  std::vector<std::string> environment;
  std::vector<std::string> notices;
  std::shared_ptr<const void> lease;  ///< Of the layers.
  OomWatch* oom_watch = nullptr;
  RoomPool* pool = nullptr;   ///< Where the room goes when its job is over.
  uint64_t largest_kept = 0;  ///< Bytes that `keep` puts aside at most.
};

/// A room for one job: it talks to the room's first process.
class SandboxRoom final : public Room {
 public:
  SandboxRoom(RoomEnds ends, RoomParts parts) : ends_(std::move(ends)), parts_(std::move(parts)) {}
  ~SandboxRoom() override;

  [[nodiscard]] const std::string& project_folder() const override { return ends_.project; }
  [[nodiscard]] int project_fd() const override { return ends_.project_fd.get(); }
  [[nodiscard]] const std::string& temporary_folder() const override { return ends_.temporary; }
  [[nodiscard]] int temporary_fd() const override { return ends_.temporary_fd.get(); }
  [[nodiscard]] const std::vector<std::string>& base_environment() const override { return parts_.environment; }
  [[nodiscard]] const std::vector<std::string>& notices() const override { return parts_.notices; }
  Result<ShellEnd> run(const ShellRequest& request, const OutputFunction& output, const Cancel& cancel) override;
  [[nodiscard]] Usage usage() const override { return usage_; }
  bool is_untouched(const std::string& path) override;
  Result<> keep(const std::string& name) override;

 private:
  Result<> order(ShellOrder order, const std::string& script, int output);

  RoomEnds ends_;
  RoomParts parts_;
  Usage usage_;
  std::optional<UpperView> view_;  // since the last shell ended
  bool kept_ = false;
};

}  // namespace penstock::sandbox
