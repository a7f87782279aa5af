#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// A server of one backend, as HAProxy's `show servers state BACKEND` tells it.
struct ServerState {
  std::string name;
  std::string address;
  int port = 0;

  friend bool operator==(const ServerState&, const ServerState&) = default;
};

/// What can't be read is skipped.
std::vector<ServerState> parse_server_states(std::string_view text);

/// The same text with other weights: what HAProxy is to load when it starts again. `weights`: by server, 0 for
/// maintenance; the others stay as they are.
std::string with_weights(std::string_view text, const std::map<std::string, int>& weights);

}  // namespace penstock
