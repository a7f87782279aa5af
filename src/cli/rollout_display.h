#pragma once

#include <functional>
#include <string>
#include <utility>

#include "cli/live_printer.h"
#include "cli/rollout_view.h"
#include "cli/world.h"
#include "coordinator/rollout_driver.h"

namespace penstock {

/// Shows a rollout on standard error while it is driven: in place on a terminal with its story above, as plain lines
/// elsewhere.
class RolloutDisplay final : public RolloutObserver {
 public:
  explicit RolloutDisplay(const World& world, std::string environment)
      : world_(world), environment_(std::move(environment)) {}
  ~RolloutDisplay() override { finish(); }

  void changed(const RolloutRecord& record, const RolloutView& view) override;
  void said(Instant at, const std::string& line) override;
  /// Draws what changes with time alone.
  void tick();
  void resized();
  void finish();
  /// Called once the new release is promoted and watched.
  void on_promoted(std::function<void()> call) { on_promoted_ = std::move(call); }

 private:
  void draw_frame();

  const World& world_;
  std::string environment_;
  LivePrinter printer_;
  RolloutPicture picture_;
  Instant began_at_;
  bool has_picture_ = false;
  std::function<void()> on_promoted_;
};

/// What there is to draw of a stored rollout.
RolloutPicture picture_of(const RolloutRecord& record, const RolloutView& view, const Strategy& strategy, Instant now);

}  // namespace penstock
