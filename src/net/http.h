#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace penstock::net {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// One request, bounded in every direction.
struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< `http://` or `https://`. Never shown whole in an Error: a webhook's address is a secret.
  std::string unix_socket;  ///< Where not empty, connected to instead of the address's host and port.
  HttpHeaders headers;
  std::string body;
  size_t body_limit = size_t{1} << 20;         ///< Of the answer; a longer one is an error.
  bool cut_body = false;                       ///< Then it is cut at the limit instead.
  Duration timeout{std::chrono::seconds(10)};  ///< Of the whole exchange, name resolution included.
  int redirects = 0;                           ///< Followed at most, `http` and `https` alone.
  /// Refuses to connect to addresses that aren't public (loopback, private, link-local, …), whatever name led there:
  /// for addresses that somebody else wrote.
  bool public_only = false;
  std::string certificates;  ///< A file of those who are trusted for TLS; empty: the machine's.
  std::stop_token stop;      ///< Ends the exchange at once, with an error.
};

/// As the names of headers and of their parameters compare: without case.
bool same_word(std::string_view one, std::string_view other);

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;  ///< As sent; names compare without case.
  std::string body;

  /// The first of that name; nothing where there is none.
  [[nodiscard]] const std::string* header(std::string_view name) const;
};

/// One request to anywhere, any status is an answer. Plain HTTP goes over a socket of our own; TLS, redirects and
/// proxies ($http_proxy) are libcurl's, which is loaded when it is first needed (an Error says what to install where
/// it is missing). Errors name method and host. Safe from any thread.
Result<HttpResponse> exchange(const HttpRequest& request);

/// One request to where the address points and nowhere else: no proxy, no redirect, no TLS, no libcurl. What a probe
/// of an instance needs, on every machine and within a fraction of a millisecond. Errors hold the bare reason:
/// `connection refused`, `no answer within 2s`.
Result<HttpResponse> exchange_directly(const HttpRequest& request);

}  // namespace penstock::net
