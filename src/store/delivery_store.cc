#include "store/delivery_store.h"

#include <algorithm>

namespace penstock {

std::string phase_words(const RolloutSummary& summary) {
  std::string words = summary.phase;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

int64_t driven_as(const RolloutRecord& record) {
  return record.facts.group != 0 && !record.summary.ended ? record.facts.group : record.id;
}

bool is_at_gate(const RolloutRecord& record) {
  return !record.summary.ended && !record.summary.began_at && !record.facts.release.empty();
}

bool waits_for_approval(const RolloutRecord& record) { return is_at_gate(record) && record.summary.waits_for_person; }

bool is_parked(const RolloutRecord& record) {
  const RolloutSummary& summary = record.summary;
  const bool rests = !summary.began_at || record.facts.release.empty();
  return !summary.ended && rests && (summary.waits_for_person || summary.due_at);
}

RolloutTransition next_step(const StoredRollout& rollout, Instant at) {
  RolloutTransition transition;
  transition.rollout = rollout.record.id;
  transition.expected_version = rollout.record.version;
  transition.at = at;
  transition.state = rollout.state;
  transition.summary = rollout.record.summary;
  return transition;
}

}  // namespace penstock
