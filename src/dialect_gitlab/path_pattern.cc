#include "dialect_gitlab/path_pattern.h"

#include <re2/re2.h>

#include <algorithm>

namespace penstock::gitlab {
namespace {

constexpr size_t kLongest = 255;

/// Where the group that begins at 0 ends, behind its `)`; 0 where it doesn't.
size_t group_end(std::string_view text) {
  size_t open = 0;
  bool in_class = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (in_class) {
      in_class = text[i] != ']';
    } else if (text[i] == '[') {
      in_class = true;
    } else if (text[i] == '(') {
      ++open;
    } else if (text[i] == ')' && --open == 0) {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace

PathPattern::PathPattern(std::string_view text) {
  if (text.size() > kLongest) {
    problem_ = "it is longer than 255 characters";
    return;
  }
  std::string_view rest = text;
  const size_t anchor = rest.starts_with("\\A") ? 2 : rest.starts_with('^') ? 1 : 0;
  rest.remove_prefix(anchor);
  bool ahead = false;
  while (anchor > 0 && (rest.starts_with("(?!") || rest.starts_with("(?="))) {
    const size_t end = group_end(rest);
    if (end == 0) break;
    add("\\A(?:" + std::string(rest.substr(3, end - 4)) + ")", rest[2] == '=');
    rest.remove_prefix(end);
    ahead = true;
  }
  add(ahead ? "\\A(?:" + std::string(rest) + ")" : std::string(text), true);
}

void PathPattern::add(const std::string& pattern, bool wanted) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const re2::RE2>(pattern, options);
  if (!compiled->ok() && problem_.empty()) problem_ = "RE2 can't read it: " + compiled->error();
  parts_.push_back({std::move(compiled), wanted});
}

bool PathPattern::matches(const std::string& path) const {
  return problem_.empty() && std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) {
           return re2::RE2::PartialMatch(path, *part.pattern) == part.wanted;
         });
}

}  // namespace penstock::gitlab
