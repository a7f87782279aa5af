#include "target_hosts/proxy_view.h"

#include <cmath>
#include <optional>
#include <thread>

#include "target_hosts/proxy_statistics.h"
#include "target_hosts/runtime_socket.h"

namespace penstock {
namespace {

constexpr Duration kPatience = std::chrono::seconds(10);

}  // namespace

std::map<InstanceAddress, int> ask_shares(const Endpoint& socket, std::string_view backend, const ServerNames& names) {
  std::map<InstanceAddress, int> weights;
  int64_t total = 0;
  const Result<std::string> answer = ask_runtime(socket, "show stat", kPatience);
  if (!answer.ok()) return weights;
  for (const ServerStatistics& server : parse_statistics(*answer)) {
    if (server.backend != backend || !server.up || server.weight <= 0) continue;
    total += server.weight;
    const auto name = names.find(server.server);
    if (name != names.end()) weights[name->second] = server.weight;
  }
  for (auto& [at, weight] : weights) {
    weight = static_cast<int>(std::lround(10000.0 * weight / static_cast<double>(total)));
  }
  return weights;
}

Result<int> ask_open_requests(const Endpoint& socket, std::string_view backend, std::string_view server) {
  PENSTOCK_TRY(const std::string answer, ask_runtime(socket, "show stat", kPatience));
  int open = 0;
  for (const ServerStatistics& each : parse_statistics(answer)) {
    if (each.server == server && (backend.empty() || each.backend == backend)) open += each.open;
  }
  return open;
}

Result<> RequestWatch::follow(const Endpoint& socket, const ServerNames& names, const std::stop_token& stop,
                              const std::function<void(const ServedRequest&)>& on_request) {
  bool no_ring = false;
  while (!stop.stop_requested() && !no_ring) {
    std::stop_source enough;
    const std::stop_callback on_stop(stop, [&] { enough.request_stop(); });
    std::optional<std::stop_callback<std::function<void()>>> on_reload;
    {
      const std::lock_guard lock(mutex_);
      on_reload.emplace(until_reload_.get_token(), [&] { enough.request_stop(); });
    }
    Result<> followed =
        follow_runtime(socket, "show events requests -w -n", enough.get_token(), [&](std::string_view line) {
          no_ring = line.starts_with("No such event sink");
          if (auto request = parse_logged_request(line)) {
            const auto at = names.find(request->server);
            if (at != names.end()) on_request({request->at, at->second, request->status, request->microseconds});
          }
          return !no_ring;
        });
    if (!followed.ok() && !enough.stop_requested()) return followed.error();
    if (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(50));  // it restarts
  }
  if (!no_ring || stop.stop_requested()) return success();
  return Error{Fault::user, "it has no ring `requests`, which requests are counted by",
               "docs/environments.md has the lines for its configuration"};
}

void RequestWatch::reloaded() {
  const std::lock_guard lock(mutex_);
  until_reload_.request_stop();
  until_reload_ = {};
}

}  // namespace penstock
