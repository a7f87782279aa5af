#include "includes/guarded_exchange.h"

#include <algorithm>

#include "net/url.h"

namespace penstock {
namespace {

constexpr int kRedirects = 5;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Error plain_http() { return {Fault::user, "plain http can be changed on its way", "use https, or say `integrity`"}; }

}  // namespace

std::string redirected(std::string_view url, std::string_view location) {
  const size_t scheme = location.find("://");
  if (scheme != std::string_view::npos && scheme < location.find_first_of("/?#")) return std::string(location);
  const size_t authority = url.find("://");
  if (authority == std::string_view::npos) return std::string(location);
  if (location.starts_with("//")) return std::string(url.substr(0, authority + 1)) + std::string(location);
  const size_t path = std::min(url.find_first_of("/?#", authority + 3), url.size());
  if (location.starts_with('/')) return std::string(url.substr(0, path)) + std::string(location);
  const std::string_view whole = url.substr(0, std::min(url.find_first_of("?#", path), url.size()));
  const size_t last = whole.rfind('/');
  const std::string_view folder = last == std::string_view::npos || last < path ? whole : whole.substr(0, last);
  return std::string(folder) + "/" + std::string(location);
}

Result<net::HttpResponse> exchange_guarded(const IncludeSettings& settings, net::HttpRequest& request,
                                           std::chrono::steady_clock::time_point deadline, bool plain_allowed) {
  request.certificates = settings.certificates;
  for (int redirects = 0;; ++redirects) {
    PENSTOCK_TRY(const net::Url address, net::parse_url(request.url));
    if (address.scheme != "https" && !plain_allowed) return plain_http();
    const auto& hosts = settings.allowed_hosts;
    request.public_only = std::none_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
      return host == address.host || host == address.authority();
    });
    request.timeout = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now());
    if (request.timeout <= Duration::zero()) return Error{Fault::machine, "no answer in time", ""};
    Result<net::HttpResponse> response = net::exchange(request);
    if (!response.ok()) {
      Error error = response.error();
      if (request.public_only && error.message.find("public internet") != std::string::npos) {
        error.help = "if you trust that host: git config --global --add penstock.allowHost " + address.host;
      }
      return error;
    }
    if (!is_redirect(response->status)) return response;
    const std::string* location = response->header("location");
    if (location == nullptr || redirects == kRedirects) return Error{Fault::machine, "it redirects too often", ""};
    request.url = redirected(request.url, *location);
    PENSTOCK_TRY(const net::Url next, net::parse_url(request.url));
    if (next.scheme == address.scheme && next.authority() == address.authority()) continue;
    std::erase_if(request.headers, [](const auto& header) { return header.first == "Authorization"; });
  }
}

}  // namespace penstock
