#include "base/environment_names.h"

#include <cctype>
#include <cstdint>

#include "base/digest.h"

namespace penstock {
namespace {

constexpr size_t kSlugLength = 24;
constexpr size_t kSlugBeforeSuffix = 17;
constexpr size_t kNameSlugLength = 63;

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = lower(c);
  return lowered;
}

/// The last six base-36 digits of the name's SHA-256 read as one number.
std::string digest_suffix(std::string_view name) {
  constexpr uint64_t kSixDigits = 36ULL * 36 * 36 * 36 * 36 * 36;
  uint64_t rest = 0;
  for (uint8_t byte : sha256(name).bytes) rest = (rest * 256 + byte) % kSixDigits;
  std::string digits(6, '0');
  for (size_t i = digits.size(); i-- > 0; rest /= 36) digits[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % 36];
  return digits;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
  for (std::string_view word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string environment_slug(std::string_view name) {
  std::string slugged;
  for (char c : lower(name)) {
    char kept = is_plain(c) ? c : '-';
    if (kept == '-' && !slugged.empty() && slugged.back() == '-') continue;
    slugged += kept;
  }
  if (slugged.empty() || !(slugged[0] >= 'a' && slugged[0] <= 'z')) slugged = "env-" + slugged;
  if (slugged.size() > kSlugLength) slugged.resize(kSlugLength);
  if (slugged.back() == '-') slugged.pop_back();
  if (slugged == name) return slugged;
  if (slugged.size() > kSlugBeforeSuffix) slugged.resize(kSlugBeforeSuffix);
  if (slugged.back() != '-') slugged += '-';
  return slugged + digest_suffix(name);
}

std::string environment_tier(std::string_view name) {
  std::string text = lower(name);
  if (contains_any(text, {"dev", "review", "trunk"})) return "development";
  if (contains_any(text, {"test", "tst", "int", "accept", "acpt", "qa", "qc", "control", "quality"})) return "testing";
  if (contains_any(text, {"stg", "stag", "model", "modl", "pre", "demo", "non"})) return "staging";
  if (contains_any(text, {"prod", "prd", "live"})) return "production";
  return "other";
}

std::string name_slug(std::string_view name) {
  std::string slugged(name.substr(0, kNameSlugLength));
  for (char& c : slugged) {
    c = lower(c);
    if (!is_plain(c)) c = '-';
  }
  size_t first = slugged.find_first_not_of('-');
  if (first == std::string::npos) return "";
  slugged.resize(slugged.find_last_not_of('-') + 1);
  slugged.erase(0, first);
  return slugged;
}

bool is_environment_name(std::string_view name) { return name.size() <= 255 && is_resource_group_name(name); }

bool is_resource_group_name(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.back() == '/') return false;
  for (char c : name) {
    bool allowed =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-_/${}. ").find(c) != std::string_view::npos;
    if (!allowed) return false;
  }
  return true;
}

bool matches_environment(std::string_view pattern, std::string_view name) {
  // After a `*` the nearest place where the rest fits is tried first, and on a mismatch the next one.
  size_t at = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  for (size_t i = 0; i < name.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = i;
    } else if (at < pattern.size() && pattern[at] == name[i]) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace penstock
