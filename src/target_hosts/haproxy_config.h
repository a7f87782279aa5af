#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "environments/environment_spec.h"
#include "rollout/instance.h"

namespace penstock {

/// One place where an instance may stand, as the proxy sees it.
struct ProxySlot {
  InstanceAddress instance;
  std::string address;  ///< Where the proxy reaches the instance's host.

  friend bool operator==(const ProxySlot&, const ProxySlot&) = default;
};

/// A proxy's whole configuration: what it listens on, all slots, and the split that is to hold when it starts.
struct ProxyConfig {
  HaproxySpec spec;
  std::string folder;  ///< Of its socket, on its host.
  std::vector<ProxySlot> slots;
  TrafficSplit split;
};

/// The name of a slot's server in each backend: `web-1:8101`.
std::string server_name(const InstanceAddress& instance);

/// HAProxy's weights, 0 to 256 a server, for shares of all traffic: the whole numbers whose proportions come nearest.
/// A share above zero gets at least 1.
std::vector<int> proxy_weights(const std::vector<TrafficSplit::Share>& shares);

/// The text for `haproxy -f`. Its second line names its structure: two configurations with the same such line differ
/// by nothing but weights and states, which the runtime API can set.
std::string render(const ProxyConfig& config);
/// What that line says of a text. A running proxy tells it as its description.
std::string structure_of(std::string_view text);
/// The split that a text was rendered for; nothing where it isn't ours.
struct RenderedSplit {
  TrafficSplit split;
  std::map<std::string, std::string> addresses;  ///< By host, where it isn't the proxy's own.
};
RenderedSplit split_of(std::string_view text);

/// Commands of the runtime API that bring a running proxy with this structure to the configuration's split. Those who
/// get traffic come first, so that there is always somebody.
std::vector<std::string> runtime_commands(const ProxyConfig& config);

/// Backends of a configuration of ours.
inline constexpr std::string_view kLiveBackend = "live";
inline constexpr std::string_view kIncomingBackend = "incoming";
inline constexpr std::string_view kPreviewBackend = "preview";

}  // namespace penstock
