#include "delivery/fence.h"

#include <algorithm>
#include <charconv>

#include "base/shell_quote.h"
#include "delivery/ledger.h"

namespace penstock {
namespace {

constexpr std::string_view kBelongsTo = "it belongs to ";
constexpr std::string_view kNow = " now";

std::string quoted_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  return single_quoted(text);
}

}  // namespace

const char* const kFenceFunctions = R"sh(read_fence() {
  newest=0 newest_who= newest_what=
  [ ! -s fence ] || { IFS= read -r newest; IFS= read -r newest_who; IFS= read -r newest_what; } <fence
}
hold_fence() {
  fence=$1
  [ "$1" != 0 ] || return 0
  exec 8>>fence.lock
  flock -s -w 60 8 || { echo "somebody is just taking it over" >&2; exit 1; }
  read_fence
  [ "$newest" -le "$1" ] || { echo "it belongs to $newest_who now" >&2; exit 75; }
}
raise_fence() {
  exec 8>>fence.lock
  flock -w 60 8 || true  # what hangs must not keep traffic from going back
  read_fence
  if [ "$newest" -lt "$1" ]; then
    printf '%s\n' "$1" "$2" "$3" >.fence
    sync .fence
    mv -f .fence fence
    sync .
    newest=$1
  fi
  echo "$newest"
}
)sh";

std::string raise_fence_call(const LeaseHolder& holder) {
  return "raise_fence " + std::to_string(holder.fence) + " " + quoted_line(holder.who) + " " +
         quoted_line(holder.what) + "\n";
}

std::optional<int64_t> raised_fence(std::string_view output) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(output.data(), output.data() + output.size(), number);
  if (error != std::errc() || std::string_view(end, static_cast<size_t>(output.data() + output.size() - end)) != "\n")
    return std::nullopt;
  return number;
}

std::string fenced_by(std::string_view errors) {
  const size_t from = errors.rfind(kBelongsTo);
  const size_t to = errors.rfind(kNow);
  if (from == std::string_view::npos || to == std::string_view::npos || to < from + kBelongsTo.size())
    return "somebody else";
  return std::string(errors.substr(from + kBelongsTo.size(), to - from - kBelongsTo.size()));
}

}  // namespace penstock
