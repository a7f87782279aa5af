#include "net/url.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace penstock::net {
namespace {

int usual_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

Error bad(std::string why) { return {Fault::user, std::move(why), "write it like http://host:8080/path"}; }

/// Splits `host:port` or `[v6]:port`; an empty port is the scheme's own.
Result<std::pair<std::string_view, std::string_view>> split_authority(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[') {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad("the address's `[` has no `]`");
    std::string_view rest = authority.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return bad("something stands between the address's `]` and its port");
    return std::pair(authority.substr(1, end - 1), rest.empty() ? rest : rest.substr(1));
  }
  const size_t colon = authority.find(':');
  if (colon == std::string_view::npos) return std::pair(authority, std::string_view());
  return std::pair(authority.substr(0, colon), authority.substr(colon + 1));
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != usual_port(scheme)) text += ":" + std::to_string(port);
  return text;
}

Result<Url> parse_url(std::string_view text) {
  const bool dirty = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
  if (dirty) return bad("the address holds a space or a control character");
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return bad("the address has no http:// or https:// in front");
  Url url;
  url.scheme = text.substr(0, scheme_end);
  std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (url.scheme != "http" && url.scheme != "https") return bad("the address is neither http:// nor https://");
  text.remove_prefix(scheme_end + 3);
  text = text.substr(0, text.find('#'));
  const size_t path = text.find_first_of("/?");
  const std::string_view authority = text.substr(0, path);
  if (authority.find('@') != std::string_view::npos) {
    return Error{Fault::user, "the address holds a user name", "send an Authorization header instead"};
  }
  PENSTOCK_TRY(const auto parts, split_authority(authority));
  url.host = parts.first;
  if (url.host.empty()) return bad("the address has no host");
  url.port = usual_port(url.scheme);
  if (const std::string_view port = parts.second; !port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size() || url.port < 1 || url.port > 65535) {
      return bad("the address's port isn't a number from 1 to 65535");
    }
  }
  url.target = path == std::string_view::npos ? "" : text.substr(path);
  if (url.target.empty() || url.target.front() != '/') url.target.insert(0, "/");
  return url;
}

}  // namespace penstock::net
