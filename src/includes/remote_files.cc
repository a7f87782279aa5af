#include "includes/remote_files.h"

#include <algorithm>
#include <chrono>

#include "net/http.h"
#include "net/url.h"
#include "os/files.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLimit = size_t{1} << 20;
constexpr Duration kTimeout = std::chrono::seconds(15);
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

std::optional<std::string> RemoteFiles::kept(const Digest& digest) const {
  const auto text = os::read_file_if_exists(folder_ / "content" / to_hex(digest), kLimit);
  if (!text.ok() || !*text || sha256(**text) != digest) return std::nullopt;
  return *text;
}

fs::path RemoteFiles::address_file(const std::string& url) const { return folder_ / "addresses" / to_hex(sha256(url)); }

/// What can't be kept is fetched again the next time.
void RemoteFiles::keep(const std::string& url, const std::string& text) {
  const std::string name = to_hex(sha256(text));
  if (!os::ensure_folder(folder_ / "content", 0700).ok() || !os::ensure_folder(folder_ / "addresses", 0700).ok())
    return;
  if (!os::write_atomically(folder_ / "content" / name, text).ok()) return;
  (void)os::write_atomically(address_file(url), name);
}

Result<std::string> RemoteFiles::get(const std::string& url, const std::optional<Digest>& digest) {
  if (digest) {
    if (std::optional<std::string> text = kept(*digest)) return std::move(*text);
  }
  if (settings_.offline) {
    const auto name = os::read_file_if_exists(address_file(url), kLimit);
    const auto last = name.ok() && *name ? digest_from_hex(**name) : std::nullopt;
    std::optional<std::string> text = last ? kept(*last) : std::nullopt;
    if (text) return std::move(*text);
    return Error{Fault::user, "it isn't in the cache, and nothing is fetched (--offline)", ""};
  }
  const auto began = std::chrono::steady_clock::now();
  Result<std::string> text = fetch(url, digest.has_value(), std::min(kTimeout, left_));
  left_ -= std::min(left_, std::chrono::ceil<Duration>(std::chrono::steady_clock::now() - began));
  if (text.ok()) keep(url, *text);
  return text;
}

Result<std::string> RemoteFiles::fetch(const std::string& url, bool plain_allowed, Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  net::HttpRequest request;
  request.url = url;
  request.body_limit = kLimit;
  request.certificates = settings_.certificates;
  for (int redirects = 0;; ++redirects) {
    PENSTOCK_TRY(const net::Url address, net::parse_url(request.url));
    if (address.scheme != "https" && !plain_allowed) return plain_http();
    const auto& hosts = settings_.allowed_hosts;
    const bool allowed = std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
      return host == address.host || host == address.authority();
    });
    request.public_only = !allowed;
    request.timeout = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now());
    if (request.timeout <= Duration::zero()) return Error{Fault::machine, "no answer within " + to_words(timeout), ""};
    Result<net::HttpResponse> response = net::exchange(request);
    if (!response.ok()) {
      Error error = response.error();
      if (request.public_only && error.message.find("public internet") != std::string::npos) {
        error.help = "if you trust that host: git config --global --add penstock.allowHost " + address.host;
      }
      return error;
    }
    if (is_redirect(response->status)) {
      const std::string* location = response->header("location");
      if (location == nullptr || redirects == kRedirects) return Error{Fault::machine, "it redirects too often", ""};
      request.url = redirected(request.url, *location);
      continue;
    }
    if (response->status != 200) {
      return Error{Fault::machine, address.authority() + " answers " + std::to_string(response->status),
                   response->status == 404 ? "look whether the address is right, and whether the file is public" : ""};
    }
    return std::move(response->body);
  }
}

}  // namespace penstock
