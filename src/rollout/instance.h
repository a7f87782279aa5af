#pragma once

#include <string>
#include <vector>

namespace penstock {

/// One running copy of an application: it listens on this port of this host. Host and port name it.
struct InstanceAddress {
  std::string host;  ///< As the environment names it; `local` is this machine.
  int port = 0;

  friend auto operator<=>(const InstanceAddress&, const InstanceAddress&) = default;
};

/// What an instance is there for.
enum class InstanceGroup {
  stable,    ///< Runs the release that is live (after promotion: the new one).
  incoming,  ///< Runs the release that is being rolled out: the canary, the new colour, the next batch.
  baseline,  ///< A fresh copy of the old release, started beside a canary for a fair comparison.
};

struct Instance {
  InstanceAddress address;
  std::string release;  ///< Release::id.
  InstanceGroup group = InstanceGroup::stable;

  friend bool operator==(const Instance&, const Instance&) = default;
};

/// How traffic is to be split, whole: instances that aren't named get none. Setting the same split twice is harmless.
struct TrafficSplit {
  struct Share {
    InstanceAddress address;
    int weight = 0;  ///< In ten-thousandths of all traffic (2500 = 25 %); the shares add up to 10,000 or to nothing.

    friend bool operator==(const Share&, const Share&) = default;
  };
  /// Requests with this header and value go to `by_header`, whatever the shares say; empty: none.
  struct HeaderRoute {
    std::string name;
    std::string value;

    friend bool operator==(const HeaderRoute&, const HeaderRoute&) = default;
  };
  std::vector<Share> shares;
  HeaderRoute header;
  /// Blue-green's look before the switch: these get what comes in at the preview address.
  std::vector<InstanceAddress> preview;
  /// Those of the incoming group that can take requests.
  std::vector<InstanceAddress> by_header = {};

  friend bool operator==(const TrafficSplit&, const TrafficSplit&) = default;
};

}  // namespace penstock
