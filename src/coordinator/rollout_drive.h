#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/rollout_driver.h"

namespace penstock {

class DriverLease;

/// One rollout, driven under its lease until it has ended or is left.
class RolloutDrive {
 public:
  /// The deliverer goes with the rollout's end.
  RolloutDrive(const RolloutDriverParts& parts, StoredRollout stored, DriverLease& lease,
               std::unique_ptr<Deliverer>& deliverer, std::vector<rollout_event::Steered>& steered, const bool& leave);
  ~RolloutDrive();

  Result<RolloutEnd> run(const RolloutSpec& spec);

 private:
  /// What one turn of the loop has gathered, to be made durable together.
  struct Step {
    Instant at;
    std::vector<RolloutCommand> commands;
    std::vector<std::string> lines;
    std::vector<int64_t> inbox_taken;
    bool observed = false;  ///< A look at the target is among it: what is outstanding is carried out (again).
    bool changed = false;   ///< Something that must survive a crash.
  };

  Result<> load(const RolloutSpec& spec);
  Result<std::optional<RolloutEnd>> begin();
  Result<Step> gather();
  void apply(Step& step, RolloutEvent event);
  [[nodiscard]] std::string with_names(std::string text) const;
  void apply_freezes(Step& step);
  Result<> apply_inbox(Step& step);
  Result<> commit(const Step& step);
  Result<std::optional<RolloutEnd>> settle(const Step& step);
  void let_go();
  void act(const Step& step);
  void sleep();
  [[nodiscard]] std::optional<Instant> kept_until(Instant now) const;
  Result<RolloutEnd> end_before_it_began(std::string reason);

  const RolloutDriverParts& parts_;
  StoredRollout stored_;
  DriverLease& lease_;
  std::unique_ptr<Deliverer>& deliverer_;
  std::vector<rollout_event::Steered>& steered_;
  const bool& leave_;
  std::optional<Rollout> rollout_;
  std::vector<std::string> unwritten_;  ///< Events that changed nothing worth a transaction: written with the next.
  std::vector<std::string> analyses_;
  std::optional<bool> frozen_;  ///< As the machine was told; nothing: by an earlier driver.
  bool look_into_inbox_ = true;
  const bool retires_;         ///< It has ended, and old instances that it kept are to be stopped.
  bool lost_retired_ = false;  ///< Meanwhile somebody else has got the environment.
};

}  // namespace penstock
