#pragma once

#include "net/http.h"
#include "net/url.h"

namespace penstock::net {

/// `exchange` by libcurl: TLS, redirects, proxies. Errors hold the bare reason.
Result<HttpResponse> exchange_by_curl(const HttpRequest& request);

}  // namespace penstock::net
