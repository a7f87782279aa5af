#include "environments/gate.h"

#include <algorithm>

#include "rollout/environment_state.h"

namespace penstock {
namespace {

using What = GateAnswer::What;

GateAnswer answer(What what, std::string words, std::string help = {}) {
  return {what, std::move(words), std::move(help), std::nullopt};
}

std::string named(const QueuedRollout& rollout) {
  return "rollout " + std::to_string(rollout.id) + " (" + rollout.release_name + ", " + rollout.who + ")";
}

std::optional<GateAnswer> refusal(const GateQuestion& question) {
  const EnvironmentState state = environment_state(question.journal);
  const Release& release = question.approval.release;
  if (state.pin && state.pin->release != release.id && !question.rollback) {
    std::string words = question.environment + " is pinned to " + state.pin->name;
    if (state.pin->name == release.name) words += " (another build: " + state.pin->release.substr(0, 12) + ")";
    words += " by " + state.pin->by.name;
    if (!state.pin->message.empty()) words += " \"" + state.pin->message + "\"";
    return answer(What::refused, std::move(words), "end the pin first: ci unpin " + question.environment);
  }
  if (question.older_than_live && !question.rollback && !question.force) {
    if (question.waited && state.live)
      return answer(What::superseded, "superseded by " + state.live->name + ", which is newer and live");
    return answer(What::refused,
                  release.name + " is older than what is live (" + (state.live ? state.live->name : "") + ")",
                  "to go back on purpose: ci rollback " + question.environment + " --to " + release.name +
                      ", or deploy with --force");
  }
  if (question.queue == EnvironmentQueue::newest_only) {
    for (const QueuedRollout& other : question.others) {
      if (!other.under_way && other.id > question.id) {
        return answer(What::superseded, "superseded by " + named(other));
      }
    }
  }
  return std::nullopt;
}

std::optional<GateAnswer> freeze(const GateQuestion& question) {
  if (question.override_freeze) return std::nullopt;
  const std::optional<ActiveFreeze> active = question.freezes.at(question.now);
  if (!active) return std::nullopt;
  GateAnswer frozen = answer(What::wait_until, "the freeze \"" + active->window + "\" to end",
                             "if it can't wait: ci deploy --override-freeze REASON");
  frozen.due = active->until;
  return frozen;
}

std::optional<GateAnswer> line(const GateQuestion& question) {
  const QueuedRollout* before = nullptr;
  for (const QueuedRollout& other : question.others) {
    if (other.under_way) {
      return answer(What::wait_in_line,
                    named(other) + " to end" + (other.held_by.empty() ? "" : ", which " + other.held_by));
    }
    const bool first =
        (question.queue == EnvironmentQueue::oldest_first && other.id < question.id) ||
        (question.queue == EnvironmentQueue::newest_ready_first && other.ready && other.id > question.id);
    if (first) before = &other;
  }
  if (before == nullptr) return std::nullopt;
  return answer(What::wait_in_line, named(*before) + " to go first");
}

}  // namespace

GateAnswer ask_gate(const GateQuestion& question) {
  if (const auto refused = refusal(question)) return *refused;
  if (!question.rollback) {  // taking back must not wait for people or for Monday
    const ApprovalState approvals = approvals_of(question.approval, question.journal);
    if (approvals.refused) return answer(What::refused, to_words(approvals, question.approval.rule));
    if (!approvals.open()) return answer(What::ask_person, to_words(approvals, question.approval.rule));
    if (const auto frozen = freeze(question)) return *frozen;
  }
  if (const auto waits = line(question)) return *waits;
  return {};
}

}  // namespace penstock
