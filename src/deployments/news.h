#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "coordinator/rollout_driver.h"
#include "delivery/notify.h"
#include "store/delivery_store.h"

namespace penstock {

/// Watches a rollout for the webhooks of its environment, and hands on to who watches it here. What an earlier driver
/// has told isn't told again.
class News final : public RolloutObserver {
 public:
  News(RolloutObserver& inner, const EnvironmentSpec& spec,
       std::function<Result<std::string>(const std::string&)> secret);
  /// Waits for what is being told, in bounded time, and says what could not be.
  ~News() override;

  /// What is known of the rollout so far: when it is loaded.
  void follow(const RolloutRecord& record);
  /// It waits for a person before it has begun.
  void waits(const RolloutRecord& record, const std::string& what_for, Instant now);

  void changed(const RolloutRecord& record, const RolloutView& view) override;
  void said(Instant at, const std::string& line) override;

 private:
  void tell(RolloutNews::What what, const RolloutRecord& record, const std::string& reason, Instant at);

  RolloutObserver& inner_;
  const EnvironmentSpec& spec_;
  std::unique_ptr<Notifier> notifier_;  ///< Null where nobody wants to know.
  RolloutSummary last_;
  std::string waited_for_;
  Instant last_at_;
};

}  // namespace penstock
