#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rollout/journal.h"

namespace penstock {

/// What the journal of an environment says of it now.
struct EnvironmentState {
  std::optional<JournalEntry> live;       ///< The entry that made the live release live: promoted, rolled_back.
  std::optional<JournalEntry> pin;        ///< While it holds: a rollback or `pinned`.
  std::optional<JournalEntry> under_way;  ///< A rollout that began and has neither been promoted nor taken back.
  std::vector<JournalEntry> incidents;    ///< Open ones.
  std::vector<JournalEntry> asks;         ///< Those that still wait for people, oldest first.
};

/// `entries` in the order of their numbers.
EnvironmentState environment_state(const std::vector<JournalEntry>& entries);

/// Where a rollback goes that names no release: the one that was live last before the one that is, and was not taken
/// back. Empty: there is none.
std::string live_before(const std::vector<JournalEntry>& entries);

}  // namespace penstock
