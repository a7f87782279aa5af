#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "git/repository.h"

namespace penstock {

/// Why a pipeline is made and of what, as GitLab tells it to its rules. As it is asked for, all may be empty; once it
/// is settled, all that the event has is filled in.
struct Circumstances {
  /// `--event`: a word of `event_words()`, or one of GitLab's CI_PIPELINE_SOURCE. Settled: that source. Empty: a push,
  /// or what the rest implies.
  std::string event = {};
  std::string branch = {};         ///< `--branch`; of a merge request: its source. Empty: HEAD's.
  std::string tag = {};            ///< `--tag`: a pipeline of this tag, of no branch.
  std::string target_branch = {};  ///< `--target-branch`, of a merge request. Empty: the default branch.
  /// `--changed`: the files that `changes` looks at, instead of what git says.
  std::optional<std::vector<std::string>> changed = {};

  [[nodiscard]] bool is_merge_request() const { return event == "merge_request_event"; }
  /// What `changes` can compare: GitLab does so for pushes of branches and for merge requests alone.
  [[nodiscard]] bool is_comparable() const;
  /// What the pipeline is of: CI_COMMIT_REF_NAME; empty where HEAD is detached.
  [[nodiscard]] const std::string& ref() const { return tag.empty() ? branch : tag; }

  friend bool operator==(const Circumstances&, const Circumstances&) = default;
};

/// What `--event` takes, as people say it: `merge_request` for `merge_request_event`, `tag` for a push of one.
std::vector<std::string> event_words();

/// A pipeline that a project may have.
struct ProjectEvent {
  std::string head;      ///< For a column: a branch's name, `merge request`, `schedule`.
  std::string in_words;  ///< For a sentence: `a merge request pipeline`.
  Circumstances circumstances;
  bool usual = false;        ///< Most projects have it. These come first.
  bool open_branch = false;  ///< A push to a branch that is not the default one.
};

/// All of them, not settled: of the default branch (`main` where there is none), of the branch, tag and target branch
/// that are named (the branch is `feature` else), and what else GitLab makes pipelines for. With `named.changed`.
std::vector<ProjectEvent> project_events(const std::string& default_branch, const Circumstances& named);

/// Fills in what was not said: from where HEAD is (`branch`; `tag` of a detached one), from the default branch, and for
/// an event of a tag the newest one, else `v1.0.0`. A merge request of the default branch comes from `feature`. A
/// Fault::user error for an unknown event and for what can't be said together.
Result<Circumstances> settle(Circumstances wanted, const git::Repository& repository, const std::string& branch,
                             const std::string& tag);

/// For a person: `push of main`, `merge request of feature into main`, `tag v1.0.0`, `schedule of main`.
std::string in_words(const Circumstances& circumstances);

}  // namespace penstock
