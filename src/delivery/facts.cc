#include "delivery/facts.h"

#include <algorithm>

namespace penstock {

const Release* release_of(const DeliveryOrder& order, const std::string& id) {
  const auto place = std::find_if(order.releases.begin(), order.releases.end(),
                                  [&](const Release& release) { return release.id == id; });
  return place == order.releases.end() ? nullptr : &*place;
}

os::Environment rollout_facts(const DeliveryOrder& order) {
  os::Environment facts = order.variables;
  facts["PENSTOCK_ENVIRONMENT"] = order.environment.name;
  facts["PENSTOCK_URL"] = order.environment.url;
  facts["PENSTOCK_ROLLOUT"] = order.entry.rollout;
  facts["PENSTOCK_RELEASE"] = order.to;
  facts["PENSTOCK_PREVIOUS_RELEASE"] = order.from;
  if (const Release* release = release_of(order, order.to)) {
    facts["PENSTOCK_RELEASE_NAME"] = release->name;
    facts["PENSTOCK_VERSION"] = release->version;
    facts["PENSTOCK_COMMIT"] = release->commit;
  }
  const Release* previous = release_of(order, order.from);
  facts["PENSTOCK_PREVIOUS_RELEASE_NAME"] = previous == nullptr ? "" : previous->name;
  return facts;
}

}  // namespace penstock
