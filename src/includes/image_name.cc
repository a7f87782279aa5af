#include "includes/image_name.h"

#include <algorithm>

#include "base/digest.h"

namespace penstock {
namespace {

constexpr size_t kLongest = 255;  // Of a path; the registries' own limit.
constexpr size_t kLongestTag = 128;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_letter_or_digit(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

bool is_host(std::string_view text) {
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == ':'; };
  return !text.empty() && is_letter_or_digit(text.front()) && text.back() != ':' &&
         std::all_of(text.begin(), text.end(), fits) && std::count(text.begin(), text.end(), ':') <= 1;
}

/// Lower case, with single separators inside: no `..`, no empty part.
bool is_path(std::string_view text) {
  if (text.empty() || text.size() > kLongest || !is_lower_or_digit(text.back())) return false;
  bool after_separator = true;  // nothing but a letter or digit may begin a part
  for (const char c : text) {
    if (is_lower_or_digit(c)) {
      after_separator = false;
    } else if (c == '_' || c == '-') {
      if (after_separator && text.front() == c) return false;
    } else if ((c != '/' && c != '.') || after_separator) {
      return false;
    } else {
      after_separator = true;
    }
  }
  return true;
}

bool is_tag(std::string_view text) {
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= kLongestTag && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

std::optional<ImageName> parse_image_name(std::string_view text) {
  constexpr std::string_view kSha256 = "sha256:";
  ImageName name;
  if (const size_t at = text.find('@'); at != std::string_view::npos) {
    const std::string_view digest = text.substr(at + 1);
    if (!digest.starts_with(kSha256) || !digest_from_hex(digest.substr(kSha256.size()))) return std::nullopt;
    name.sha256 = digest.substr(kSha256.size());
    text = text.substr(0, at);
  }
  const size_t slash = text.find('/');
  const std::string_view first = text.substr(0, slash);
  if (slash != std::string_view::npos &&
      (first.find_first_of(".:") != std::string_view::npos || first == "localhost")) {
    if (!is_host(first)) return std::nullopt;
    name.registry = first;
    text.remove_prefix(slash + 1);
  }
  if (const size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    name.tag = text.substr(colon + 1);
    if (!is_tag(name.tag)) return std::nullopt;
    text = text.substr(0, colon);
  }
  if (!is_path(text)) return std::nullopt;
  name.path = text;
  return name;
}

}  // namespace penstock
