#include "environments/approvals.h"

#include <algorithm>
#include <map>

namespace penstock {
namespace {

using What = JournalEntry::What;

/// `Ana Lima <ana@example.org>`, as git writes an author.
Actor author_of(const Release& release) {
  Actor author;
  const size_t open = release.author.rfind('<');
  if (open == std::string::npos) return {release.author, {}, false};
  author.name = release.author.substr(0, open);
  while (!author.name.empty() && author.name.back() == ' ') author.name.pop_back();
  const size_t close = release.author.find('>', open);
  author.email = release.author.substr(open + 1, close == std::string::npos ? close : close - open - 1);
  return author;
}

bool is_called(const Actor& person, const std::string& word) {
  return word == person.name || (!person.email.empty() && word == person.email);
}

bool is_among(const EnvironmentsFile& file, const std::vector<std::string>& words, const Actor& person) {
  for (const std::string& word : words) {
    if (is_called(person, word)) return true;
    const auto group = file.groups.find(word);
    if (group == file.groups.end()) continue;
    for (const std::string& member : group->second) {
      if (is_called(person, member)) return true;
    }
  }
  return false;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

bool same_person(const Actor& one, const Actor& other) {
  if (!one.email.empty() && !other.email.empty()) return one.email == other.email;
  return one.name == other.name;
}

std::optional<std::string> why_not(const ApprovalQuestion& question, const Actor& person) {
  const ApprovalRule& rule = question.rule;
  if (!rule.from.empty() && !is_among(question.file, rule.from, person)) {
    return person.name + " is none of: " + joined(rule.from);
  }
  const bool unproved = !person.proved;
  if (!rule.author.value_or(unproved) && same_person(person, author_of(question.release))) {
    return person.name + " is the author of " + question.release.commit.substr(0, 7);
  }
  if (!rule.starter.value_or(unproved) && same_person(person, question.starter)) {
    return person.name + " started it";
  }
  return std::nullopt;
}

ApprovalState approvals_of(const ApprovalQuestion& question, const std::vector<JournalEntry>& journal) {
  ApprovalState state;
  state.required = question.rule.required;
  std::vector<JournalEntry> ordered = journal;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const JournalEntry& a, const JournalEntry& b) { return a.number < b.number; });
  for (JournalEntry& entry : ordered) {
    if (entry.release != question.release.id) continue;
    if (entry.what == What::promoted || entry.what == What::taken_back || entry.what == What::rolled_back) {
      state.given.clear();
      state.ignored.clear();
    }
    const bool is_own = !question.rollout.empty() && entry.rollout == question.rollout;
    if (entry.what == What::asked && is_own) state.refused.reset();
    if (entry.what == What::withdrawn && is_own) state.refused = entry;
    if (entry.what != What::approved && entry.what != What::rejected) continue;
    const auto is_theirs = [&](const JournalEntry& earlier) { return same_person(earlier.by, entry.by); };
    std::erase_if(state.given, is_theirs);
    std::erase_if(state.ignored, is_theirs);
    if (why_not(question, entry.by)) {
      state.ignored.push_back(std::move(entry));
    } else if (entry.what == What::approved) {
      state.given.push_back(std::move(entry));
    } else {
      state.given.clear();
      if (is_own) state.refused = std::move(entry);
    }
  }
  return state;
}

std::string why_others(const ApprovalQuestion& question, const ApprovalState& state, const Actor& person) {
  if (const std::optional<std::string> why = why_not(question, person)) return *why + "; who may: ";
  const bool has_approved = std::any_of(state.given.begin(), state.given.end(),
                                        [&](const JournalEntry& entry) { return same_person(entry.by, person); });
  return has_approved ? person.name + " has approved; who else may: " : std::string();
}

std::string to_words(const ApprovalState& state, const ApprovalRule& rule) {
  if (state.refused) {
    const JournalEntry& refused = *state.refused;
    return (refused.what == What::withdrawn ? "withdrawn by " : "rejected by ") + refused.by.name +
           (refused.message.empty() ? "" : " \"" + refused.message + "\"");
  }
  if (state.open()) return {};
  const int given = static_cast<int>(state.given.size());
  const int missing = state.required - given;
  std::string text = "approval (" + std::to_string(given) + " of " + std::to_string(state.required) + ")";
  for (int i = 0; i < given; ++i) text += (i == 0 ? ": " : ", ") + state.given[static_cast<size_t>(i)].by.name;
  text += given == 0 ? ": needs " : "; needs ";
  text += std::to_string(missing) + (given == 0 ? "" : " more");
  if (!rule.from.empty()) text += " of " + joined(rule.from);
  return text;
}

}  // namespace penstock
