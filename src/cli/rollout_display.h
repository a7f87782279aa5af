#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/live_printer.h"
#include "cli/quiet_watch.h"
#include "cli/rollout_view.h"
#include "cli/world.h"
#include "coordinator/rollout_driver.h"

namespace penstock {

/// Shows a rollout on standard error while it is driven: in place on a terminal with its story above, as plain lines
/// elsewhere. Of several services: each that is under way.
class RolloutDisplay final : public RolloutObserver {
 public:
  /// `services`: how many are rolled out.
  RolloutDisplay(const World& world, std::string environment, size_t services = 1)
      : world_(world), environment_(std::move(environment)), services_(services), quiet_(environment_) {}
  ~RolloutDisplay() override { finish(); }

  void changed(const RolloutRecord& record, const RolloutView& view) override;
  void said(Instant at, const std::string& line) override;
  /// Draws what changes with time alone, and with the terminal's size; elsewhere tells what it waits for.
  void tick();
  void finish();
  /// Called once the new release is promoted and watched; of several services, when the last one is.
  void on_promoted(std::function<void()> call) { on_promoted_ = std::move(call); }

 private:
  void draw_frame();

  const World& world_;
  std::string environment_;
  const size_t services_;
  QuietWatch quiet_;
  LivePrinter printer_;
  std::vector<RolloutPicture> pictures_;  ///< By environment.
  std::set<std::string> promoted_;
  std::function<void()> on_promoted_;
};

/// What there is to draw of a stored rollout, but for its strategy.
RolloutPicture picture_of(const RolloutRecord& record, const RolloutView& view, Instant now);

}  // namespace penstock
