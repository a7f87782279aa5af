#include "base/brace_expansion.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace penstock {
namespace {

constexpr size_t kMostAlternatives = 1000;
constexpr size_t kMostBytes = 1 << 20;
constexpr size_t kNone = std::string_view::npos;

struct Braces {
  size_t open = kNone;
  size_t close = kNone;
};

/// The first pair of braces at the outermost level.
Braces find_braces(std::string_view text) {
  Braces braces;
  size_t nesting = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '{' && nesting++ == 0) {
      braces.open = at;
    } else if (text[at] == '}' && nesting > 0 && --nesting == 0) {
      braces.close = at;
      break;
    }
  }
  return braces;
}

/// What stands between the commas of the outermost level.
std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t nesting = 0;
  size_t start = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '{') {
      ++nesting;
    } else if (text[at] == '}' && nesting > 0) {
      --nesting;
    } else if (text[at] == ',' && nesting == 0) {
      parts.push_back(text.substr(start, at - start));
      start = at + 1;
    }
  }
  parts.push_back(text.substr(start));
  return parts;
}

}  // namespace

std::optional<std::vector<std::string>> expand_braces(std::string_view pattern) {
  std::vector<std::string> expanded;
  std::vector<std::string> waiting = {std::string(pattern)};
  size_t bytes = pattern.size();
  while (!waiting.empty()) {
    const std::string text = std::move(waiting.back());
    waiting.pop_back();
    const Braces braces = find_braces(text);
    if (braces.open == kNone) {
      expanded.push_back(text);
      continue;
    }
    if (braces.close == kNone) continue;
    const std::string_view view = text;
    const auto parts = split_at_commas(view.substr(braces.open + 1, braces.close - braces.open - 1));
    // The last one first, so that they come off the stack in the order in which they are written.
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      std::string one(view.substr(0, braces.open));
      one.append(*part).append(view.substr(braces.close + 1));
      bytes += one.size();
      waiting.push_back(std::move(one));
      if (waiting.size() + expanded.size() > kMostAlternatives || bytes > kMostBytes) return std::nullopt;
    }
  }
  return expanded;
}

}  // namespace penstock
