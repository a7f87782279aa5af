#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "coordinator/poll_waiter.h"
#include "deployments/call_queue.h"
#include "deployments/deployments.h"
#include "os/unique_fd.h"

namespace penstock {

/// The rollout of one service of several, driven in a thread of its own, side by side with the others'. Whatever it
/// tells, and all that it asks of the functions among the parts, is carried out by the owner's thread, so that neither
/// observers nor those functions need to be safe for threads, and who watches may steer before the next step.
class Deployments::ServiceDrive final : public RolloutObserver {
 public:
  struct Options {
    std::string service;
    int64_t rollout = 0;
    bool stay = false;
    std::vector<rollout_event::Steered> wishes;  ///< It begins with these.
  };
  /// Begins at once. Queue and observer outlive it.
  ServiceDrive(const DeploymentParts& parts, CallQueue& owner, RolloutObserver& observer, Options options);
  /// It must have ended.
  ~ServiceDrive() override { thread_.join(); }
  ServiceDrive(const ServiceDrive&) = delete;
  ServiceDrive& operator=(const ServiceDrive&) = delete;

  // All of these are for the owner's thread.
  [[nodiscard]] int64_t rollout() const { return options_.rollout; }
  /// Nothing: it is still driven.
  [[nodiscard]] const std::optional<Result<DeploymentEnd>>& end() const { return end_; }
  [[nodiscard]] bool is_paused() const { return phase_ == RolloutPhase::paused; }
  void steer(rollout_event::Steered steered);
  /// The same once only.
  void abort(const rollout_event::Steered& steered);
  void leave();

 private:
  static DeploymentParts parts_for(const DeploymentParts& parts, CallQueue& owner, int64_t rollout);
  void changed(const RolloutRecord& record, const RolloutView& view) override;
  void said(Instant at, const std::string& line) override;
  void drive();
  void take_mail();

  CallQueue& owner_;
  RolloutObserver& observer_;
  Options options_;
  Deployments deployments_;
  PollWaiter waiter_;

  std::mutex mutex_;  ///< Of the two below.
  std::vector<rollout_event::Steered> wishes_;
  bool leave_ = false;
  os::UniqueFd mail_;  ///< Readable where they have changed.

  RolloutPhase phase_ = RolloutPhase::created;  ///< The rest is the owner's.
  bool aborted_ = false;
  std::optional<Result<DeploymentEnd>> end_;
  std::thread thread_;
};

}  // namespace penstock
