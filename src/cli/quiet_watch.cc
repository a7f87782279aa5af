#include "cli/quiet_watch.h"

#include <algorithm>

#include "cli/rollout_view.h"

namespace penstock {
namespace {

constexpr Duration kQuiet = std::chrono::seconds(2);
constexpr Duration kAgain = std::chrono::seconds(30);

}  // namespace

void QuietWatch::changed(const std::string& environment, const RolloutView& view) {
  if (is_end(view.phase)) {
    watched_.erase(environment);
  } else {
    watched_[environment].view = view;
  }
}

void QuietWatch::said(Instant at, const std::string& line) {
  said_at_ = at;
  last_line_ = line;
}

std::vector<std::string> QuietWatch::due(Instant now) {
  std::vector<std::string> lines;
  if (said_at_ == Instant()) said_at_ = now;
  if (now - said_at_ < kQuiet) return lines;
  const bool again = patience_ > Duration() && now - said_at_ >= patience_;
  for (auto& [environment, watched] : watched_) {
    std::string text = goes_on(watched.view, Naming::names);
    if (text.empty()) continue;
    const bool was_said = last_line_.ends_with(text);
    if (!again && (was_said || watched.told == text)) {
      watched.told = std::move(text);
      continue;
    }
    const bool is_service = environment.size() > environment_.size() + 1 && environment.starts_with(environment_ + "/");
    watched.told = text;
    lines.push_back((is_service ? environment.substr(environment_.size() + 1) + ": " : std::string()) +
                    with_time_left(std::move(text), watched.view, now));
  }
  if (!lines.empty()) patience_ = again ? 2 * patience_ : kAgain;
  return lines;
}

}  // namespace penstock
