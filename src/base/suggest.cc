#include "base/suggest.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {
namespace {

/// Words longer than this are no typos of each other that a person would see at once; the bound keeps hostile names
/// cheap.
constexpr size_t kLongestWord = 128;

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  const size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > limit) return limit + 1;
  // Three rows of the usual table: a swap looks two rows back.
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    size_t nearest = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const char from = lower(a[i - 1]);
      const char to = lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (from == to ? 0 : 1)});
      if (i > 1 && j > 1 && from == lower(b[j - 2]) && lower(a[i - 2]) == to)
        row[j] = std::min(row[j], before[j - 2] + 1);
      nearest = std::min(nearest, row[j]);
    }
    if (nearest > limit + 1) return limit + 1;
    std::swap(before, above);
    std::swap(above, row);
  }
  return std::min(above[b.size()], limit + 1);
}

std::optional<std::string> did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.empty() || word.size() > kLongestWord) return std::nullopt;
  size_t limit = std::max<size_t>(1, (word.size() + 1) / 3);
  std::optional<std::string_view> best;
  for (const std::string_view candidate : candidates) {
    const size_t distance = edit_distance(word, candidate, limit);
    // Half of a word changed is another word: `a` is no typo of `b`.
    if (distance > limit || distance * 2 > std::max(word.size(), candidate.size())) continue;
    // Of equally near ones that with two letters swapped, or another one, before one that is longer or shorter.
    const bool fits = candidate.size() == word.size() && best && best->size() != word.size();
    if (best && distance == limit && !fits) continue;
    best = candidate;
    limit = distance;
    if (distance == 0) break;
  }
  return best ? std::optional<std::string>(*best) : std::nullopt;
}

std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  return did_you_mean(word, candidates).value_or("");
}

}  // namespace penstock
