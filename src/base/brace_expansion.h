#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// The alternatives of a pattern with `{a,b}` in it, nested ones too; `\` keeps a brace or comma from its meaning.
/// Empty for an opening brace that is never closed. Nothing where there would be more than 1,000, or more than 1 MB in
/// all.
std::optional<std::vector<std::string>> expand_braces(std::string_view pattern);

}  // namespace penstock
