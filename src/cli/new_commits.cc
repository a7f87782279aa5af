#include "cli/new_commits.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace penstock {
namespace {

/// Cuts the next piece off, up to the separator.
std::string_view cut(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return piece;
}

/// A whole object name: nothing else from a journal may reach git as a revision.
bool is_id(const std::string& word) {
  return (word.size() == 40 || word.size() == 64) && word.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::unordered_set<std::string> known_commits(const git::Repository& repository, const std::deque<std::string>& live,
                                              const std::vector<std::string>& commits) {
  std::string question;
  for (const std::string& id : live) question += is_id(id) ? id + "\n" : "";
  for (const std::string& id : commits) question += is_id(id) ? id + "\n" : "";
  std::unordered_set<std::string> known;
  if (question.empty()) return known;
  const auto answer = repository.run({"cat-file", "--batch-check=%(objectname) %(objecttype)"}, question);
  if (!answer) return known;
  for (std::string_view rest = *answer; !rest.empty();) {
    std::string_view line = cut(rest, '\n');
    const std::string_view id = cut(line, ' ');
    if (line == "commit") known.emplace(id);
  }
  return known;
}

}  // namespace

NewCommits NewCommits::between(const git::Repository& repository, const std::deque<std::string>& live,
                               const std::vector<std::string>& commits) {
  NewCommits fresh;
  if (commits.empty()) return fresh;
  fresh.known_ = known_commits(repository, live, commits);
  std::string question;
  for (const std::string& id : live) question += fresh.known_.contains(id) ? "^" + id + "\n" : "";
  const bool first = question.empty();
  for (const std::string& id : commits) {
    if (!fresh.known_.contains(id)) continue;
    // What was live first of all ends the past that is looked at.
    question += (first && question.empty() ? "^" : "") + id + "\n";
  }
  const auto answer = repository.run({"rev-list", "--timestamp", "--parents", "--stdin"}, question);
  if (!answer) {
    fresh.known_.clear();
    return fresh;
  }
  for (std::string_view rest = *answer; !rest.empty();) {
    std::string_view line = cut(rest, '\n');
    const std::string_view time = cut(line, ' ');
    int64_t seconds = 0;
    std::from_chars(time.data(), time.data() + time.size(), seconds);
    Node& node = fresh.nodes_[std::string(cut(line, ' '))];
    node.at = Instant(std::chrono::seconds(seconds));
    while (!line.empty()) node.parents.emplace_back(cut(line, ' '));
  }
  return fresh;
}

std::optional<std::vector<Instant>> NewCommits::of(const std::string& before, const std::string& commit) {
  if (!known_.contains(commit)) return std::nullopt;
  std::vector<Instant> times;
  std::vector<std::string> left = {commit};
  while (!left.empty()) {
    const auto found = nodes_.find(left.back());
    left.pop_back();
    if (found == nodes_.end() || std::exchange(found->second.was_live, true)) continue;
    times.push_back(found->second.at);
    left.insert(left.end(), found->second.parents.begin(), found->second.parents.end());
  }
  if (!known_.contains(before)) return std::nullopt;
  if (!times.empty()) std::rotate(times.begin(), times.begin() + 1, times.end());  // its own was the first
  return times;
}

}  // namespace penstock
