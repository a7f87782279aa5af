#include <cstddef>
#include <cstdint>
#include <string_view>

#include "target_hosts/haproxy_config.h"
#include "target_hosts/proxy_statistics.h"
#include "target_hosts/server_state.h"
#include "target_hosts/xml_rpc.h"

/// What a host's programs answer: supervisor's XML-RPC, HAProxy's statistics, log, states and configuration.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)penstock::parse_xml_rpc(text);
  (void)penstock::parse_statistics(text);
  (void)penstock::parse_logged_request(text);
  (void)penstock::split_of(text);
  (void)penstock::structure_of(text);
  for (const penstock::ServerState& server : penstock::parse_server_states(text)) {
    (void)penstock::with_weights(text, {{server.name, server.port & 1}});
  }
  return 0;
}
