#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "includes/settings.h"
#include "net/http.h"

namespace penstock {

/// One request to an address that somebody else wrote, and over at most five redirects from there: to public addresses
/// only, but for the hosts that the user allows; an `Authorization` stays with the host that it was meant for. Plain
/// http only where it is allowed. `request.url` is where the answer comes from in the end.
Result<net::HttpResponse> exchange_guarded(const IncludeSettings& settings, net::HttpRequest& request,
                                           std::chrono::steady_clock::time_point deadline, bool plain_allowed);

/// Where a redirect from `url` to `location` leads: whole addresses, `//host/path`, `/path` and relative paths.
std::string redirected(std::string_view url, std::string_view location);

}  // namespace penstock
