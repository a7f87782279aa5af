#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "protocol/job_result.h"
#include "protocol/job_spec.h"
#include "runner/executor.h"
#include "runner/job_log.h"
#include "runner/runner.h"
#include "runner/variables.h"

namespace penstock {

/// What the phases of one attempt work on.
struct JobContext {
  const JobSpec& spec;
  BlobStore& blobs;
  JobSource& source;
  JobSink& sink;
  const Cancel& cancel;
  Executor& executor;
  Room& room;
  JobLog& log;
  JobResult& result;
  Values values;  ///< The job's variables, expanded.

  [[nodiscard]] std::string expanded(std::string_view text) const { return expand(text, values); }
  /// The value; empty where it isn't set.
  [[nodiscard]] std::string_view value_of(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::string_view() : std::string_view(found->second);
  }
  /// A warning in the log, which is also part of the result.
  void note(std::string_view text) {
    log.line("WARNING: " + std::string(text));
    result.notes.push_back(log.masked(text));
  }
};

/// Whether an Error is about a full disk or quota.
bool is_disk_full(const Error& error);

/// Files that git doesn't know, ignored ones too, as `untracked: true` means them. Empty (with a warning) where git
/// can't say.
std::vector<std::string> untracked_files(JobContext& context);

/// A cache of the job, as it is for this attempt.
struct CacheUse {
  const Cache* cache = nullptr;
  std::string key;
  std::vector<std::string> fallback_keys;
  bool pull = true;
  bool push = true;
  std::optional<Digest> found;       ///< What is restored.
  std::shared_ptr<const Tree> tree;  ///< What it holds.
  bool beneath = false;              ///< The room stands on it.
};

/// Works out keys and policies while the project is as committed.
std::vector<CacheUse> plan_caches(JobContext& context);
/// Finds what was kept. What stands in the way of a cache is a warning: the job runs without.
void find_caches(JobContext& context, std::vector<CacheUse>& caches);
/// Marks those that a room had better stand on: what they hold is much, and would look the same lying over what the
/// room holds now as restored into it. Their trees, in the order of restoring.
std::vector<Digest> choose_layers(JobContext& context, std::vector<CacheUse>& caches);
/// Restores all others.
void restore_caches(JobContext& context, const std::vector<CacheUse>& caches);
void keep_caches(JobContext& context, const std::vector<CacheUse>& caches, bool passed);

/// The kept files of earlier jobs. An Error ends the job.
Result<> restore_inputs(JobContext& context);
/// What `artifacts` names, by its `when`. An Error fails the job.
Result<> keep_artifacts(JobContext& context, bool passed, Instant now);
/// `artifacts: reports`, kept and read whatever the result. An Error (a dotenv report by no rule, a path outside) fails
/// the job.
Result<> keep_reports(JobContext& context, Instant now);

/// Whether a file kept at this path is a package that people hand on: a wheel, an sdist, a Debian package, …
bool is_package(std::string_view path);

}  // namespace penstock
