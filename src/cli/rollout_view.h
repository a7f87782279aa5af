#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "cli/style.h"
#include "rollout/rollout.h"
#include "store/delivery_store.h"

namespace penstock {

/// What there is to draw of a rollout.
struct RolloutPicture {
  std::string environment;
  std::string strategy;  ///< `canary`.
  std::string to;        ///< `app-2.8.0`.
  std::string from;      ///< `app-2.7.3`; empty: nothing was live.
  RolloutView view;
  Instant began_at;
  Instant now;          ///< Of one that has ended: when it did.
  bool watched = true;  ///< Somebody drives it.
};

/// The frame (UX.md): title, traffic as a bar, instances by release, the last analysis, what goes on. Lines without
/// line breaks, none wider than `width`.
std::vector<std::string> draw(const RolloutPicture& picture, const Style& style, size_t width);

/// Those that are under way under each other, in no more lines than `height`: whole frames where they fit, else with
/// numbers of instances, else what each is and what goes on, else only what each is.
std::vector<std::string> draw(const std::vector<RolloutPicture>& pictures, const Style& style, size_t width,
                              size_t height);

/// How instances are spoken of: `2 instances`, or `web-1:8100, web-2:8100` where they are few.
enum class Naming { numbers, names };

/// What a rollout that is under way does or waits for now: `step 25%, starts 2 instances`.
std::string goes_on(const RolloutView& view, Naming naming);
/// The same with how long until it goes on by itself: `…, 28s left`.
std::string with_time_left(std::string text, const RolloutView& view, Instant now);

/// The version that tells two releases of one name apart: `2.8.0` of `app-2.8.0`.
std::string short_release(const std::string& name, const std::string& other);

/// `recreate`, `rolling`, `blue-green`, `canary`.
std::string_view name_of(const Strategy& strategy);

}  // namespace penstock
