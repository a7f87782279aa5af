#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "rollout/deliverer.h"
#include "rollout/rollout.h"
#include "store/delivery_store.h"

namespace penstock {

class DriverLeases;
class FreezeCalendar;
class Waiter;
namespace os {
class Clock;
}

/// Watches a rollout that is driven, to show it. Called from the driver's thread, after what it is told is durable.
class RolloutObserver {
 public:
  virtual ~RolloutObserver() = default;
  virtual void changed(const RolloutRecord& record, const RolloutView& view) = 0;
  virtual void said(Instant at, const std::string& line) = 0;
};

/// How far a rollout was driven.
struct RolloutEnd {
  enum class How {
    ended,      ///< `summary` says on which release.
    held,       ///< Somebody else holds the environment (`holder`); nothing was touched.
    elsewhere,  ///< Another process drives it, and has been woken.
    left,       ///< `leave` was asked for: it stands as it is, unwatched, and can be resumed.
  };
  How how = How::ended;
  RolloutSummary summary;
  std::string holder;
};

struct RolloutDriverParts {
  RolloutStore& store;
  DriverLeases& leases;  ///< Of rollouts: a folder of their own.
  Waiter& waiter;
  const os::Clock& clock;
  RolloutObserver& observer;
  const FreezeCalendar* freezes = nullptr;  ///< Null: none hold.
  /// Called when a rollout is over and its deliverer has let the environment go, before that is durable: who dies in
  /// between is asked to resume, who dies later has nothing left to do. May be empty.
  std::function<void()> before_end = {};
};

/// Makes the hands for a rollout once this process is its driver. The deliverer takes the environment's lease.
using MakeDeliverer = std::function<Result<std::unique_ptr<Deliverer>>(const StoredRollout& rollout)>;

/// The loop around one Rollout, the sibling of the Coordinator: take what has happened, ask the machine, commit, and
/// only then act. In the calling thread. A rollout whose driver died goes on from what is durable, after a look at what
/// really stands at the target.
class RolloutDriver {
 public:
  explicit RolloutDriver(const RolloutDriverParts& parts);
  ~RolloutDriver();

  /// One that has ended is driven where the time has come to stop the old instances that it kept.
  /// `spec` is what it was created with. An Error: the store failed, or a rollout under way could not look at its
  /// target (it can be resumed).
  Result<RolloutEnd> drive(int64_t rollout, const RolloutSpec& spec, const MakeDeliverer& make_deliverer);

  /// The next two are for callbacks of the waiter and the observer: the same thread.
  void steer(rollout_event::Steered steered);
  void leave();

 private:
  RolloutDriverParts parts_;
  std::vector<rollout_event::Steered> steered_;
  bool leave_ = false;
};

/// What lists and waiters are told of it.
RolloutSummary summarize(const RolloutView& view, RolloutSummary before, Instant now);

}  // namespace penstock
