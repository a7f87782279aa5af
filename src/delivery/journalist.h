#pragma once

#include <set>
#include <string>

#include "delivery/delivery.h"
#include "delivery/lease_keeper.h"
#include "rollout/command.h"

namespace penstock {

/// Carries out Record: appends to the environment's journal what isn't there yet from before a crash.
class Journalist {
 public:
  Journalist(const DeliveryParts& parts, const DeliveryOrder& order, LeaseKeeper& lease)
      : parts_(parts), order_(order), lease_(lease) {}

  Result<> record(const rollout_command::Record& record);
  /// Who has done something to the environment that this rollout doesn't know of (DeliveryOrder::begun); empty: nobody.
  /// For one that holds the lease.
  Result<std::string> others_since();

 private:
  Result<> look_back();
  [[nodiscard]] JournalEntry::What what_of(const rollout_command::Record& record) const;

  const DeliveryParts& parts_;
  const DeliveryOrder& order_;
  LeaseKeeper& lease_;
  bool looked_back_ = false;
  std::set<JournalEntry::What> written_;  ///< By this rollout.
  std::string other_;                     ///< As others_since.
};

}  // namespace penstock
