#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// Edit distance in which a swap of neighbours counts as one (restricted Damerau-Levenshtein), ignoring ASCII case.
/// Stops at `limit` and returns `limit + 1` for anything farther.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit);

/// The candidate nearest to `word` when it is near enough to be a typo of it (about a third of its length), else
/// nothing. Of equally near ones the first of its length wins, else the first.
std::optional<std::string> did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);
/// The same for Diagnostic::instead: empty for nothing.
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace penstock
