#pragma once

#include <string>
#include <vector>

#include "base/actor.h"
#include "environments/environment_spec.h"
#include "rollout/journal.h"
#include "rollout/release.h"

namespace penstock {

/// How the approvals of a release for an environment stand.
struct ApprovalState {
  int required = 0;
  std::vector<JournalEntry> given;      ///< Those that count, oldest first.
  std::vector<JournalEntry> ignored;    ///< Of people who may not, by the rule.
  std::optional<JournalEntry> refused;  ///< Why the very rollout that asks is not to begin: rejected, or withdrawn.

  [[nodiscard]] bool open() const { return !refused && static_cast<int>(given.size()) >= required; }
};

/// What decides who may approve.
struct ApprovalQuestion {
  const EnvironmentsFile& file;  ///< For its groups.
  const ApprovalRule& rule;
  const Release& release;
  Actor starter;             ///< Who started the run or the rollout.
  std::string rollout = {};  ///< What the journal calls the rollout that asks; empty: none does yet.
};

/// As far as that can be told: by their addresses, else by their names.
bool same_person(const Actor& one, const Actor& other);

/// Whether this person may approve; else why not, in words: `ben is the author of 3f9c2e1`. On a machine where identity
/// is unproved author and starter may, where the rule says nothing; with proved identity they may not.
std::optional<std::string> why_not(const ApprovalQuestion& question, const Actor& person);

/// Counts the approvals of the environment's journal. They belong to a release: those of another don't count, nor those
/// from before this one was last promoted, taken back or rejected there. A person counts once. What was rejected or
/// withdrawn, and asks again, starts anew.
ApprovalState approvals_of(const ApprovalQuestion& question, const std::vector<JournalEntry>& journal);

/// Why this person has nothing more to say, before the command for those who have: `ana started it; who may: `. Empty
/// where they have.
std::string why_others(const ApprovalQuestion& question, const ApprovalState& state, const Actor& person);

/// `approval (1 of 2): ana; needs one more of release-managers`. Empty where it is open.
std::string to_words(const ApprovalState& state, const ApprovalRule& rule);

}  // namespace penstock
