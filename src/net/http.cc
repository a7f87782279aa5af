#include "net/http.h"

#include "net/curl_exchange.h"
#include "net/url.h"
#include "os/environment.h"

namespace penstock::net {
namespace {

bool has_proxy() {
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
    if (os::environment_variable(name).value_or("") != "") return true;
  }
  return false;
}

bool needs_curl(const HttpRequest& request, const Url& url) {
  return url.scheme == "https" || request.redirects > 0 || request.public_only ||
         (request.unix_socket.empty() && has_proxy());
}

}  // namespace

Result<HttpResponse> exchange(const HttpRequest& request) {
  PENSTOCK_TRY(const Url url, parse_url(request.url));
  Result<HttpResponse> response = needs_curl(request, url) ? exchange_by_curl(request) : exchange_directly(request);
  if (response.ok()) return response;
  Error error = response.error();
  error.message = request.method + " " + url.scheme + "://" + url.authority() + ": " + error.message;
  return error;
}

}  // namespace penstock::net
