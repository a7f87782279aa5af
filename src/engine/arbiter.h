#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace penstock {

/// GitLab's process modes of a resource group.
enum class QueueMode {
  unordered,           ///< Whoever asks first when it is free.
  oldest_first,        ///< The waiting job of the oldest run.
  newest_first,        ///< Of the newest run; older ones stay waiting.
  newest_ready_first,  ///< Of the newest run among those that are ready now.
};

/// The mode of that name (`oldest_first`, …), as GitLab calls them.
std::optional<QueueMode> queue_mode_from_name(std::string_view name);

/// Who holds or wants a resource: one job of one run.
struct Claim {
  int64_t run = 0;
  std::string job;

  friend auto operator<=>(const Claim&, const Claim&) = default;
};

namespace arbiter_event {
/// A job may run but for the resource.
struct Requested {
  Claim claim;
  std::string group;
};
/// It ended, or no longer wants the resource.
struct Released {
  Claim claim;
  std::string group;
};
/// A run announces that a job of it will want the group later: newest_first and oldest_first wait for it.
struct Announced {
  Claim claim;
  std::string group;
};
/// A run is gone (ended, or its driver died and it was failed): all its claims go.
struct RunGone {
  int64_t run = 0;
};
struct ModeChanged {
  std::string group;
  QueueMode mode = QueueMode::unordered;
};
}  // namespace arbiter_event

using ArbiterEvent = std::variant<arbiter_event::Requested, arbiter_event::Released, arbiter_event::Announced,
                                  arbiter_event::RunGone, arbiter_event::ModeChanged>;

/// The answer: this claim holds the group now.
struct Grant {
  Claim claim;
  std::string group;

  friend bool operator==(const Grant&, const Grant&) = default;
};

/// What spans runs, one a project: resource groups with their queues. Pure, a value, like Run.
class Arbiter {
 public:
  std::vector<Grant> apply(const ArbiterEvent& event);

  struct Group {
    QueueMode mode = QueueMode::unordered;
    std::vector<Claim> holders;  ///< At most `capacity`.
    std::vector<Claim> waiting;  ///< In the order in which they asked.
    std::vector<Claim> announced;
    int capacity = 1;

    friend bool operator==(const Group&, const Group&) = default;
  };
  [[nodiscard]] const std::map<std::string, Group>& groups() const { return groups_; }
  static Arbiter restore(std::map<std::string, Group> groups);

  friend bool operator==(const Arbiter&, const Arbiter&) = default;

 private:
  std::map<std::string, Group> groups_;
};

}  // namespace penstock
