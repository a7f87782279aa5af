#include "rollout/environment_state.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "rollout/release.h"

namespace penstock {
namespace {

using What = JournalEntry::What;

/// Takes the entry's rollout off, if it is the one that is under way.
void end_rollout(EnvironmentState& state, const JournalEntry& entry) {
  if (!state.under_way) return;
  // A return begins with the release that it goes to, and ends with the one that it takes back.
  const bool is_same = !entry.rollout.empty() && state.under_way->rollout == entry.rollout;
  if (is_same || state.under_way->release == entry.release) state.under_way.reset();
}

/// The release that was live before a rollout that had been promoted is live again.
void take_back(EnvironmentState& state, const JournalEntry& entry, const std::vector<JournalEntry>& lives) {
  end_rollout(state, entry);
  if (!state.live || state.live->release != entry.release || entry.previous == entry.release) return;
  state.live.reset();
  // What a rollback brought is pinned by that alone.
  if (state.pin && state.pin->what == What::rolled_back && state.pin->release == entry.release) state.pin.reset();
  if (entry.previous.empty()) return;
  const auto before = std::find_if(lives.rbegin(), lives.rend(),
                                   [&](const JournalEntry& live) { return live.release == entry.previous; });
  if (before != lives.rend()) state.live = *before;
}

/// The one that it names; else the one that was opened last.
void close_incident(EnvironmentState& state, const JournalEntry& entry) {
  const auto found = std::find_if(state.incidents.rbegin(), state.incidents.rend(), [&](const JournalEntry& open) {
    return entry.incident == 0 || open.number == entry.incident;
  });
  if (found != state.incidents.rend()) state.incidents.erase(std::prev(found.base()));
}

/// A release that begins, or that was refused as a whole, waits for nobody any more.
void end_asks(EnvironmentState& state, const JournalEntry& entry) {
  std::erase_if(state.asks, [&](const JournalEntry& ask) {
    if (entry.what == What::withdrawn || (entry.what == What::rejected && !entry.rollout.empty()))
      return ask.rollout == entry.rollout;
    return ask.release == entry.release;
  });
}

}  // namespace

EnvironmentState environment_state(const std::vector<JournalEntry>& entries) {
  EnvironmentState state;
  std::vector<JournalEntry> lives;
  for (const JournalEntry& entry : entries) {
    switch (entry.what) {
      case What::started:
        end_asks(state, entry);
        state.under_way = entry;
        break;
      case What::rolled_back:
        state.pin = entry;
        [[fallthrough]];
      case What::promoted:
        end_rollout(state, entry);
        state.live = entry;
        lives.push_back(entry);
        break;
      case What::taken_back:
        take_back(state, entry, lives);
        break;
      case What::pinned:
        state.pin = entry;
        break;
      case What::unpinned:
        state.pin.reset();
        break;
      case What::incident_opened:
        state.incidents.push_back(entry);
        break;
      case What::incident_closed:
        close_incident(state, entry);
        break;
      case What::asked:
        state.asks.push_back(entry);
        break;
      case What::rejected:
      case What::withdrawn:
        end_asks(state, entry);
        break;
      case What::approved:
        break;
    }
  }
  return state;
}

const JournalEntry* ask_of(const EnvironmentState& state, std::string_view rollout) {
  const auto ask = std::find_if(state.asks.begin(), state.asks.end(),
                                [&](const JournalEntry& entry) { return entry.rollout == rollout; });
  return ask == state.asks.end() ? nullptr : &*ask;
}

JournalEntry about(const Release& release, JournalEntry entry) {
  entry.release = release.id;
  entry.name = release.name;
  entry.commit = release.commit;
  entry.committed_at = release.committed_at;
  return entry;
}

std::string live_before(const std::vector<JournalEntry>& entries) {
  std::vector<std::string> lives;
  for (const JournalEntry& entry : entries) {
    if (entry.what == What::promoted || entry.what == What::rolled_back) lives.push_back(entry.release);
    const bool was_live = entry.what == What::taken_back && !lives.empty() && lives.back() == entry.release;
    if (was_live && entry.previous != entry.release) lives.pop_back();
  }
  for (auto live = lives.rbegin(); live != lives.rend(); ++live) {
    if (*live != lives.back()) return *live;
  }
  return {};
}

}  // namespace penstock
