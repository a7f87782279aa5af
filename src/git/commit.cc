#include "git/commit.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace penstock::git {
namespace {

/// `Name <email> 1700000000 +0100`; whatever is damaged stays at its default.
Signature parse_signature(std::string_view line) {
  Signature signature;
  const size_t open = line.find('<');
  const size_t close = line.rfind('>');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    signature.name = line;
    return signature;
  }
  signature.name = line.substr(0, open);
  while (!signature.name.empty() && signature.name.back() == ' ') signature.name.pop_back();
  signature.email = line.substr(open + 1, close - open - 1);
  std::string_view rest = line.substr(close + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  int64_t seconds = 0;
  auto [after, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), seconds);
  constexpr int64_t kLimit = int64_t{1} << 42;
  if (problem != std::errc() || seconds > kLimit || seconds < -kLimit) return signature;
  signature.time = Instant(std::chrono::seconds(seconds));
  rest.remove_prefix(static_cast<size_t>(after - rest.data()));
  int zone = 0;
  if (rest.size() == 6 && rest[0] == ' ' && (rest[1] == '+' || rest[1] == '-') &&
      std::from_chars(rest.data() + 2, rest.data() + 6, zone).ptr == rest.data() + 6) {
    signature.zone_minutes = (zone / 100 * 60 + zone % 100) * (rest[1] == '-' ? -1 : 1);
  }
  return signature;
}

}  // namespace

std::string_view Commit::title() const {
  const std::string_view text = message;
  return text.substr(0, text.find('\n'));
}

std::string_view Commit::description() const {
  const std::string_view text = message;
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  const size_t start = text.find_first_not_of('\n', end);
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

Result<Commit> parse_commit(std::string_view id, std::string_view text) {
  Commit commit;
  commit.id = id;
  while (!text.empty() && text.front() != '\n') {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const size_t space = line.find(' ');
    const std::string_view key = line.substr(0, space);
    const std::string_view value = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
    if (key == "tree") commit.tree = value;
    if (key == "parent") commit.parents.emplace_back(value);
    if (key == "author") commit.author = parse_signature(value);
    if (key == "committer") commit.committer = parse_signature(value);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!text.empty()) text.remove_prefix(1);
  commit.message = text;
  if (commit.tree.empty())
    return Error{Fault::machine, "commit " + commit.id + " is damaged: it has no tree", "run `git fsck`"};
  return commit;
}

std::string to_iso8601(const Signature& signature) {
  const Instant local = signature.time + std::chrono::minutes(signature.zone_minutes);
  std::string text = penstock::to_iso8601(local);
  if (!text.empty() && text.back() == 'Z') text.pop_back();
  const int zone = std::abs(signature.zone_minutes);
  char offset[16];
  std::snprintf(offset, sizeof offset, "%c%02d:%02d", signature.zone_minutes < 0 ? '-' : '+', zone / 60 % 100,
                zone % 60);
  return text + offset;
}

}  // namespace penstock::git
