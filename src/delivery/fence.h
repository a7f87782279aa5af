#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock {

struct LeaseHolder;

/// The newest fence (Ledger) that a place has seen, in the file `fence` there: its number, who holds it, and what for,
/// a line each. What changes the place holds `fence.lock` shared while it works, so that whoever comes next begins when
/// it has ended; what comes with an older number changes nothing.
///
/// sh functions for a script in that folder; util-linux's flock is all they need. What is to outlive the script must
/// close their descriptor, 8.
///   hold_fence NUMBER                   until the script ends; kFenced, with who has the place now, where that is
///                                       somebody newer. NUMBER 0 asks nothing. `exec 8>&-` lets go before the end;
///                                       $fence is NUMBER, for asking again.
///   raise_fence NUMBER WHO WHAT         waits for what is under way, a minute at most, and prints the newest number:
///                                       another one than NUMBER where somebody newer is there, who stays.
extern const char* const kFenceFunctions;

/// The exit status of a script that hold_fence has ended.
inline constexpr int kFenced = 75;

/// `raise_fence …` for this holder.
std::string raise_fence_call(const LeaseHolder& holder);
/// What raise_fence printed; nothing where it isn't that.
std::optional<int64_t> raised_fence(std::string_view output);

/// Who has the place now, of what a script that was ended by hold_fence wrote on standard error.
std::string fenced_by(std::string_view errors);

}  // namespace penstock
