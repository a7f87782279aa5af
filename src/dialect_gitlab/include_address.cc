#include "dialect_gitlab/include_address.h"

#include <algorithm>
#include <cctype>

#include "base/base64.h"

namespace penstock::gitlab {
namespace {

constexpr std::string_view kSha256 = "sha256-";
constexpr size_t kDigestText = 43;  // 32 bytes, and one `=` after it.
constexpr size_t kLongest = 1024;

bool is_part(std::string_view part) {
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_-.+").find(c) != std::string_view::npos;
  };
  return !part.empty() && part.front() != '-' && part.find_first_not_of('.') != std::string_view::npos &&
         std::all_of(part.begin(), part.end(), fits);
}

bool is_host(std::string_view text) {
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == ':';
  });
}

}  // namespace

bool is_project_path(std::string_view text) {
  if (text.size() > kLongest) return false;
  size_t parts = 0;
  for (size_t at = 0; at <= text.size(); ++parts) {
    const size_t end = std::min(text.find('/', at), text.size());
    if (!is_part(text.substr(at, end - at))) return false;
    at = end + 1;
  }
  return parts >= 2;
}

std::optional<ComponentAddress> parse_component_address(std::string_view text) {
  const size_t at = text.find('@');
  const size_t host_end = text.find('/');
  if (at == std::string_view::npos || host_end >= at) return std::nullopt;
  const size_t name_start = text.rfind('/', at);
  if (name_start == host_end) return std::nullopt;
  ComponentAddress address;
  address.host = text.substr(0, host_end);
  address.project = text.substr(host_end + 1, name_start - host_end - 1);
  address.name = text.substr(name_start + 1, at - name_start - 1);
  address.reference = text.substr(at + 1);
  const bool whole = is_host(address.host) && is_project_path(address.project) && is_part(address.name) &&
                     !address.reference.empty() && address.reference.size() <= kLongest;
  return whole ? std::optional(std::move(address)) : std::nullopt;
}

std::optional<Digest> parse_integrity(std::string_view text) {
  if (!text.starts_with(kSha256)) return std::nullopt;
  text.remove_prefix(kSha256.size());
  if (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() != kDigestText) return std::nullopt;
  Digest digest;
  unsigned bits = 0;
  unsigned held = 0;
  size_t filled = 0;
  for (const char c : text) {
    const size_t value = kBase64.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<unsigned>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    digest.bytes[filled++] = static_cast<uint8_t>(bits >> held);
    bits &= (1U << held) - 1;
  }
  return bits == 0 ? std::optional(digest) : std::nullopt;
}

std::string to_integrity(const Digest& digest) {
  return std::string(kSha256) + to_base64({reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
}

}  // namespace penstock::gitlab
