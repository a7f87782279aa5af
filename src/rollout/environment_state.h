#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rollout/journal.h"

namespace penstock {

struct Release;

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

/// What `rollout` asks people there and still waits for; null where it doesn't.
const JournalEntry* ask_of(const EnvironmentState& state, std::string_view rollout);

/// The entry, about that release.
JournalEntry about(const Release& release, JournalEntry entry);

/// Where a rollback goes that names no release: the one that was live last before the one that is, and was not taken
/// back. Empty: there is none.
std::string live_before(const std::vector<JournalEntry>& entries);

}  // namespace penstock
