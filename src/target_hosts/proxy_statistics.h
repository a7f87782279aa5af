#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace penstock {

/// What `show stat` says of one server in one backend.
struct ServerStatistics {
  std::string backend;
  std::string server;
  bool up = false;  ///< Not in maintenance or draining, not found down.
  int weight = 0;   ///< As set.
  int open = 0;     ///< Requests that it has open or that wait for it alone.
};

/// Reads HAProxy's statistics (CSV with a first line of names). Lines of frontends and sums are left out, what can't
/// be read is skipped.
std::vector<ServerStatistics> parse_statistics(std::string_view csv);

/// A line of our log format: seconds, server, status, and the request's times.
struct LoggedRequest {
  Instant at;
  std::string server;
  int status = 0;  ///< 0: no answer.
  int64_t microseconds = 0;
};
/// Nothing for what isn't such a line, for a request that reached no server, and for one whose client went away before
/// the answer's head came: that says nothing of the server.
std::optional<LoggedRequest> parse_logged_request(std::string_view line);

}  // namespace penstock
