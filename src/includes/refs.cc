#include "includes/refs.h"

#include <algorithm>
#include <charconv>

namespace penstock {
namespace {

constexpr std::string_view kTags = "refs/tags/";
constexpr std::string_view kLatest = "~latest";

/// Numbers with dots between, at most three; how many, or 0 where it is something else.
size_t read_numbers(std::string_view text, std::array<uint32_t, 3>& numbers) {
  size_t count = 0;
  while (count < numbers.size()) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, numbers[count]);
    if (error != std::errc() || stop == text.data()) return 0;
    ++count;
    text = {stop, static_cast<size_t>(end - stop)};
    if (text.empty()) return count;
    if (text.front() != '.') return 0;
    text.remove_prefix(1);
  }
  return 0;
}

}  // namespace

bool is_commit_id(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<Version> parse_version(std::string_view tag) {
  if (tag.starts_with('v')) tag.remove_prefix(1);
  Version version;
  version.text = tag;
  const size_t rest = tag.find_first_of("-+");
  if (read_numbers(tag.substr(0, rest), version.numbers) != version.numbers.size()) return std::nullopt;
  version.prerelease = rest != std::string_view::npos && tag[rest] == '-';
  return version;
}

RefList RefList::parse(std::string_view listing) {
  constexpr std::string_view kPeeled = "^{}";
  RefList list;
  while (!listing.empty()) {
    const size_t end = std::min(listing.find('\n'), listing.size());
    const std::string_view line = listing.substr(0, end);
    listing.remove_prefix(std::min(end + 1, listing.size()));
    const size_t blank = line.find_first_of(" \t");
    if (blank == std::string_view::npos || !is_commit_id(line.substr(0, blank))) continue;
    std::string_view name = line.substr(blank + 1);
    const bool peeled = name.ends_with(kPeeled);
    if (peeled) name.remove_suffix(kPeeled.size());
    if (peeled) {
      list.commits_.insert_or_assign(std::string(name), std::string(line.substr(0, blank)));
    } else {
      list.commits_.emplace(name, line.substr(0, blank));
    }
  }
  return list;
}

const std::string* RefList::find(const std::string& name) const {
  const auto found = commits_.find(name);
  return found == commits_.end() ? nullptr : &found->second;
}

std::optional<RefList::Picked> RefList::newest(std::string_view wanted) const {
  std::array<uint32_t, 3> numbers{};
  const size_t count = wanted == kLatest ? 0 : read_numbers(wanted, numbers);
  std::optional<Version> best;
  const std::string* commit = nullptr;
  for (auto at = commits_.lower_bound(kTags); at != commits_.end() && at->first.starts_with(kTags); ++at) {
    std::optional<Version> version = parse_version(std::string_view(at->first).substr(kTags.size()));
    if (!version || version->prerelease) continue;
    if (!std::equal(numbers.begin(), numbers.begin() + static_cast<ptrdiff_t>(count), version->numbers.begin()))
      continue;
    if (best && version->numbers <= best->numbers) continue;
    best = std::move(version);
    commit = &at->second;
  }
  return best ? std::optional(Picked{*commit, best->text}) : std::nullopt;
}

std::optional<RefList::Picked> RefList::pick(const std::string& ref, bool versions, std::string_view first) const {
  if (ref.empty()) {
    const std::string* head = find("HEAD");
    return head == nullptr ? std::nullopt : std::optional(Picked{*head, {}});
  }
  if (is_commit_id(ref)) return Picked{ref, {}};
  std::array<uint32_t, 3> numbers{};
  const size_t count = read_numbers(ref, numbers);
  if (versions && (ref == kLatest || count == 1 || count == 2)) {
    if (auto found = newest(ref); found || ref == kLatest) return found;
  }
  if (const std::string* tag = find(std::string(kTags) + ref)) {
    const std::optional<Version> version = parse_version(ref);
    return Picked{*tag, version ? version->text : ""};
  }
  for (std::string_view below : {first, std::string_view("refs/heads/"), std::string_view("refs/remotes/origin/")}) {
    if (const std::string* branch = find(std::string(below) + ref)) return Picked{*branch, {}};
  }
  return std::nullopt;
}

}  // namespace penstock
