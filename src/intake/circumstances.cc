#include "intake/circumstances.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/suggest.h"

namespace penstock {
namespace {

struct EventWord {
  std::string_view word;
  std::string_view source;
};
constexpr std::array<EventWord, 12> kEvents = {{{"push", "push"},
                                                {"merge_request", "merge_request_event"},
                                                {"tag", "push"},
                                                {"schedule", "schedule"},
                                                {"web", "web"},
                                                {"api", "api"},
                                                {"trigger", "trigger"},
                                                {"pipeline", "pipeline"},
                                                {"parent_pipeline", "parent_pipeline"},
                                                {"chat", "chat"},
                                                {"external", "external"},
                                                {"webide", "webide"}}};
constexpr std::string_view kFirstTag = "v1.0.0";
constexpr std::string_view kOtherBranch = "feature";

const EventWord* find_event(std::string_view event) {
  for (const EventWord& known : kEvents) {
    if (known.word == event || known.source == event) return &known;
  }
  return nullptr;
}

Error unknown_event(const std::string& event) {
  const std::vector<std::string> words = event_words();
  Error error{Fault::user, "there is no event `" + event + "`", {}};
  if (const auto near = did_you_mean(event, {words.begin(), words.end()})) {
    error.help = "did you mean `" + *near + "`?";
    return error;
  }
  for (const std::string& word : words) error.help += (error.help.empty() ? "events are " : ", ") + word;
  return error;
}

std::string newest_tag(const git::Repository& repository) {
  const Result<std::string> listed =
      repository.run({"for-each-ref", "--count=1", "--sort=-creatordate", "--format=%(refname:strip=2)", "refs/tags"});
  if (!listed.ok() || listed->empty()) return std::string(kFirstTag);
  return listed->substr(0, listed->find('\n'));
}

Result<> check(const Circumstances& wanted, bool of_tag, bool of_merge_request) {
  if (!wanted.event.empty() && find_event(wanted.event) == nullptr) return unknown_event(wanted.event);
  if (of_tag && !wanted.branch.empty())
    return Error{Fault::user, "a pipeline is of a branch or of a tag, not of both", "leave out --branch or --tag"};
  if (of_tag && of_merge_request) return Error{Fault::user, "a merge request is of a branch, not of a tag", {}};
  if (!wanted.target_branch.empty() && !of_merge_request)
    return Error{Fault::user, "only a merge request has a target branch", "add --event merge_request"};
  return success();
}

}  // namespace

bool Circumstances::is_comparable() const {
  return is_merge_request() || (tag.empty() && (event == "push" || event == "parent_pipeline"));
}

std::vector<std::string> event_words() {
  std::vector<std::string> words;
  for (const EventWord& known : kEvents) words.emplace_back(known.word);
  return words;
}

Result<Circumstances> settle(Circumstances wanted, const git::Repository& repository, const std::string& branch,
                             const std::string& tag) {
  if (wanted.event.empty() && !wanted.target_branch.empty()) wanted.event = "merge_request";
  const EventWord* known = find_event(wanted.event.empty() ? "push" : wanted.event);
  const bool merge = known != nullptr && known->source == "merge_request_event";
  const bool of_tag = !wanted.tag.empty() || wanted.event == "tag";
  PENSTOCK_CHECK(check(wanted, of_tag, merge));
  Circumstances settled = std::move(wanted);
  settled.event = std::string(known->source);
  if (of_tag) {
    if (settled.tag.empty()) settled.tag = tag.empty() ? newest_tag(repository) : tag;
    return settled;
  }
  if (settled.branch.empty()) settled.branch = branch;
  if (settled.branch.empty() && !merge) settled.tag = tag;
  if (!merge) return settled;
  PENSTOCK_TRY(const std::optional<std::string> standard, repository.default_branch());
  if (settled.target_branch.empty()) settled.target_branch = standard.value_or("main");
  if (settled.branch.empty() || settled.branch == settled.target_branch) settled.branch = std::string(kOtherBranch);
  return settled;
}

std::vector<ProjectEvent> project_events(const std::string& default_branch, const Circumstances& named) {
  const std::string main = default_branch.empty() ? "main" : default_branch;
  const std::string other = named.branch.empty() || named.branch == main ? std::string(kOtherBranch) : named.branch;
  std::vector<ProjectEvent> events = {
      {main, "a pipeline of the default branch", {"push", main, {}, {}, named.changed}, true},
      {other, "a pipeline of another branch", {"push", other, {}, {}, named.changed}, true, true},
      {"merge request",
       "a merge request pipeline",
       {"merge_request", other, {}, named.target_branch, named.changed},
       true},
      {"tag", "a pipeline of a tag", {"tag", {}, named.tag, {}, named.changed}, true},
      {"schedule", "a scheduled pipeline", {"schedule", main, {}, {}, named.changed}, true},
      {"web", "a pipeline that a person starts", {"web", main, {}, {}, named.changed}, true}};
  for (const EventWord& known : kEvents) {
    const auto told = [&](const ProjectEvent& event) { return event.circumstances.event == known.word; };
    // A child is made by a pipeline of these, of files that its job names.
    if (known.word == "parent_pipeline" || std::any_of(events.begin(), events.end(), told)) continue;
    const std::string word(known.word);
    events.push_back({word, "a pipeline of event `" + word + "`", {word, main, {}, {}, named.changed}});
  }
  return events;
}

std::string in_words(const Circumstances& circumstances) {
  if (circumstances.is_merge_request())
    return "merge request of " + circumstances.branch + " into " + circumstances.target_branch;
  const bool push = circumstances.event == "push";
  const std::string& ref = circumstances.ref();
  if (push && !circumstances.tag.empty()) return "tag " + ref;
  const EventWord* known = find_event(circumstances.event);
  std::string words = known == nullptr ? circumstances.event : std::string(known->word);
  std::replace(words.begin(), words.end(), '_', ' ');
  return ref.empty() ? words : words + " of " + ref;
}

}  // namespace penstock
