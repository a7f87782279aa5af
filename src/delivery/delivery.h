#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "delivery/ledger.h"
#include "environments/environment_spec.h"
#include "os/environment.h"
#include "rollout/deliverer.h"
#include "rollout/journal.h"
#include "rollout/release.h"

namespace penstock {

class BlobStore;
class Target;

namespace os {
class Clock;
}

/// What a deliverer works with. All of it outlives the deliverer and is safe to call from many threads.
struct DeliveryParts {
  Target& target;
  Ledger& ledger;
  BlobStore& blobs;  ///< Keeps what each analysis judged.
  const os::Clock& clock;
};

/// What one rollout's deliverer is told once.
struct DeliveryOrder {
  EnvironmentSpec environment;
  std::vector<Release> releases;  ///< All that commands may name: the new one and the one that is live.
  std::string from;               ///< As told to the rollout: the release that is live; empty where there is none.
  std::string to;
  LeaseHolder holder;  ///< Who, what and token. With the token of a driver that died its lease is taken over at once.
  JournalEntry entry;  ///< What each line in the journal says beside `what`, `release`, `name` and `at`.
  bool rollback = false;  ///< Its promotion is written as `rolled_back`.
  bool returns =
      false;  ///< Its promotion is written as `taken_back`, of what was live until then: nobody asked for it.
  /// The journal's last line before this rollout's first: what it wrote before a crash is looked for behind that.
  int64_t journal_seen = 0;
  /// An earlier driver has begun it. Then another rollout that began since has taken the environment over; before it
  /// began, any line behind `journal_seen` may change what the gate said. Either is told as LeaseLost.
  bool begun = false;
  std::vector<std::string> keep_releases;        ///< Ids that Tidy leaves, beside those of `releases`.
  os::Environment variables;                     ///< Of hooks and metric commands; facts come as PENSTOCK_* on top.
  std::filesystem::path folder;                  ///< Where these run.
  Duration lease_for{std::chrono::seconds(30)};  ///< Renewed at a third of it.
};

/// The Deliverer for real targets: threads as they are needed, several calls of the target at a time, one at a time
/// an instance. `observe` takes the lease first; somebody else's is told as LeaseLost, and nothing was touched. Once
/// the lease is lost (taken by another, or not to be renewed before it ends) the target isn't called any more.
std::unique_ptr<Deliverer> make_deliverer(const DeliveryParts& parts, DeliveryOrder order);

}  // namespace penstock
