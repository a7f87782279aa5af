#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock {

/// No shorter text is ever masked by itself.
constexpr size_t kShortestMasked = 3;

/// All texts that give `secret` away: itself, its lines, and the usual encodings of these. None shorter than
/// kShortestMasked, none twice. Of a value over 16 KB only the commoner encodings, since each costs memory.
std::vector<std::string> secret_forms(std::string_view secret);

}  // namespace penstock
