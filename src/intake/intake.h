#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "base/result.h"
#include "git/commit.h"
#include "git/repository.h"
#include "includes/lock_file.h"
#include "intake/circumstances.h"
#include "intake/environments.h"
#include "os/environment.h"
#include "plan/dialect.h"
#include "plan/plan.h"

namespace penstock {

/// From a repository to a compiled pipeline: finds the pipeline's file, reads its sources, picks the dialect, compiles.
struct IntakeOptions {
  std::string pipeline =
      {};  ///< `--pipeline`: a name, or a path relative to the repository's root; empty: the default one.
  bool worktree = false;     ///< Sources are the files of the work tree instead of the commit's.
  Variables variables = {};  ///< `-e KEY=VALUE` and the names of secrets: above all that the pipeline defines.
  std::vector<std::pair<std::string, std::string>> inputs = {};  ///< `--input NAME=VALUE`
  Circumstances circumstances = {};                              ///< `--event` and what goes with it.
  bool advise = false;               ///< Also warn of what is allowed and surely wrong or unsafe.
  os::Environment environment = {};  ///< The caller's: USER and LOGNAME give GITLAB_USER_LOGIN.
  bool offline = false;              ///< Nothing is fetched: what is included from outside comes from the cache.
  /// Instead of the project's own `.ci/lock.json`, which holds everything: what of this is asked for stays what it is,
  /// all else is taken as it is now. What is included by rules that don't hold is looked for too.
  std::optional<LockFile> relock = {};
  /// Also compiles the child pipelines of all jobs: what they take is in `used`, their mistakes among the diagnostics.
  bool children = false;
};

/// The commit that is compiled, and what it is known by.
struct CommitFacts {
  git::Commit commit;
  std::string short_id;  ///< 8 digits, as CI_COMMIT_SHORT_SHA.
  std::string branch;    ///< Empty where HEAD is detached.
  std::string tag;       ///< Where HEAD is detached at a tag.
};

struct Compiled {
  std::string path;  ///< The file that was picked.
  std::string name;  ///< What the pipeline is called: `release` for `.ci/release.yml`, else the file's path.
  CommitFacts commit;
  Circumstances circumstances;  ///< Settled.
  std::optional<Plan>
      plan;  ///< Absent where there are errors, or where `workflow: rules` say that there is no pipeline.
  Diagnostics diagnostics;
  Decision workflow;
  std::optional<LockFile> lock;  ///< The project's, where it has one.
  std::vector<IncludeEntry> includes;
  LockFile used;  ///< What was taken from outside, and the images, with what they were.
  /// Child pipelines that can't be looked at before they start, and why, a sentence each.
  std::vector<std::string> unseen_children;
  /// What the project declares at that commit; nothing where there is no such file, or mistakes in it.
  std::optional<EnvironmentsFile> environments;
};

/// Begins to read from git what `compile_pipeline` will ask for first, while the caller does other things: a hint.
void expect_pipeline(const git::Repository& repository, const std::string& pipeline, bool worktree);

/// Compiles the pipeline of HEAD, and the environments that the project declares: without a mistake in either. An Error
/// is about the repository or about finding the pipeline; what is wrong in its text is in `diagnostics`.
Result<Compiled> compile_pipeline(const git::Repository& repository, const IntakeOptions& options);

/// The same for each of `events` instead of `options.circumstances`, in their order: files are read once.
Result<std::vector<Compiled>> compile_for_events(const git::Repository& repository, const IntakeOptions& options,
                                                 const std::vector<Circumstances>& events);

/// What a child pipeline is compiled from: of its parent's commit, in its parent's circumstances.
struct ChildOptions {
  std::string commit;
  bool offline = false;
  std::optional<std::vector<std::string>> changed;  ///< `--changed` of the parent.
  bool worktree = false;
  std::string name;                                       ///< What it is made of, for a person.
  std::string source;                                     ///< The text of its first file.
  std::vector<std::pair<std::string, std::string>> made;  ///< Files that jobs have made, by path: their text.
  Variables predefined;                                   ///< Of the parent.
  Variables variables;                                    ///< What it is started with.
};
Result<Compiled> compile_child(const git::Repository& repository, const ChildOptions& options);

/// The names that `--pipeline` takes, in order: for completion and for suggestions.
Result<std::vector<std::string>> pipeline_names(const git::Repository& repository, const IntakeOptions& options);

}  // namespace penstock
