#include "includes/remote_files.h"

#include <algorithm>
#include <chrono>

#include "includes/guarded_exchange.h"
#include "net/url.h"
#include "os/files.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLimit = size_t{1} << 20;
constexpr Duration kTimeout = std::chrono::seconds(15);

}  // namespace

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
  net::HttpRequest request;
  request.url = url;
  request.body_limit = kLimit;
  PENSTOCK_TRY(net::HttpResponse response,
               exchange_guarded(settings_, request, std::chrono::steady_clock::now() + timeout, plain_allowed));
  if (response.status == 200) return std::move(response.body);
  PENSTOCK_TRY(const net::Url address, net::parse_url(request.url));
  return Error{Fault::machine, address.authority() + " answers " + std::to_string(response.status),
               response.status == 404 ? "look whether the address is right, and whether the file is public" : ""};
}

}  // namespace penstock
